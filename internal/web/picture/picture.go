// Package picture takes out of photographs what their makers put beside the pixels:
// where and when they were taken, with which device, whose it is, captions, previews
// and whatever else lies in a file's side rooms or behind its end. It knows JPEG and
// PNG, and decodes neither: what says the colour of a pixel is copied byte for byte.
//
// It keeps what is on its list, not what is not on a list of bad things. Of EXIF the
// orientation alone is written anew, without which a portrait lies on its side.
// Colour profiles go, because they name devices: a picture in wide colours looks a
// little paler.
package picture

import "errors"

// The media types that Bare takes.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
)

// ErrUnreadable is that it is no whole picture. It holds nothing of what was given.
var ErrUnreadable = errors.New("the picture is damaged or no picture; take it again, or send another")

// Bare returns a picture without what is beside its pixels, in memory of its own that
// is no more than the picture's and a few bytes. A second time it changes nothing.
// The error is ErrUnreadable, also for a media type that is none of these two.
func Bare(mediaType string, data []byte) ([]byte, error) {
	switch mediaType {
	case JPEG:
		return bareJPEG(data)
	case PNG:
		return barePNG(data)
	}
	return nil, ErrUnreadable
}

// headRoom is more than what is written anew takes, which comes first and is known
// last.
const headRoom = 128

// room for what is kept of a picture.
func room(data []byte) []byte { return make([]byte, headRoom, headRoom+len(data)) }

// put a head in front of what is kept.
func put(head, kept []byte) []byte {
	from := headRoom - len(head)
	copy(kept[from:], head)
	return kept[from:]
}
