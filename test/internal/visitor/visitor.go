// Package visitor is somebody who uses a site without a browser: opens pages, fills
// in the forms that are on them, follows where they lead and keeps cookies. Tests
// use it where hundreds do so at once; it runs no scripts and draws nothing.
//
// It knows nothing of what it visits: names of fields are the tests' business.
package visitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// maxPage is how much of a page is read.
const maxPage = 4 << 20

// Visitor visits with a client; cookies stay with the visitor.
type Visitor struct{ client http.Client }

// New returns a visitor that goes by the client's way.
func New(by *http.Client) (*Visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := *by
	client.Jar = jar
	return &Visitor{client}, nil
}

// Cookies are what the visitor would send to an address.
func (v *Visitor) Cookies(to *url.URL) []*http.Cookie { return v.client.Jar.Cookies(to) }

// Page is what was answered in the end.
type Page struct {
	Status int
	URL    *url.URL
	Body   string
	Header http.Header

	root *html.Node
}

// Open shows an address.
func (v *Visitor) Open(ctx context.Context, address string) (*Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return v.do(req)
}

func (v *Visitor) do(req *http.Request) (*Page, error) {
	resp, err := v.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return nil, err
	}
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return &Page{Status: resp.StatusCode, URL: resp.Request.URL, Body: string(body), Header: resp.Header, root: root}, nil
}

// Form is a form as it stands on a page, with what is filled in.
type Form struct {
	// Values by the names of inputs.
	Values url.Values
	// Buttons by name, with their values: none is pressed.
	Buttons url.Values

	action, method string
	multipart      bool
}

// Form returns the first form on the page that has an input of that name; an empty
// name is any form that is posted.
func (p *Page) Form(with string) (*Form, error) {
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" {
			continue
		}
		f := readForm(n, p.URL)
		_, filled := f.Values[with]
		_, pressed := f.Buttons[with]
		if filled || pressed || (with == "" && f.method == http.MethodPost) {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%s (%d) has no form with %q", p.URL.Path, p.Status, with)
}

func readForm(n *html.Node, base *url.URL) *Form {
	f := &Form{Values: url.Values{}, Buttons: url.Values{}, method: http.MethodGet, multipart: attribute(n, "enctype") == "multipart/form-data"}
	if strings.EqualFold(attribute(n, "method"), "post") {
		f.method = http.MethodPost
	}
	f.action = base.String()
	if to, err := base.Parse(attribute(n, "action")); err == nil && attribute(n, "action") != "" {
		f.action = to.String()
	}
	for c := range n.Descendants() {
		if c.Type == html.ElementNode {
			f.input(c)
		}
	}
	return f
}

func (f *Form) input(n *html.Node) {
	name := attribute(n, "name")
	if name == "" {
		return
	}
	switch kind := attribute(n, "type"); {
	case n.Data == "button":
		f.Buttons.Add(name, attribute(n, "value"))
	case n.Data == "textarea" || n.Data == "select":
		f.Values[name] = append(f.Values[name], "")
	case n.Data != "input" || kind == "image" || kind == "file":
	case kind == "submit":
		f.Buttons.Add(name, attribute(n, "value"))
	case kind == "radio" || kind == "checkbox":
		if has(n, "checked") {
			f.Values.Add(name, attribute(n, "value"))
		} else if _, ok := f.Values[name]; !ok {
			f.Values[name] = nil
		}
	default:
		f.Values.Add(name, attribute(n, "value"))
	}
}

// Set fills in a field that is there.
func (f *Form) Set(name, value string) error {
	if _, ok := f.Values[name]; !ok {
		return fmt.Errorf("the form has no %q", name)
	}
	f.Values.Set(name, value)
	return nil
}

// Press is a button with its value.
func (f *Form) Press(name, value string) error {
	if !slices.Contains(f.Buttons[name], value) {
		return fmt.Errorf("the form has no button %s=%s", name, value)
	}
	f.Values.Set(name, value)
	return nil
}

// Send sends a form as a browser would.
func (v *Visitor) Send(ctx context.Context, f *Form) (*Page, error) {
	if f.method == http.MethodGet {
		to, err := url.Parse(f.action)
		if err != nil {
			return nil, err
		}
		to.RawQuery = f.Values.Encode()
		return v.Open(ctx, to.String())
	}
	body, kind, err := f.encode()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.action, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(req)
}

func (f *Form) encode() (io.Reader, string, error) {
	if !f.multipart {
		return strings.NewReader(f.Values.Encode()), "application/x-www-form-urlencoded", nil
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	var problems []error
	for name, values := range f.Values {
		for _, value := range values {
			problems = append(problems, w.WriteField(name, value))
		}
	}
	problems = append(problems, w.Close())
	return &body, w.FormDataContentType(), errors.Join(problems...)
}

// Text is what the element of that id, or the first of that class, says; empty
// where there is none.
func (p *Page) Text(id string) string {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && (attribute(n, "id") == id || slices.Contains(strings.Fields(attribute(n, "class")), id)) {
			return strings.TrimSpace(text(n))
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}
