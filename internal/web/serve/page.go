package serve

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
)

// How long a browser or proxy may keep an answer.
const (
	// CacheContent lets content change within a minute everywhere.
	CacheContent = "public, max-age=60"
	// CacheForever is for files whose name changes with their content.
	CacheForever = "public, max-age=31536000, immutable"
	// CacheNever is for answers that hold only now.
	CacheNever = "no-store"
	// CacheCheck asks to revalidate each time.
	CacheCheck = "no-cache"
)

// Spec describes a page to prepare.
type Spec struct {
	Route       string // bounded label for metrics, a pattern such as /{lang}/about
	ContentType string
	Language    string // BCP 47; empty for what has none
	Location    string // canonical path, where it differs from the one asked for
	Cache       string
	VaryLang    bool // the answer was chosen by Accept-Language
	Body        []byte
}

// Page is one answer, ready to be written: immutable and safe to share.
type Page struct {
	route string
	plain variant
	zip   variant // no body when compressing saves nothing
}

// variant is one encoding of a page with its whole header.
type variant struct {
	header http.Header
	etag   string
	body   []byte
}

// NewPage compresses the body and prepares both headers.
func NewPage(s Spec) *Page {
	sum := sha256.Sum256(s.Body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:15])
	p := &Page{route: s.Route, plain: newVariant(s, `"`+tag+`"`, s.Body, "")}
	if packed := compress(s.Body); len(packed) < len(s.Body)*9/10 {
		p.zip = newVariant(s, `"`+tag+`-gz"`, packed, "gzip")
	}
	return p
}

// with is the same page for another use: the bytes are shared.
func (p *Page) with(change func(http.Header)) *Page {
	copied := *p
	for _, v := range []*variant{&copied.plain, &copied.zip} {
		if v.header != nil {
			v.header = v.header.Clone()
			change(v.header)
		}
	}
	return &copied
}

func newVariant(s Spec, etag string, body []byte, encoding string) variant {
	h := http.Header{}
	maps.Copy(h, securityHeaders)
	h.Set("Content-Type", s.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", s.Cache)
	h.Set("Vary", "Accept-Encoding")
	if s.VaryLang {
		h.Set("Vary", "Accept-Encoding, Accept-Language")
	}
	if s.Cache != CacheNever {
		h["Etag"] = []string{etag}
	}
	if s.Language != "" {
		h.Set("Content-Language", s.Language)
	}
	if s.Location != "" {
		h.Set("Content-Location", s.Location)
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	return variant{header: h, etag: etag, body: body}
}

// compressors are reused: a fresh one costs many times a page's size, and a
// reload renders every page.
var compressors sync.Pool

func compressor() *gzip.Writer {
	if w, ok := compressors.Get().(*gzip.Writer); ok {
		return w
	}
	w, err := gzip.NewWriterLevel(io.Discard, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}

func compress(body []byte) []byte {
	var out bytes.Buffer
	w := compressor()
	defer compressors.Put(w)
	w.Reset(&out)
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return bytes.Clone(out.Bytes())
}

// write sends the page; status 200 may turn into 304.
func (p *Page) write(w http.ResponseWriter, r *http.Request, status int) int {
	v := &p.plain
	if p.zip.body != nil && acceptsGzip(r.Header) {
		v = &p.zip
	}
	header := w.Header()
	// The values are shared between requests; nothing appends to them.
	maps.Copy(header, v.header)
	if status == http.StatusOK && v.header["Etag"] != nil && noneMatch(r.Header, v.etag) {
		delete(header, "Content-Length")
		delete(header, "Content-Type")
		delete(header, "Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return http.StatusNotModified
	}
	w.WriteHeader(status)
	switch {
	case r.Method == http.MethodHead:
	case v.body == nil && p.zip.body != nil:
		unpack(w, p.zip.body)
	default:
		_, _ = w.Write(v.body) // a client that went away is no event
	}
	return status
}

// slim drops the plain body where a compressed one stands in for it. Nearly
// every client takes gzip; for the others the page is unpacked while it is sent.
func (p *Page) slim() {
	if p.zip.body != nil {
		p.plain.body = nil
	}
}

func unpack(w io.Writer, packed []byte) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err) // packed by compress
	}
	_, _ = io.Copy(w, r) //nolint:gosec // our own page, of known size
}
