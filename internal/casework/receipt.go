package casework

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Receipt is the code by which a resident follows a case: 80 random bits as 16
// characters of Crockford's base 32 (no I, L, O, U), and a check character. It
// is a secret: printing it prints no code (Code does), and only a keyed hash of
// it is kept.
type Receipt struct {
	code [receiptLength]byte // values 0 to 31, the check last
}

const (
	receiptData   = 16
	receiptLength = receiptData + 1
	receiptBytes  = 10
	// minKeyBytes of the key that receipts are hashed with.
	minKeyBytes = 32
	crockford   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	redacted    = "(receipt code)"
)

var (
	errReceipt = errors.New("that is no receipt code: it has 17 letters and digits, such as ABCD-EFGH-JKMN-PQRST; compare it with the receipt")
	errKey     = fmt.Errorf("the key for receipts has fewer than %d bytes", minKeyBytes)
)

// NewReceipt draws a receipt; random is crypto/rand.Reader outside of tests. The
// error is the reader's.
func NewReceipt(random io.Reader) (Receipt, error) {
	var bits [receiptBytes]byte
	if _, err := io.ReadFull(random, bits[:]); err != nil {
		return Receipt{}, fmt.Errorf("draw a receipt code: %w", err)
	}
	var r Receipt
	var buffer, have uint
	next := 0
	for _, b := range bits {
		buffer, have = buffer<<8|uint(b), have+8
		for have >= 5 {
			have -= 5
			r.code[next] = byte(buffer >> have & 31)
			next++
		}
	}
	r.code[receiptData] = r.check()
	return r, nil
}

// double multiplies by the generator of the field of 32 elements that
// x⁵ + x² + 1 makes.
func double(b byte) byte {
	if b <<= 1; b&32 != 0 {
		b ^= 0b100101
	}
	return b
}

// check is the character that makes the sum of all characters, each weighted by
// another power of the generator, zero. One wrong character, or any two that
// changed places, always alter the sum.
func (r Receipt) check() byte {
	var sum byte
	for _, b := range r.code[:receiptData] {
		sum = double(sum ^ b)
	}
	return sum
}

// Code writes the receipt for the resident, in groups: ABCD-EFGH-JKMN-PQRST.
func (r Receipt) Code() string {
	var b strings.Builder
	for i, c := range r.code {
		if i > 0 && i%4 == 0 && i < receiptData {
			b.WriteByte('-')
		}
		b.WriteByte(crockford[c])
	}
	return b.String()
}

// ParseReceipt reads a receipt code as people write it: in either case, grouped
// anyhow, I and L for 1, O for 0, in full width. The error holds nothing of what
// was written.
func ParseReceipt(s string) (Receipt, error) {
	var r Receipt
	n := 0
	if len(s) > 256 {
		return Receipt{}, errReceipt
	}
	for _, c := range s {
		if c >= '！' && c <= '～' { // full width, as input methods write it
			c -= '！' - '!'
		}
		if strings.ContainsRune(" \t\r\n\u00a0\u3000-‐‑‒–—―−_.·", c) {
			continue
		}
		value, ok := valueOf(c)
		if !ok || n == receiptLength {
			return Receipt{}, errReceipt
		}
		r.code[n] = value
		n++
	}
	if n != receiptLength || r.check() != r.code[receiptData] {
		return Receipt{}, errReceipt
	}
	return r, nil
}

// valueOf a character, 0 to 31; false when it is none of the alphabet.
func valueOf(c rune) (byte, bool) {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch c {
	case 'I', 'L':
		c = '1'
	case 'O':
		c = '0'
	}
	for i := range byte(len(crockford)) {
		if rune(crockford[i]) == c {
			return i, true
		}
	}
	return 0, false
}

// Hash is what is kept of a receipt: HMAC-SHA256 with a key of at least 32 bytes
// that is not kept beside it. The error says that the key is too short.
func (r Receipt) Hash(key []byte) (Hash, error) {
	if len(key) < minKeyBytes {
		return Hash{}, errKey
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("shequ.io/casework/v1 receipt\n"))
	mac.Write(r.code[:receiptData])
	return Hash(mac.Sum(nil)), nil
}

// Matches reports, in a time that tells nothing, whether a kept hash is that of
// the receipt. A key that is too short, or the zero Receipt, matches nothing.
func (r Receipt) Matches(key []byte, kept Hash) bool {
	h, err := r.Hash(key)
	return err == nil && subtle.ConstantTimeCompare(h[:], kept[:]) == 1 && r != Receipt{}
}

// Format prints no code, whatever the verb.
func (Receipt) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue logs no code.
func (Receipt) LogValue() slog.Value { return slog.StringValue(redacted) }
