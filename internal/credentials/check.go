package credentials

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Mistake is what is wrong with one key of a Secret. It holds no value.
type Mistake struct {
	Key, Wrong, Cure string
}

// Error says everything that is missing or wrong, with the cure and without a value.
type Error struct {
	// Secret as namespace/name; empty where none is named.
	Secret string
	// Field of the InformationSystem that names the Secret.
	Field string
	// Absent: the Secret itself is not there.
	Absent bool
	// Missing keys, and keys that are wrong.
	Missing  []string
	Mistakes []Mistake
}

// Reason is that of a condition.
func (e *Error) Reason() string {
	if e.Absent || len(e.Missing) > 0 {
		return v1alpha1.ReasonCredentialsMissing
	}
	return v1alpha1.ReasonCredentialsInvalid
}

// Error says it in a line.
func (e *Error) Error() string {
	switch {
	case e.Secret == "":
		return fmt.Sprintf("no Secret is named and %s needed; name one in %s", are(e.Missing), e.Field)
	case e.Absent:
		return fmt.Sprintf("Secret %s is not there; make it with %s", e.Secret, list(e.Missing))
	}
	var parts []string
	if len(e.Missing) > 0 {
		parts = append(parts, fmt.Sprintf("it has no %s; put in what whoever runs the system has issued", list(e.Missing)))
	}
	for _, m := range e.Mistakes {
		parts = append(parts, fmt.Sprintf("%s %s; %s", m.Key, m.Wrong, m.Cure))
	}
	return fmt.Sprintf("Secret %s: %s", e.Secret, strings.Join(parts, ". "))
}

func are(keys []string) string {
	if len(keys) == 1 {
		return keys[0] + " is"
	}
	return list(keys) + " are"
}

func list(keys []string) string {
	if len(keys) < 2 {
		return strings.Join(keys, "")
	}
	return strings.Join(keys[:len(keys)-1], ", ") + " and " + keys[len(keys)-1]
}

// Check says what of a system's credentials is missing or can't be used, at a time.
// data is the Secret's; nil where there is no such Secret. The error is an *Error.
//
// Without an error, until is when the first certificate expires; with one, when it
// may be over by the clock alone. It is zero where only a change helps or harms.
func Check(spec *v1alpha1.InformationSystemSpec, data map[string][]byte, now time.Time) (until time.Time, err error) {
	need := Of(spec)
	if len(need.Required) == 0 {
		return time.Time{}, nil
	}
	e := &Error{Field: need.Field}
	if need.Secret == nil {
		e.Absent, e.Missing = true, need.Required
		return time.Time{}, e
	}
	e.Secret = need.Secret.Namespace + "/" + need.Secret.Name
	if data == nil {
		e.Absent, e.Missing = true, need.Required
		return time.Time{}, e
	}
	c := &checker{spec: spec, data: data, now: now}
	for _, key := range need.Keys() {
		switch {
		case len(data[key]) > 0:
			c.check(key)
		case slices.Contains(need.Required, key):
			e.Missing = append(e.Missing, key)
		}
	}
	e.Mistakes = c.mistakes
	if len(e.Missing)+len(e.Mistakes) == 0 {
		return c.until, nil
	}
	return c.until, e
}

type checker struct {
	spec     *v1alpha1.InformationSystemSpec
	data     map[string][]byte
	now      time.Time
	until    time.Time
	mistakes []Mistake
}

func (c *checker) wrong(key, wrong, cure string) {
	c.mistakes = append(c.mistakes, Mistake{Key: key, Wrong: wrong, Cure: cure})
}

// changes notes that the answer is another from a time on.
func (c *checker) changes(at time.Time) {
	if c.until.IsZero() || at.Before(c.until) {
		c.until = at
	}
}

// check looks at one key that is there.
func (c *checker) check(key string) {
	value := c.data[key]
	switch key {
	case ClientID, ClientSecret, User, AccessKeyID, SecretAccessKey, Region:
		c.text(key, value)
	case KeyID, WebhookKeyID:
		if c.text(key, value) && !keyID.Match(value) {
			c.wrong(key, "has other characters than letters, digits and . _ -, or more than 100", "agree on another name for the key")
		}
	case Key, WebhookKey:
		c.shared(key, value)
	case Certificate:
		c.pair(value)
	case CA:
		c.authority(value)
	case SSHKey:
		if _, err := ssh.ParsePrivateKey(value); err != nil {
			c.wrong(key, "is no private key in PEM without a passphrase", "put one in, as ssh-keygen -t ed25519 -N '' makes")
		}
	case KnownHosts:
		c.knownHosts(value)
	}
}

const alone = "put the value in alone: kubectl create secret --from-file keeps the line break at a file's end, printf writes none"

// text checks a value that goes into a header or a form as it is.
func (c *checker) text(key string, value []byte) bool {
	text := string(value)
	switch {
	case !utf8.Valid(value) || strings.ContainsFunc(strings.TrimSpace(text), unicode.IsControl):
		c.wrong(key, "is no text of one line", "put in the text whoever runs the system has issued")
	case strings.TrimSpace(text) != text:
		c.wrong(key, "has white space around it", alone)
	default:
		return true
	}
	return false
}

var (
	// keyID is what a key that signs may be called.
	keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	// written is a text somebody wrote to a file with its line break.
	written = regexp.MustCompile(`^[\x21-\x7e]+\r?\n$`)
)

// minKey is the shortest key that signs, in bytes.
const minKey = 16

// shared checks a key that two parties sign with. Its bytes count as they are.
func (c *checker) shared(key string, value []byte) {
	switch {
	case len(value) < minKey:
		c.wrong(key, fmt.Sprintf("is shorter than %d bytes", minKey), "agree on a longer one, such as openssl rand -hex 32 makes")
	case written.Match(value):
		c.wrong(key, "ends in a line break, which would be part of the key", alone)
	}
}
