package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
)

// Tree is all one revision of the content can answer. It is filled once, then
// only read.
type Tree struct {
	languages []string
	pages     map[string]*Page
	negotiate map[string]*Page // language → the home page as served at "/"
	assets    map[string]*Page // file name without fingerprint → page
	errors    map[errorKey]*Page
	gone      map[string]bool
}

type errorKey struct {
	status   int
	language string
}

// NewTree starts a tree in these languages, the default first.
func NewTree(languages []string) *Tree {
	return &Tree{
		languages: languages,
		pages:     map[string]*Page{},
		negotiate: map[string]*Page{},
		assets:    map[string]*Page{},
		errors:    map[errorKey]*Page{},
		gone:      map[string]bool{},
	}
}

// HTML is the content type of every page.
const HTML = "text/html; charset=utf-8"

// AddPage adds the page of one language at /{lang}{local}; local begins with a
// slash. The home page also answers "/" for those whose language it is.
func (t *Tree) AddPage(lang, local, route string, body []byte) {
	full := "/" + lang + local
	spec := Spec{Route: "/{lang}" + route, ContentType: HTML, Language: lang, Cache: CacheContent, Body: body}
	page := NewPage(spec)
	t.pages[full] = page
	if local == "/" {
		root := page.with(func(h http.Header) {
			h.Set("Vary", "Accept-Encoding, Accept-Language")
			h.Set("Content-Location", full)
		})
		root.route = "/"
		t.negotiate[lang] = root
	}
}

// AddFile adds a file without language at its own path.
func (t *Tree) AddFile(local, contentType, cache string, body []byte) {
	t.pages[local] = NewPage(Spec{Route: local, ContentType: contentType, Cache: cache, Body: body})
}

// assetDir holds the style sheet and the icon, named by their content.
const assetDir = "/assets/"

// AssetPath is where AddAsset puts a file: site.css → /assets/site.0123456789.css.
func AssetPath(name string, body []byte) string {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return assetDir + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext
}

// AddAsset adds a file that a browser may keep for ever under AssetPath.
func (t *Tree) AddAsset(name, contentType string, body []byte) {
	page := NewPage(Spec{Route: assetDir + "{file}", ContentType: contentType, Cache: CacheForever, Body: body})
	t.pages[AssetPath(name, body)] = page
	t.assets[name] = page.with(func(h http.Header) { h.Set("Cache-Control", CacheCheck) })
}

// AddError adds the page shown for an HTTP status in one language.
func (t *Tree) AddError(status int, lang string, body []byte) {
	t.errors[errorKey{status, lang}] = NewPage(Spec{
		Route: otherRoute, ContentType: HTML, Language: lang, Cache: CacheNever, VaryLang: true, Body: body,
	})
}

// AddGone says that the page at /{lang}{local} was there and is not any more.
func (t *Tree) AddGone(local string) {
	for _, lang := range t.languages {
		t.gone["/"+lang+local] = true
	}
}

// plainBudget is what the uncompressed pages of a tree may weigh in memory.
const plainBudget = 4 << 20

// slim keeps a large site within a small pod: beyond the budget, pages are
// held in compressed form only.
func (t *Tree) slim() {
	total := 0
	for _, p := range t.pages {
		total += len(p.plain.body)
	}
	if total <= plainBudget {
		return
	}
	for _, p := range t.pages {
		p.slim()
	}
	for _, p := range t.negotiate {
		p.slim()
	}
}

// Paths lists every path with an answer of its own, for tests and logs.
func (t *Tree) Paths() []string {
	paths := make([]string, 0, len(t.pages))
	for p := range t.pages {
		paths = append(paths, p)
	}
	return paths
}

// asset finds a file asked for under another fingerprint: while two releases
// run side by side, a page of one may ask the other for its style sheet, and a
// slightly different style beats none.
func (t *Tree) asset(file string) *Page {
	name := strings.TrimPrefix(file, assetDir)
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	fingerprint := path.Ext(stem)
	if fingerprint == "" || strings.Contains(name, "/") {
		return nil
	}
	return t.assets[strings.TrimSuffix(stem, fingerprint)+ext]
}

// canonical finds the path a slightly different one must have meant: without
// the trailing slash, with the language in other letters, or without language.
func (t *Tree) canonical(asked, preferred string, known func(string) bool) (to string, negotiated bool) {
	local := "/" + strings.Trim(asked, "/")
	first, rest, _ := strings.Cut(strings.TrimPrefix(local, "/"), "/")
	if lang := matchLanguage(first, t.languages); lang != "" && first != "*" {
		if to := "/" + lang + "/" + rest; known(to) {
			return to, false
		}
		return "", false
	}
	if to := "/" + preferred + local; known(to) {
		return to, true
	}
	return "", false
}

// languageOf is the language an answer to this path should be in.
func (t *Tree) languageOf(asked, preferred string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(asked, "/"), "/")
	if lang := matchLanguage(first, t.languages); lang != "" && first != "*" {
		return lang
	}
	return preferred
}
