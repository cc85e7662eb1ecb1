package forms_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"testing"
	"testing/iotest"
	"time"

	"github.com/shequ-io/shequ/internal/web/forms"
)

var noon = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

func tokens(t testing.TB, with byte) *forms.Tokens {
	t.Helper()
	k, err := forms.NewTokens(bytes.Repeat([]byte{with}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTokens(t *testing.T) {
	own, other := tokens(t, 1), tokens(t, 2)
	token, err := own.Issue("a", rand.Reader, noon)
	if err != nil {
		t.Fatal(err)
	}
	changed := []byte(token)
	changed[3] ^= 1
	for name, c := range map[string]struct {
		of    *forms.Tokens
		scope string
		token string
		at    time.Time
		want  error
	}{
		"good":          {own, "a", token, noon, nil},
		"at the end":    {own, "a", token, noon.Add(forms.TokenLife), nil},
		"behind":        {own, "a", token, noon.Add(-time.Minute), nil},
		"expired":       {own, "a", token, noon.Add(forms.TokenLife + time.Second), forms.ErrExpired},
		"other form":    {own, "b", token, noon, forms.ErrToken},
		"other program": {other, "a", token, noon, forms.ErrToken},
		"changed":       {own, "a", string(changed), noon, forms.ErrToken},
		"empty":         {own, "a", "", noon, forms.ErrToken},
		"longer":        {own, "a", token + "AAAA", noon, forms.ErrToken},
	} {
		if _, err := c.of.Open(c.scope, c.token, c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestAFormLeadsToOneCaseAndOneReceipt(t *testing.T) {
	k := tokens(t, 1)
	token, err := k.Issue("a", rand.Reader, noon)
	if err != nil {
		t.Fatal(err)
	}
	first, err := k.Open("a", token, noon)
	if err != nil {
		t.Fatal(err)
	}
	expired, err := k.Open("a", token, noon.Add(24*time.Hour))
	if !errors.Is(err, forms.ErrExpired) {
		t.Fatal(err)
	}
	renewed, err := k.Open("a", k.Renew(expired, "a", noon.Add(24*time.Hour)), noon.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if first.ID("case") != renewed.ID("case") || first.Receipt().Code() != renewed.Receipt().Code() {
		t.Error("a renewed form leads to another case")
	}
	if first.ID("case") == first.ID("file 0") {
		t.Error("two identifiers are one")
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(first.ID("case")) {
		t.Errorf("%s is no UUID", first.ID("case"))
	}
	again, err := k.Issue("a", rand.Reader, noon)
	if err != nil {
		t.Fatal(err)
	}
	second, err := k.Open("a", again, noon)
	if err != nil || second.ID("case") == first.ID("case") || second.Receipt() == first.Receipt() {
		t.Errorf("two forms lead to one case (%v)", err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", first, first, first, first); text != "(ticket) (ticket) (ticket) (ticket)" {
		t.Error("a ticket prints itself")
	}
}

func TestTokensNeedKeyAndChance(t *testing.T) {
	if _, err := forms.NewTokens(make([]byte, 31)); err == nil {
		t.Error("a short key is taken")
	}
	if _, err := tokens(t, 1).Issue("a", iotest.ErrReader(errors.New("no chance")), noon); err == nil {
		t.Error("a token was made without chance")
	}
}
