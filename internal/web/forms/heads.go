package forms

import (
	"io"
	"net/http"
)

// maxHead is how many bytes may stand between the contents of two parts: a browser
// needs some hundred. The standard library keeps up to 10 MiB of them.
const maxHead = 8 << 10

// heads bounds what is read while the head of a part is awaited.
type heads struct {
	io.ReadCloser

	left    int
	content bool // of a part is being read, which has bounds of its own
}

// boundHeads bounds those of a request's parts.
func boundHeads(r *http.Request) *heads {
	h := &heads{ReadCloser: r.Body}
	r.Body = h
	return h
}

// await begins a head; the content of a part follows it.
func (h *heads) await() { h.left, h.content = maxHead, false }

// Read reads on, as far as a head may go. The error is ErrTooLarge.
func (h *heads) Read(p []byte) (int, error) {
	if h.content {
		return h.ReadCloser.Read(p)
	}
	if h.left == 0 {
		return 0, ErrTooLarge
	}
	n, err := h.ReadCloser.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}
