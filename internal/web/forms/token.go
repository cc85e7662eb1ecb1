package forms

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
)

// TokenLife is how long a form may be filled in.
const TokenLife = 12 * time.Hour

const (
	seedBytes  = 16
	timeBytes  = 8
	macBytes   = 16
	tokenBytes = seedBytes + timeBytes + macBytes
)

// Errors of Open.
var (
	// ErrToken: it is none of ours, or of another form.
	ErrToken = errors.New("the form's token is not valid; start again from the form's page")
	// ErrExpired: it was one of ours. The ticket is good for Renew.
	ErrExpired = errors.New("the form was open for too long; send it again")
)

// Tokens signs the forms that are handed out. A token holds 16 random bytes, the
// time and a signature over both and the form it is for. The identifier and the
// receipt of what is submitted follow from those bytes and a key: sent again, a
// form leads to the same case and the same code; and whoever has the identifier,
// and even the key, can't work out the code.
type Tokens struct{ sign, derive []byte }

// NewTokens makes the tokens of a program from a secret of at least 32 bytes, the
// same in every replica.
func NewTokens(secret []byte) (*Tokens, error) {
	if len(secret) < sha256.Size {
		return nil, fmt.Errorf("the key for forms has fewer than %d bytes; mount the Secret the operator made", sha256.Size)
	}
	sign, err := hkdf.Key(sha256.New, secret, nil, "shequ.io/forms/v1 sign", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key for forms: %w", err)
	}
	derive, err := hkdf.Key(sha256.New, secret, nil, "shequ.io/forms/v1 derive", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key for forms: %w", err)
	}
	return &Tokens{sign, derive}, nil
}

// Ticket is an opened token. Printing it prints nothing of it.
type Ticket struct {
	seed   [seedBytes]byte
	tokens *Tokens
}

// Format prints nothing.
func (Ticket) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "(ticket)") }

// Issue makes a new token for a scope. The error is the reader's.
func (t *Tokens) Issue(scope string, random io.Reader, now time.Time) (string, error) {
	ticket := Ticket{tokens: t}
	if _, err := io.ReadFull(random, ticket.seed[:]); err != nil {
		return "", fmt.Errorf("draw a form's token: %w", err)
	}
	return t.Renew(ticket, scope, now), nil
}

// Renew makes another token of the same ticket.
func (t *Tokens) Renew(ticket Ticket, scope string, now time.Time) string {
	token := make([]byte, 0, tokenBytes)
	token = append(token, ticket.seed[:]...)
	token = binary.BigEndian.AppendUint64(token, uint64(now.Unix())) //nolint:gosec // read back the same way
	token = append(token, t.mac(scope, token)...)
	return base64.RawURLEncoding.EncodeToString(token)
}

func (t *Tokens) mac(scope string, of []byte) []byte {
	mac := hmac.New(sha256.New, t.sign)
	mac.Write(of)
	mac.Write([]byte(scope))
	return mac.Sum(nil)[:macBytes]
}

// Open checks a token for a scope. The error is ErrToken or, with a ticket,
// ErrExpired.
func (t *Tokens) Open(scope, token string, now time.Time) (Ticket, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(data) != tokenBytes || !hmac.Equal(data[seedBytes+timeBytes:], t.mac(scope, data[:seedBytes+timeBytes])) {
		return Ticket{}, ErrToken
	}
	ticket := Ticket{seed: [seedBytes]byte(data[:seedBytes]), tokens: t}
	issued := time.Unix(int64(binary.BigEndian.Uint64(data[seedBytes:])), 0) //nolint:gosec // signed by us
	// Replicas' clocks seldom agree.
	if age := now.Sub(issued); age > TokenLife || age < -TokenLife {
		return ticket, ErrExpired
	}
	return ticket, nil
}

func (k Ticket) bytes(label string, n int) []byte {
	secret := append(append([]byte{}, k.tokens.derive...), k.seed[:]...)
	out, err := hkdf.Key(sha256.New, secret, nil, "shequ.io/forms/v1 "+label, n)
	if err != nil {
		panic(err) // the lengths are constants
	}
	return out
}

// ID is an identifier that follows from the ticket, in the form of a UUID; one for
// each label.
func (k Ticket) ID(label string) string {
	b := k.bytes("id "+label, 16)
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8: made as its maker likes
	text := hex.EncodeToString(b)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// Receipt is the receipt code that follows from the ticket.
func (k Ticket) Receipt() casework.Receipt {
	r, err := casework.NewReceipt(&once{k.bytes("receipt", 32)})
	if err != nil {
		panic(err) // it takes fewer bytes than that
	}
	return r
}

// once reads bytes.
type once struct{ left []byte }

func (o *once) Read(p []byte) (int, error) {
	if len(o.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, o.left)
	o.left = o.left[n:]
	return n, nil
}
