package credentials

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"time"
)

// day is a date as messages say it.
const day = "2 January 2006 15:04 MST"

// pair checks a client certificate and its key. It says nothing where the key is
// missing, which is said already.
func (c *checker) pair(certificate []byte) {
	key := c.data[PrivateKey]
	if len(key) == 0 {
		return
	}
	const cure = "put in the certificate in PEM and the key it was issued for"
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		c.wrong(Certificate, "and "+PrivateKey+" are no certificate and its key", cure)
		return
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		c.wrong(Certificate, "can't be read", cure)
		return
	}
	c.validity(Certificate, leaf.NotBefore, leaf.NotAfter)
}

// validity checks when a certificate, or the best of several, can be used.
func (c *checker) validity(key string, from, to time.Time) {
	switch {
	case c.now.After(to):
		c.wrong(key, "has expired on "+to.UTC().Format(day), "have it renewed, and put the new one in with its key")
	case c.now.Before(from):
		c.wrong(key, "can't be used before "+from.UTC().Format(day), "wait, or have one issued that holds now; see whether the clocks are right")
		c.changes(from)
	default:
		// It holds to the end of that second.
		c.changes(to.Add(time.Second))
	}
}

// authority checks the certificates a system's own is trusted by: one that can be
// used is enough, so that an old one may stay beside its successor.
func (c *checker) authority(data []byte) {
	var best *x509.Certificate
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		found, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil {
			continue
		}
		if best == nil || c.better(found, best) {
			best = found
		}
	}
	if best == nil {
		c.wrong(CA, "holds no certificate in PEM", "put in the one of the authority that signed the system's, or take the key out where that is publicly trusted")
		return
	}
	c.validity(CA, best.NotBefore, best.NotAfter)
}

// better prefers what can be used now, and of that what can be longest.
func (c *checker) better(a, b *x509.Certificate) bool {
	if began := !c.now.Before(a.NotBefore); began != !c.now.Before(b.NotBefore) {
		return began
	}
	return a.NotAfter.After(b.NotAfter)
}
