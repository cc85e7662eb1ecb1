package district

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/seal"
)

func contextWithEnd(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

// homes are names of home namespaces: at most 63 characters, a hash at the end.
func homes() *rapid.Generator[string] {
	return rapid.StringMatching(`c-[a-z][a-z0-9-]{0,51}-[0-9a-f]{8}`)
}

func TestNamesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		home := homes().Draw(t, "home")
		name := Name(home)
		if Home(name) != home {
			t.Fatalf("%s comes back as %s", home, Home(name))
		}
		seen := map[string]bool{}
		for _, role := range append(logins(name), name) {
			if len(role) > maxIdentifier || seen[role] {
				t.Fatalf("%s has %d characters, or is there twice", role, len(role))
			}
			seen[role] = true
		}
	})
}

// Two homes share no role, even where their names are cut short.
func TestRolesAreOfOneDatabase(t *testing.T) {
	long := strings.Repeat("a", 51)
	one, two := Name("c-"+long+"-00000001"), Name("c-"+long+"-00000002")
	of := map[string]bool{}
	for _, role := range logins(one) {
		of[role] = true
	}
	for _, role := range logins(two) {
		if of[role] {
			t.Errorf("%s is of both", role)
		}
	}
}

func TestAccessFollowsFromSeedAndTime(t *testing.T) {
	var fixed seal.Seed
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		now := made.Add(time.Duration(rapid.Int64Range(-1000, 100000).Draw(t, "hours")) * time.Hour)
		a, err := NewAccess(fixed, "c-a-00000001", made, now, rotation)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := NewAccess(fixed, "c-a-00000001", made, now, rotation)
		if a != b {
			t.Fatal("the same is not the same")
		}
		if a.Epoch < 0 || !a.Next.After(now) || (now.After(made) && a.Next.Sub(now) > rotation) || a.Portal.Until.Sub(a.Next) != overlap {
			t.Fatalf("at %v: epoch %d until %v", now, a.Epoch, a.Next)
		}
		if a.Portal.Password == a.Desk.Password || a.Portal.Password == a.Owner.Password || a.Courier.Password == a.Desk.Password || len(a.Portal.Password) < 32 {
			t.Fatal("passwords are alike, or short")
		}
		later, _ := NewAccess(fixed, "c-a-00000001", made, a.Next, rotation)
		if later.Epoch != a.Epoch+1 || later.Portal.Role == a.Portal.Role || later.Portal.Password == a.Portal.Password || later.Courier.Role == a.Courier.Role || later.Courier.Password == a.Courier.Password || later.Owner.Role != a.Owner.Role {
			t.Fatalf("the next turn: %v after %v", later, a)
		}
	})
}

func TestMarks(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, m := range []mark{{}, {key: "0123"}, {drop: at}, {key: "0123", drop: at}} {
		if got := parseMark(m.String()); got != m {
			t.Errorf("%q is read as %+v, want %+v", m.String(), got, m)
		}
	}
	for _, text := range []string{"", "drop after 2001-01-01T00:00:00Z", "shequ: drop after soon", "shequ: ", "SHEQU: drop after 2001-01-01T00:00:00Z"} {
		if m := parseMark(text); due(m, at) {
			t.Errorf("%q is due", text)
		}
	}
}

func FuzzParseMark(f *testing.F) {
	f.Add("shequ: key 01; drop after 2026-02-03T04:05:06Z")
	f.Fuzz(func(t *testing.T, text string) {
		if m := parseMark(text); !m.drop.IsZero() && !strings.Contains(text, markDrop) {
			t.Errorf("%q is to be dropped", text)
		}
	})
}

// The example of RFC 7677.
func TestVerifier(t *testing.T) {
	salt := []byte{0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81}
	got, err := verifierWith(salt, "pencil")
	want := "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
	if err != nil || got != want {
		t.Errorf("verifier %s, %v; want %s", got, err, want)
	}
}

func TestAdmin(t *testing.T) {
	for _, tc := range []struct{ dsn, ca, host, want string }{
		{"postgres://u:p@db", "", "", "postgres://r:secret@db:5432/d?sslmode=prefer"},
		{"postgresql://u:p@db:6432/admin?sslmode=require", "", "", "postgres://r:secret@db:6432/d?sslmode=require"},
		{"postgres://u:p@db:6432/admin?sslmode=disable", "", "other", "postgres://r:secret@other:6432/d?sslmode=disable"},
		{"postgres://u:p@db:6432/admin?sslmode=disable", "", "other:1", "postgres://r:secret@other:1/d?sslmode=disable"},
		{"postgres://u:p@[::1]:6432", "", "", "postgres://r:secret@[::1]:6432/d?sslmode=prefer"},
		{"postgres://u:p@db?sslmode=require&sslrootcert=/theirs", testCA, "", "postgres://r:secret@db:5432/d?sslmode=verify-full&sslrootcert=%2Fca"},
		{"postgres://u:p@db?sslmode=verify-ca", testCA, "", "postgres://r:secret@db:5432/d?sslmode=verify-ca&sslrootcert=%2Fca"},
		{" postgres://u:p%40%2F@db\n", "", "", "postgres://r:secret@db:5432/d?sslmode=prefer"},
	} {
		config, e, err := Admin{tc.dsn, tc.ca}.parse(tc.host)
		if err != nil {
			t.Errorf("%s: %v", tc.dsn, err)
			continue
		}
		if got := e.URI(Login{Role: "r", Password: "secret"}, "d", "/ca"); got != tc.want {
			t.Errorf("%s: programs get %s, want %s", tc.dsn, got, tc.want)
		}
		if tc.ca != "" && (config.TLSConfig == nil || config.TLSConfig.RootCAs == nil || len(config.Fallbacks) > 0) {
			t.Errorf("%s: the server need not prove who it is", tc.dsn)
		}
	}
}

func TestAdminMistakes(t *testing.T) {
	for _, tc := range []struct{ dsn, ca, want string }{
		{"", "", "must be a URI of one server"},
		{"host=db user=u password=hush", "", "must be a URI"},
		{"mysql://u:hush@db/d", "", "must be a URI"},
		{"postgres://u:hush@one,two/d", "", "must be a URI of one server"},
		{"postgres://u:hush@/d", "", "must be a URI"},
		{"postgres://:hush@db/d", "", "must be a URI"},
		{"postgres://u:hu%zzsh@db/d", "", "must be a URI"},
		{"postgres://u@db/d", "", "has no password"},
		{"postgres://u:hush@db/d?sslmode=often", "", "after the question mark"},
		{"postgres://u:hush@db/d", "hush", "holds no certificate"},
	} {
		_, _, err := Admin{tc.dsn, tc.ca}.parse("")
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.dsn, err, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%v tells the password", err)
		}
	}
}

func TestClassify(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want error
	}{
		{nil, nil},
		{&pgconn.PgError{Code: "57P03", Message: "starting up"}, ErrUnreachable},
		{&pgconn.PgError{Code: "53300", Message: "too many clients"}, ErrUnreachable},
		{&pgconn.PgError{Code: "28P01", Message: "no"}, ErrRefused},
		{fmt.Errorf("create role: %w", &pgconn.PgError{Code: "42501", Message: "permission denied"}), ErrRefused},
		{context.DeadlineExceeded, ErrUnreachable},
		{fmt.Errorf("%w: it is", ErrOtherKey), ErrOtherKey},
		{errors.New("what"), ErrUnreachable},
	} {
		if got := classify(tc.err); !errors.Is(got, tc.want) {
			t.Errorf("%v is classified as %v, want %v", tc.err, got, tc.want)
		}
	}
}

// testCA is a certificate, of nobody.
const testCA = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUXFlhdGnH1YtnrBvNx2OCB21WyscwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJdGVzdC1vbmx5MCAXDTI2MTEyMjA5MzIzOFoYDzIxMjYxMDI5
MDkzMjM4WjAUMRIwEAYDVQQDDAl0ZXN0LW9ubHkwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARmfSjDDzjJRTqNaAjcpX+qZZ6LdJe1eZLbg03XEA9wLYr2b8Jcbepg
qUs/okVuqSkOJI/YpvghM80Hv+SYvLE6o1MwUTAdBgNVHQ4EFgQUrAikYzi+pNvM
pqqZ131T+MuLm8MwHwYDVR0jBBgwFoAUrAikYzi+pNvMpqqZ131T+MuLm8MwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAgXH5+EKnTkcixr/ZAQfO
t6MMtBdyYTPdXRY7DQgmQVkCIQCllfAABrsyJQtL4YyJlK9Dxb7Iy94FUIJ6bZrs
ChOgXA==
-----END CERTIFICATE-----
`
