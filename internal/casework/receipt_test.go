package casework

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"
)

func draw(t testing.TB) Receipt {
	t.Helper()
	r, err := NewReceipt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReceipts(t *testing.T) {
	fixed, err := NewReceipt(bytes.NewReader([]byte{0, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf}))
	if err != nil || fixed.Code() != "0123-4567-89AB-CDEF"+fixed.Code()[19:] {
		t.Errorf("the bytes of 0 to 15 are drawn as %q, %v", fixed.Code(), err)
	}
	last := fixed.Code()[19:]
	for _, s := range []string{
		"0123456789ABCDEF" + last, "o i23-4567 89ab—cdef" + last, " 0L23 4567 89ab cdef " + strings.ToLower(last) + "\n",
		"０１２３－４５６７－８９ＡＢ－ｃｄｅｆ" + last, "0123_4567.89AB·CDEF" + last, "0123　4567　89AB　CDEF" + last,
	} {
		if r, err := ParseReceipt(s); err != nil || r != fixed {
			t.Errorf("%q is not read as that code: %v", s, err)
		}
	}
	for _, s := range []string{"", "0123-4567-89AB-CDEF", fixed.Code() + "0", "U" + fixed.Code()[1:], "零" + fixed.Code()[1:], strings.Repeat("-", 300) + fixed.Code()} {
		if r, err := ParseReceipt(s); err == nil || r != (Receipt{}) {
			t.Errorf("%q is read", s)
		} else if len(s) > 5 && strings.Contains(err.Error(), s[1:6]) {
			t.Errorf("the error repeats the code: %v", err)
		}
	}
	broken := errors.New("no randomness")
	for _, r := range []io.Reader{iotest.ErrReader(broken), bytes.NewReader(make([]byte, 9))} {
		if got, err := NewReceipt(r); err == nil || got != (Receipt{}) {
			t.Error("a receipt without randomness")
		}
	}
}

// One wrong character, and any two that changed places, are always noticed.
func TestReceiptsNoticeMistakes(t *testing.T) {
	for range 20 {
		r := draw(t)
		if again, err := ParseReceipt(r.Code()); err != nil || again != r {
			t.Fatal("a code is not read back")
		}
		for i := range receiptLength {
			for v := range byte(32) {
				if other := r; v != r.code[i] {
					other.code[i] = v
					if _, err := ParseReceipt(other.Code()); err == nil {
						t.Fatalf("character %d may be wrong", i)
					}
				}
			}
			for j := range i {
				if other := r; r.code[i] != r.code[j] {
					other.code[i], other.code[j] = r.code[j], r.code[i]
					if _, err := ParseReceipt(other.Code()); err == nil {
						t.Fatalf("characters %d and %d may change places", j, i)
					}
				}
			}
		}
	}
}

// Every bit drawn is in the code: 80 of them.
func TestReceiptsHoldAllBits(t *testing.T) {
	seen := map[string]bool{}
	for bit := range receiptBytes * 8 {
		var b [receiptBytes]byte
		b[bit/8] = 1 << (bit % 8)
		r, err := NewReceipt(bytes.NewReader(b[:]))
		if err != nil || seen[r.Code()] {
			t.Fatalf("bit %d is not in the code", bit)
		}
		seen[r.Code()] = true
	}
	if len(seen) != 80 {
		t.Errorf("%d bits", len(seen))
	}
}

func TestReceiptsAreKeptAsHashes(t *testing.T) {
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	r := draw(t)
	h, err := r.Hash(key)
	if err != nil || !r.Matches(key, h) || r.Matches(other, h) || draw(t).Matches(key, h) {
		t.Errorf("the hash does not tell the code: %v", err)
	}
	if _, err := r.Hash(key[:31]); err == nil || r.Matches(nil, Hash{}) {
		t.Error("a short key is taken")
	}
	var none Receipt
	if h, _ := none.Hash(key); none.Matches(key, h) {
		t.Error("no receipt matches")
	}
	fixed, _ := NewReceipt(bytes.NewReader(make([]byte, 10)))
	if h, _ := fixed.Hash(key); h.String() != goldenReceiptHash {
		t.Errorf("the hash of a code is %s; changed, no kept one matches any more", h)
	}
}

const goldenReceiptHash = "sha256:98b58b6f01c461d85e6aeadf104cca018809c2275f4b2367fc82f7f005df6f2a"

func TestReceiptsAreNotPrinted(t *testing.T) {
	r := draw(t)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "receipt", r, "in", struct{ R Receipt }{r})
	text := fmt.Sprintf("%v %+v %#v %s %d %x %q %v", r, r, r, r, r, r, r, struct{ R *Receipt }{&r}) + log.String()
	if strings.Contains(text, r.Code()) || strings.Contains(text, fmt.Sprintf("%x", r.code)) || !strings.Contains(text, redacted) {
		t.Errorf("printed: %s", text)
	}
}

func FuzzParseReceipt(f *testing.F) {
	f.Add("0123-4567-89AB-CDEFG")
	f.Add("ｏｉｌ")
	f.Add(draw(f).Code())
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReceipt(s)
		if err != nil {
			return
		}
		if again, err := ParseReceipt(r.Code()); err != nil || again != r {
			t.Errorf("%q is read as %q, which is not", s, r.Code())
		}
	})
}
