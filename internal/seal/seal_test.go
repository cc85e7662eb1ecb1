package seal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/seal"
)

// always is a reader of one byte, for keys that are the same each time.
type always byte

func (a always) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(a)
	}
	return len(p), nil
}

func pair(t testing.TB, with byte) seal.PrivateKey {
	t.Helper()
	key, err := seed(t, with).Sealing()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func seed(t testing.TB, with byte) seal.Seed {
	t.Helper()
	s, err := seal.NewSeed(always(with))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsSealedOpensWithItsKeyAlone(t *testing.T) {
	own, other := pair(t, 1), pair(t, 2)
	raw, err := own.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := seal.ParsePrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	public, err := seal.ParsePublicKey(own.Public().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text, context := rapid.SliceOf(rapid.Byte()).Draw(t, "text"), rapid.SliceOf(rapid.Byte()).Draw(t, "context")
		sealed, err := public.Seal(text, context)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != len(text)+seal.Overhead {
			t.Fatalf("%d bytes more, not %d", len(sealed)-len(text), seal.Overhead)
		}
		if len(text) > 8 && bytes.Contains(sealed, text) {
			t.Fatal("the text shows")
		}
		if got, err := kept.Open(sealed, context); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("opened %q, %v", got, err)
		}
		if _, err := other.Open(sealed, context); !errors.Is(err, seal.ErrOtherKey) {
			t.Fatalf("another key: %v", err)
		}
		if _, err := kept.Open(sealed, append([]byte("x"), context...)); !errors.Is(err, seal.ErrSealed) {
			t.Fatalf("another context: %v", err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		changed := bytes.Clone(sealed)
		changed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := kept.Open(changed, context); err == nil {
			t.Fatalf("byte %d was changed unseen", at)
		}
		if _, err := kept.Open(sealed[:at], context); err == nil {
			t.Fatalf("cut off at %d unseen", at)
		}
	})
}

func TestTheSameTextSealedTwiceDiffers(t *testing.T) {
	key := pair(t, 1).Public()
	a, errA := key.Seal([]byte("text"), nil)
	b, errB := key.Seal([]byte("text"), nil)
	if errA != nil || errB != nil || bytes.Equal(a, b) {
		t.Error("two sealings are alike:", errA, errB)
	}
}

func TestAllFollowsFromTheSeed(t *testing.T) {
	one, again, other := seed(t, 1), seed(t, 1), seed(t, 2)
	derive := func(s seal.Seed, label string) string {
		raw, err := s.Derive(label, 32)
		if err != nil {
			t.Fatal(err)
		}
		password, err := s.Password(label)
		if err != nil {
			t.Fatal(err)
		}
		if len(password) != 32 {
			t.Errorf("a password of %d characters", len(password))
		}
		return string(raw) + password
	}
	if derive(one, "a") != derive(again, "a") {
		t.Error("the same seed leads elsewhere")
	}
	if derive(one, "a") == derive(one, "b") || derive(one, "a") == derive(other, "a") {
		t.Error("another label or seed leads to the same")
	}
	if !bytes.Equal(pair(t, 1).Public().Bytes(), pair(t, 1).Public().Bytes()) {
		t.Error("the same seed has two key pairs")
	}
	letters, err := one.Sealing()
	if err != nil {
		t.Fatal(err)
	}
	messages, err := one.Courier()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := letters.Public().Seal([]byte("a letter"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := messages.Open(sealed, nil); !errors.Is(err, seal.ErrOtherKey) {
		t.Errorf("the courier opens letters: %v", err)
	}
	if _, err := one.Derive("too much", 1<<20); err == nil {
		t.Error("a megabyte was derived")
	}
}

func TestWrapping(t *testing.T) {
	raw, err := seal.NewDistrictKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	district, err := seal.ParseDistrictKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := seal.ParseDistrictKey(bytes.Repeat([]byte{9}, seal.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	s := seed(t, 3)
	wrapped, err := district.Wrap(rand.Reader, s, "lianhu/anding")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := district.Unwrap(wrapped, "lianhu/anding"); err != nil || got != s {
		t.Errorf("unwrapped another seed: %v", err)
	}
	if _, err := district.Unwrap(wrapped, "lianhu/other"); !errors.Is(err, seal.ErrWrapped) {
		t.Errorf("another community's: %v", err)
	}
	if _, err := elsewhere.Unwrap(wrapped, "lianhu/anding"); !errors.Is(err, seal.ErrWrapped) {
		t.Errorf("another district's: %v", err)
	}
	for i := range wrapped {
		changed := bytes.Clone(wrapped)
		changed[i] ^= 4
		if _, err := district.Unwrap(changed, "lianhu/anding"); !errors.Is(err, seal.ErrWrapped) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := district.Unwrap(wrapped[:i], "lianhu/anding"); !errors.Is(err, seal.ErrWrapped) {
			t.Errorf("cut off at %d: %v", i, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	if _, err := seal.ParseDistrictKey(nil); err == nil || !strings.Contains(err.Error(), "put the one back") {
		t.Errorf("an empty district key: %v", err)
	}
	if _, err := seal.ParsePublicKey([]byte("short")); err == nil {
		t.Error("five bytes are a public key")
	}
	if _, err := seal.ParsePrivateKey([]byte("short")); err == nil {
		t.Error("five bytes are a private key")
	}
	if _, err := (seal.PublicKey{}).Seal(nil, nil); err == nil {
		t.Error("no key seals")
	}
	if _, err := (seal.PrivateKey{}).Open(make([]byte, 4096), nil); err == nil {
		t.Error("no key opens")
	}
	broken := iotest.ErrReader(errors.New("no randomness"))
	if _, err := seal.NewSeed(broken); err == nil {
		t.Error("a seed of nothing")
	}
	if _, err := seal.NewDistrictKey(broken); err == nil {
		t.Error("a key of nothing")
	}
	district, err := seal.ParseDistrictKey(make([]byte, seal.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := district.Wrap(broken, seed(t, 1), "x"); err == nil {
		t.Error("wrapped without a nonce")
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	district, err := seal.ParseDistrictKey(bytes.Repeat([]byte{7}, seal.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
		for _, key := range []any{seed(t, 7), district, pair(t, 7)} {
			if got := fmt.Sprintf(verb, key); got != "(key)" {
				t.Errorf("%s of %T: %s", verb, key, got)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	key := pair(f, 1)
	sealed, err := key.Public().Seal([]byte("hello"), []byte("c"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed, []byte("c"))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, sealed, context []byte) {
		text, err := key.Open(sealed, context)
		if err == nil && string(text) != "hello" {
			t.Fatal("made up")
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	key, text := pair(b, 1).Public(), bytes.Repeat([]byte("x"), 1024)
	for b.Loop() {
		if _, err := key.Seal(text, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	key := pair(b, 1)
	sealed, err := key.Public().Seal(bytes.Repeat([]byte("x"), 1024), nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := key.Open(sealed, nil); err != nil {
			b.Fatal(err)
		}
	}
}
