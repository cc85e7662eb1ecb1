package credentials

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // hashed names of hosts are SHA-1 in OpenSSH's format
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// sshPort is where SFTP is spoken when nothing else is said.
const sshPort = "22"

// knownHosts checks that the SFTP server is among the hosts whose keys are known.
func (c *checker) knownHosts(data []byte) {
	file := c.spec.Protocol.File
	host, port := string(file.Host), sshPort
	scan := "ssh-keyscan " + host
	if file.Port != 0 && strconv.Itoa(int(file.Port)) != sshPort {
		port = strconv.Itoa(int(file.Port))
		scan = fmt.Sprintf("ssh-keyscan -p %s %s", port, host)
	}
	cure := "put in the line that " + scan + " prints, after comparing the fingerprint with whoever runs the system"
	names, err := knows(data, host, port)
	switch {
	case err != nil:
		c.wrong(KnownHosts, "can't be read", cure)
	case !names:
		c.wrong(KnownHosts, "does not have "+knownhosts.Normalize(net.JoinHostPort(host, port)), cure)
	}
}

// knows reports whether a file of known hosts has a key of a host.
func knows(data []byte, host, port string) (bool, error) {
	found := false
	for {
		marker, names, _, _, rest, err := ssh.ParseKnownHosts(data)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return false, err
		}
		data = rest
		// A line of an authority has no key of the host, one of a revoked key a wrong one.
		found = found || marker == "" && matches(names, host, port)
	}
}

// matches reports whether the names of a line, of which one that begins with ! is
// an exception, fit a host.
func matches(patterns []string, host, port string) bool {
	fits := false
	for _, p := range patterns {
		name, except := strings.CutPrefix(p, "!")
		if !fit(name, host, port) {
			continue
		}
		if except {
			return false
		}
		fits = true
	}
	return fits
}

// fit compares with one name: host, [host]:port, or one that is hidden.
func fit(pattern, host, port string) bool {
	if hash, is := strings.CutPrefix(pattern, "|1|"); is {
		return hashed(hash, knownhosts.Normalize(net.JoinHostPort(host, port)))
	}
	name, at, err := net.SplitHostPort(pattern)
	if err != nil {
		name, at = pattern, sshPort
	}
	return at == port && wildcard(name, host)
}

// hashed compares a name that is hidden: salt|hash in base64.
func hashed(text, address string) bool {
	salt, sum, _ := strings.Cut(text, "|")
	key, wrong := base64.StdEncoding.DecodeString(salt)
	want, broken := base64.StdEncoding.DecodeString(sum)
	mac := hmac.New(sha1.New, key)
	mac.Write([]byte(address))
	return wrong == nil && broken == nil && hmac.Equal(mac.Sum(nil), want)
}

// wildcard compares with a pattern in which * is any text and ? any byte.
func wildcard(pattern, text string) bool {
	star, mark, at, i := -1, 0, 0, 0
	for at < len(text) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, at
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == text[at]):
			i++
			at++
		case star >= 0: // let the last * take one byte more
			mark++
			i, at = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
