package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/district/districttest"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	home = "c-qingnianlu-anding-01234567"
	id   = "00000001-0000-4000-8000-000000000001"
	name = "a resident's name"
)

// place is a district's server with an operator that makes databases in it.
type place struct {
	*testing.T

	pg       *districttest.Server
	operator *district.Server
}

func (p *place) admin() district.Admin { return district.Admin{DSN: p.pg.Operator} }

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{T: t, pg: districttest.Start(t)}
	p.operator = district.New(district.Options{
		Admin: func(context.Context) (district.Admin, error) { return p.admin(), nil }, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.operator.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return p
}

// open makes sure of the community's database and opens its desk.
func (p *place) open(seed seal.Seed, made time.Time) *store.Desk {
	p.Helper()
	a, err := district.NewAccess(seed, home, made, time.Now(), 90*24*time.Hour)
	if err != nil {
		p.Fatal(err)
	}
	err = p.operator.Ensure(p.Context(), district.Database{
		Name: a.Database, Connections: 8, Fingerprint: fingerprint(p.T, seed), Owner: a.Owner, Programs: []district.Login{a.Portal, a.Desk},
	})
	if err != nil {
		p.Fatal(err)
	}
	endpoint := p.operator.State(p.Context()).Endpoint
	if err := store.Migrate(p.Context(), endpoint.URI(a.Owner, a.Database, "")); err != nil {
		p.Fatal(err)
	}
	desk, err := store.OpenDesk(p.Context(), store.Config{URI: func() (string, error) { return endpoint.URI(a.Desk, a.Database, ""), nil }}, keys(p.T, seed))
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(desk.Close)
	return desk
}

func fingerprint(t *testing.T, seed seal.Seed) string {
	t.Helper()
	key, err := district.Fingerprint(seed)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keys(t *testing.T, seed seal.Seed) store.Keys {
	t.Helper()
	private, err := seed.Sealing()
	if err != nil {
		t.Fatal(err)
	}
	receipts, err := seed.Derive("receipts", seal.KeyBytes)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := seed.Courier()
	if err != nil {
		t.Fatal(err)
	}
	return store.Keys{Open: private, Public: private.Public(), Receipts: receipts, Courier: messages.Public()}
}

// deliveries are one that waits to be sent, and one that is on record.
func deliveries() (waiting, withheld courier.Consignment) {
	of := func(system string) courier.Facts {
		return courier.Facts{Case: id, Task: "dept/task", System: system, Purpose: "service", Version: 1}
	}
	waiting.Facts, withheld.Facts, withheld.Refused = of("a-system"), of("b-system"), "NotAccepted:1"
	waiting.Message = &courier.Message{Facts: waiting.Facts, Fields: []courier.Field{{Name: "name", Value: name}}, Salt: "0123456789abcdef"}
	return waiting, withheld
}

var clerk = store.Who{Actor: casework.Actor{Role: casework.Staff, Work: "window-1"}, Station: "station"}

// enter has a case entered at the counter.
func enter(t *testing.T, desk *store.Desk, k store.Keys) {
	t.Helper()
	receipt, err := casework.NewReceipt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := receipt.Hash(k.Receipts)
	if err != nil {
		t.Fatal(err)
	}
	letter := store.Letter{Fields: casework.Fields{"applicant-name": name}}
	plain, err := json.Marshal(letter)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := k.Public.Seal(plain, store.SubmissionContext(id))
	if err != nil {
		t.Fatal(err)
	}
	_, err = desk.Enter(t.Context(), clerk, store.Submission{
		ID: id, Kind: casework.Application, Channel: store.CounterChannel, Work: "window-1", Language: "zh-CN", Receipt: hash, Sealed: sealed,
		Terms: store.Terms{Item: "old-age-allowance", Purpose: "service", RetentionDays: 30},
	}, letter)
	if err != nil {
		t.Fatal(err)
	}
}

// TestRestore: what is put back into an empty server is what there was, and can be
// read with the key that came along; the same is not put there twice.
func TestRestore(t *testing.T) {
	here := newPlace(t)
	seed, err := seal.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := time.Now()
	source := here.open(seed, made)
	enter(t, source, keys(t, seed))
	waiting, withheld := deliveries()
	if err := source.Enqueue(t.Context(), []courier.Consignment{waiting, withheld}); err != nil {
		t.Fatal(err)
	}

	tools, dir := Tools{Dir: here.pg.Bin()}, t.TempDir()
	dumped, err := tools.Dump(t.Context(), here.admin(), district.Name(home), dir)
	if err != nil {
		t.Fatal(err)
	}
	if dumped.Key != fingerprint(t, seed) || dumped.Server == "" {
		t.Errorf("dumped %+v", dumped)
	}
	left := here.pg.Ask(t, "select count(*)::text from pg_auth_members where pg_get_userbyid(member) = $1", districttest.Role)
	if left != "0" {
		t.Error("the role of the dsn is left a member of the database's owner")
	}
	var file bytes.Buffer
	m := Manifest{Community: "qingnianlu/anding", Home: home, Database: district.Name(home), Key: dumped.Key, Taken: made.UTC(), Server: dumped.Server}
	if err := Write(&file, m, []byte("wrapped"), dumped.Path); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file.Bytes(), []byte(name)) {
		t.Error("a resident's name stands in the backup")
	}

	there := newPlace(t)
	into := t.TempDir()
	m, _, dump, err := Read(&file, into)
	if err != nil {
		t.Fatal(err)
	}
	if err := tools.Restore(t.Context(), there.admin(), m, dump, into); err != nil {
		t.Fatal(err)
	}
	if err := tools.Restore(t.Context(), there.admin(), m, dump, into); !errors.Is(err, district.ErrThere) {
		t.Errorf("Restore = %v over what is there", err)
	}
	if can := there.pg.Ask(t, "select count(*)::text from pg_roles where rolcanlogin and rolname like 'c@_%' escape '@'"); can != "0" {
		t.Errorf("%s roles can log in before an operator took the database up", can)
	}
	desk := there.open(seed, time.Now())
	detail, err := desk.Case(t.Context(), clerk, id)
	if err != nil || detail.Letter.Fields["applicant-name"] != name {
		t.Errorf("the case reads %v, %v", detail.Letter.Fields["applicant-name"] == name, err)
	}
	waiting, withheld = deliveries()
	got, err := desk.Deliveries(t.Context(), clerk, id)
	if err != nil || len(got) != 2 || got[0].Key != withheld.Key() || got[0].State != store.DeliveryWithheld ||
		got[1].Key != waiting.Key() || got[1].State != store.DeliveryWaiting {
		t.Errorf("deliveries: %+v, %v", got, err)
	}
	head, err := desk.DeliveryHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	chain, err := desk.DeliveryTrail(t.Context(), 1, 10)
	if err != nil || head.Length != 1 || courier.Check(chain, head) != nil {
		t.Errorf("the record of deliveries has %d entries, %d were read: %v", head.Length, len(chain), err)
	}
}

// TestRestoreThatFails leaves nothing behind, and can be tried again.
func TestRestoreThatFails(t *testing.T) {
	p := newPlace(t)
	dir := t.TempDir()
	dump := dir + "/dump"
	if err := os.WriteFile(dump, []byte("no dump"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := manifest()
	err := Tools{Dir: p.pg.Bin()}.Restore(t.Context(), p.admin(), m, dump, dir)
	if err == nil || errors.Is(err, district.ErrThere) {
		t.Errorf("Restore = %v", err)
	}
	if got := p.pg.Ask(t, "select datname from pg_database where datname = $1", m.Database); got != "" {
		t.Errorf("database %s is left", got)
	}
	if _, err := (Tools{Dir: t.TempDir()}).Dump(t.Context(), p.admin(), m.Database, dir); !errors.Is(err, district.ErrNotThere) {
		t.Errorf("Dump = %v of no database", err)
	}
}
