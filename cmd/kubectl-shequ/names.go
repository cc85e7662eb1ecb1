package main

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// maxName is the most characters the name of an object may have.
const maxName = 253

// objectName makes one name of words, the same for the same words: readable,
// and such as an object may have. What does not fit is replaced by a hash of
// all.
func objectName(words ...string) string {
	joined := strings.Join(words, "-")
	name := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, joined), "-")
	if len(name) <= maxName {
		return name
	}
	hash := short(joined)
	return strings.TrimRight(name[:maxName-len(hash)-1], "-") + "-" + hash
}

// short is the first 8 hexadecimal digits of a text's sha256.
func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// shortDigest is the first 8 digits of a digest.
func shortDigest(d v1alpha1.TaskDigest) string {
	digits := strings.TrimPrefix(string(d), "sha256:")
	return digits[:min(8, len(digits))]
}
