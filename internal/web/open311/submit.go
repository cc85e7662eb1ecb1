package open311

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/serve"
)

// unavailableFor is how long a client is asked to wait when the store is away.
const unavailableFor = 30 * time.Second

// submit takes a request in.
func (a *asked) submit() {
	if a.h.origin.Check(a.r) != nil {
		a.refuse(http.StatusForbidden, sayForeign)
		return
	}
	if a.h.config.Limiter != nil {
		if wait, ok := a.h.config.Limiter.Allow(a.r); !ok {
			a.later(http.StatusTooManyRequests, wait, sayOften)
			return
		}
	}
	var body []byte
	form, status, why := parseForm(a.r, func() (raw []byte, err error) {
		raw, err = io.ReadAll(http.MaxBytesReader(a.w, a.r.Body, MaxBody))
		body = raw
		return raw, err
	})
	if status != 0 {
		a.refuse(status, why)
		return
	}
	if !a.addressed(form) {
		return
	}
	key := a.r.Header.Get("Idempotency-Key")
	if key != "" && !keyPattern.MatchString(key) {
		a.refuse(http.StatusBadRequest, sayKey)
		return
	}
	s := a.service(form)
	if s == nil {
		return
	}
	letter := s.read(form, a.lang)
	if len(letter.problems) > 0 {
		a.refuseAll(http.StatusBadRequest, letter.problems)
		return
	}
	a.keep(s, letter, drawn(a.h.config, key, body))
}

// addressed reads what may stand in the address, and answers where there is more, or
// where it is for another community.
func (a *asked) addressed(form sent) bool {
	query, err := url.ParseQuery(a.r.URL.RawQuery)
	if err != nil || !readable(query) {
		a.refuse(http.StatusBadRequest, sayUnreadable)
		return false
	}
	strange := 0
	var misplaced []string
	for name := range query {
		switch {
		case slices.Contains(inAddress, name):
		case slices.Contains(parameters, name):
			misplaced = append(misplaced, name)
		default:
			strange++
		}
	}
	slices.Sort(misplaced)
	var problems []string
	for _, name := range misplaced {
		problems = append(problems, a.say(sayInAddress, name))
	}
	if strange > 0 {
		problems = append(problems, a.say(sayParameter, strange))
	}
	if len(problems) > 0 {
		a.refuseAll(http.StatusBadRequest, problems)
		return false
	}
	return a.forUs(append(query[pJuris], form.values[pJuris])...)
}

// service a form is for; nil once it was answered that there is none.
func (a *asked) service(form sent) *service {
	code := form.values[pService]
	if code == "" {
		a.refuse(http.StatusBadRequest, sayNoService)
		return nil
	}
	s := a.catalog.byCode[code]
	if s == nil {
		a.refuse(http.StatusNotFound, sayUnknown)
	}
	return s
}

// keep seals a letter, submits it and answers with the id and the receipt code.
func (a *asked) keep(s *service, letter *reading, random io.Reader) {
	submission, code, err := a.seal(s, letter.letter, random)
	if err == nil {
		_, err = a.h.config.Store.Submit(a.r.Context(), submission)
	}
	switch {
	case errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrReused):
		a.h.config.Log.Error("submission refused by the store", "service", s.code, "error", err)
		a.refuse(http.StatusBadRequest, sayKeep)
		return
	case err != nil:
		a.h.config.Log.Warn("submission not kept", "service", s.code, "error", err)
		a.wait(unavailableFor, sayAway)
		return
	}
	notice := a.say(sayReceipt, code)
	if len(letter.dropped) > 0 {
		notice += a.say(sayDropped, and(a.lang, letter.dropped))
	}
	a.write(http.StatusOK, serve.CacheNever, requestList(object{
		{"service_request_id", text(submission.ID)},
		{"service_notice", text(notice)},
		{"account_id", null{}},
	}))
}

// seal makes a submission of a letter, and the receipt code for whoever wrote it.
func (a *asked) seal(s *service, letter store.Letter, random io.Reader) (submission store.Submission, code string, err error) {
	id, err := newID(random)
	if err != nil {
		return submission, "", err
	}
	receipt, err := casework.NewReceipt(random)
	if err != nil {
		return submission, "", err
	}
	hash, err := receipt.Hash(a.h.config.Receipts)
	if err != nil {
		return submission, "", err
	}
	plain, err := json.Marshal(letter)
	if err != nil {
		return submission, "", errors.New("a letter can't be written as JSON")
	}
	sealed, err := a.h.config.Seal.Seal(plain, store.SubmissionContext(id))
	if err != nil {
		return submission, "", fmt.Errorf("seal a submission: %w", err)
	}
	return store.Submission{
		ID: id, Kind: s.kind, Terms: s.terms, Urgency: casework.Ordinary, Channel: store.Open311Channel,
		Language: a.lang, Receipt: hash, Sealed: sealed,
	}, receipt.Code(), nil
}

var keyPattern = regexp.MustCompile(`^[!-~]{16,255}$`)

// drawn is what id and receipt code are drawn from: chance, or, where the client
// gave a key, what follows from key and body alone. Then a request that is sent again
// is kept once and answered with the same code, though nobody has kept it. Another
// body under the same key is another request: nobody learns a code who could not
// have written the whole of what it is for.
func drawn(c Config, key string, body []byte) io.Reader {
	if key == "" {
		return c.Random
	}
	mac := hmac.New(sha256.New, c.Receipts)
	digest := sha256.Sum256(body)
	fmt.Fprintf(mac, "shequ.io/open311/v1 idempotency\n%s\n%x", key, digest)
	return &fixed{mac.Sum(nil)}
}

// fixed is a reader of the bytes it has: 16 for an id and 10 for a receipt code.
type fixed struct{ left []byte }

// Read takes bytes off; it fails when there are none left.
func (f *fixed) Read(p []byte) (int, error) {
	if len(f.left) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, f.left)
	f.left = f.left[n:]
	return n, nil
}

// newID draws a UUID.
func newID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw an id: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	digits := hex.EncodeToString(b[:])
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:], nil
}
