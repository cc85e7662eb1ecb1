// Package webtest checks rendered pages the way a careful reader of the HTML
// and accessibility rules would, without a browser. It is for tests only, and
// it is no substitute for looking at the pages.
package webtest

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Page is a parsed page.
type Page struct {
	root  *html.Node
	nodes []*html.Node
	ids   map[string]int
}

// Parse reads a page. Unlike a browser it refuses elements that are not closed
// or closed in the wrong order.
func Parse(body []byte) (*Page, error) {
	if err := balanced(string(body)); err != nil {
		return nil, err
	}
	root, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	p := &Page{root: root, ids: map[string]int{}}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		p.nodes = append(p.nodes, n)
		if id := attr(n, "id"); id != "" {
			p.ids[id]++
		}
	}
	return p, nil
}

var void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

func balanced(body string) error {
	var open []string
	tokens := html.NewTokenizer(strings.NewReader(body))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				return fmt.Errorf("not closed: %v", open)
			}
			return nil
		case html.StartTagToken:
			if name, _ := tokens.TagName(); !slices.Contains(void, string(name)) {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := tokens.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return fmt.Errorf("</%s> closes %v", name, open)
			}
			open = open[:len(open)-1]
		default:
		}
	}
}

func attr(n *html.Node, key string) string {
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

// Text is what a reader of the page sees.
func (p *Page) Text() string { return text(p.root) }

func text(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		}
	}
	return out.String()
}

// Links are the targets of all links, including the style sheet and icon.
func (p *Page) Links() []string {
	var links []string
	for _, n := range p.nodes {
		if href := attr(n, "href"); href != "" {
			links = append(links, href)
		}
	}
	return links
}

// HasID says whether the page has an element of that id.
func (p *Page) HasID(id string) bool { return p.ids[id] > 0 }

// Problems lists what is wrong with a page in that language.
func (p *Page) Problems(lang string) []string {
	c := &check{page: p}
	c.document(lang)
	c.headings()
	for _, n := range p.nodes {
		c.element(n)
	}
	for id, n := range p.ids {
		if n > 1 {
			c.fail("id %q stands %d times", id, n)
		}
	}
	return c.problems
}

type check struct {
	page     *Page
	problems []string
}

func (c *check) fail(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func (c *check) document(lang string) {
	count := map[string]int{}
	for _, n := range c.page.nodes {
		count[n.Data]++
		switch {
		case n.Data == "html" && attr(n, "lang") != lang:
			c.fail("html lang is %q, want %q", attr(n, "lang"), lang)
		case n.Data == "title" && n.Parent.Data == "head" && strings.TrimSpace(text(n)) == "":
			c.fail("the title is empty")
		case n.Data == "a" && strings.HasPrefix(attr(n, "class"), "skip") && !c.page.HasID(strings.TrimPrefix(attr(n, "href"), "#")):
			c.fail("the skip link leads nowhere")
		}
	}
	for _, name := range []string{"main", "header", "footer", "h1"} {
		if count[name] != 1 {
			c.fail("%d <%s>, want 1", count[name], name)
		}
	}
}

func (c *check) headings() {
	level := 0
	for _, n := range c.page.nodes {
		if len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
			continue
		}
		next := int(n.Data[1] - '0')
		if next > level+1 {
			c.fail("<h%d> %q follows <h%d>", next, text(n), level)
		}
		if strings.TrimSpace(text(n)) == "" {
			c.fail("an empty <h%d>", next)
		}
		level = next
	}
}

func (c *check) element(n *html.Node) {
	for _, a := range n.Attr {
		switch {
		case strings.HasPrefix(a.Key, "on"), a.Key == "style":
			c.fail("<%s> has the attribute %s, which the policy forbids", n.Data, a.Key)
		case slices.Contains([]string{"aria-labelledby", "aria-describedby", "for", "headers"}, a.Key):
			for id := range strings.FieldsSeq(a.Val) {
				if !c.page.HasID(id) {
					c.fail("<%s %s=%q> refers to nothing", n.Data, a.Key, id)
				}
			}
		}
	}
	switch n.Data {
	case "script", "style", "iframe", "object", "embed", "base":
		c.fail("a <%s>, which the policy forbids", n.Data)
	case "img":
		if !has(n, "alt") {
			c.fail("an <img> without alt")
		}
	case "svg":
		if attr(n, "aria-hidden") != "true" && (attr(n, "role") != "img" || !named(n)) {
			c.fail("an <svg> without a name")
		}
	case "a", "button":
		if strings.TrimSpace(text(n)) == "" && !named(n) {
			c.fail("an empty <%s> to %q", n.Data, attr(n, "href"))
		}
	case "nav", "section":
		if !named(n) {
			c.fail("a <%s> without a name", n.Data)
		}
	case "input", "select", "textarea":
		image := attr(n, "type") == "image" && attr(n, "alt") != ""
		if !named(n) && attr(n, "type") != "hidden" && !image && !c.labelled(n) {
			c.fail("an <%s> without a label", n.Data)
		}
	case "th":
		if attr(n, "scope") == "" {
			c.fail("a <th> without scope: %q", text(n))
		}
	}
}

func named(n *html.Node) bool { return attr(n, "aria-label") != "" || attr(n, "aria-labelledby") != "" }

func (c *check) labelled(n *html.Node) bool {
	return slices.ContainsFunc(c.page.nodes, func(l *html.Node) bool {
		return l.Data == "label" && attr(l, "for") != "" && attr(l, "for") == attr(n, "id")
	})
}
