package district

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

const (
	// iterations are PostgreSQL's own default; a password of 192 random bits needs
	// no more.
	iterations = 4096
	saltBytes  = 16
)

// verifier is what PostgreSQL keeps of a password (RFC 5803), so that the password
// itself is in no statement and in no log of statements. The salt follows from role
// and password, and the same password gives the same verifier.
func verifier(role, password string) (string, error) {
	salted := sha256.Sum256([]byte("shequ/salt/" + role + "/" + password))
	return verifierWith(salted[:saltBytes], password)
}

func verifierWith(salt []byte, password string) (string, error) {
	key, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("make a password's verifier: %w", err)
	}
	stored := sha256.Sum256(sign(key, "Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, b64(salt), b64(stored[:]), b64(sign(key, "Server Key"))), nil
}

func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
