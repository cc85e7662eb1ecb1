package picture

import (
	"bytes"
	"encoding/binary"
)

// The markers that matter.
const (
	mSOF0, mDHT, mJPG, mDAC, mSOF15 = 0xC0, 0xC4, 0xC8, 0xCC, 0xCF
	mRST0, mRST7                    = 0xD0, 0xD7
	mSOI, mEOI, mSOS, mDQT          = 0xD8, 0xD9, 0xDA, 0xDB
	mDNL, mDRI                      = 0xDC, 0xDD
	mAPP0, mAPP1, mAPP14, mAPP15    = 0xE0, 0xE1, 0xEE, 0xEF
	mCOM                            = 0xFE
)

var exifHeader = []byte("Exif\x00\x00")

// segment of a JPEG file: a marker with what belongs to it. That of a scan has the
// coded pixels behind it.
type segment struct {
	marker byte
	body   []byte
	coded  []byte
}

// nextSegment cuts a segment off; ok is false where there is no whole one.
func nextSegment(data []byte) (s segment, rest []byte, ok bool) {
	if len(data) < 2 || data[0] != 0xFF {
		return s, nil, false
	}
	for len(data) > 1 && data[1] == 0xFF { // fill
		data = data[1:]
	}
	if len(data) < 2 || data[1] == 0 {
		return s, nil, false
	}
	s.marker, data = data[1], data[2:]
	if s.marker == mEOI {
		return s, data, true
	}
	if len(data) < 2 {
		return s, nil, false
	}
	n := int(binary.BigEndian.Uint16(data))
	if n < 2 || n > len(data) {
		return s, nil, false
	}
	s.body, data = data[2:n], data[n:]
	if s.marker != mSOS {
		return s, data, true
	}
	end := codedEnd(data)
	s.coded = data[:end]
	return s, data[end:], true
}

// codedEnd is where the next marker begins that is not a part of the coded pixels.
func codedEnd(data []byte) int {
	at := 0
	for {
		found := bytes.IndexByte(data[at:], 0xFF)
		if found < 0 || at+found+1 >= len(data) {
			return len(data)
		}
		at += found
		if next := data[at+1]; next != 0 && (next < mRST0 || next > mRST7) {
			return at
		}
		at += 2
	}
}

// jpegParts is what is kept.
type jpegParts struct {
	jfif, adobe []byte
	turned      orientation
	kept        []byte
	frames      int
	scans       int
}

func bareJPEG(data []byte) ([]byte, error) {
	if len(data) < 2 || data[0] != 0xFF || data[1] != mSOI {
		return nil, ErrUnreadable
	}
	p := jpegParts{kept: room(data)}
	for rest := data[2:]; ; {
		s, after, ok := nextSegment(rest)
		if !ok || !p.keep(s) {
			return nil, ErrUnreadable
		}
		if s.marker == mEOI {
			break // what lies behind is no part of the picture
		}
		rest = after
	}
	if p.frames != 1 || p.scans == 0 {
		return nil, ErrUnreadable
	}
	return put(p.head(), append(p.kept, 0xFF, mEOI)), nil
}

// keep notes what is kept of a segment; false for one that no picture has.
func (p *jpegParts) keep(s segment) bool {
	switch {
	case s.marker == mEOI, s.marker == mCOM:
	case s.marker >= mAPP0 && s.marker <= mAPP15:
		p.application(s)
	case s.marker == mSOS:
		p.scans++
		p.kept = s.write(p.kept)
		return p.frames == 1 && len(s.coded) > 0
	case s.marker == mDHT || s.marker == mDQT || s.marker == mDRI || s.marker == mDNL || s.marker == mDAC:
		p.kept = s.write(p.kept)
	case s.marker >= mSOF0 && s.marker <= mSOF15 && s.marker != mJPG:
		p.frames++
		p.kept = s.write(p.kept)
		return isFrame(s.body)
	default:
		return false
	}
	return true
}

// isFrame looks at a frame's header: its size, and as many components as it has room
// for. The number of lines may come later.
func isFrame(body []byte) bool {
	return len(body) >= 6 && binary.BigEndian.Uint16(body[3:]) > 0 && body[5] > 0 && len(body) == 6+3*int(body[5])
}

// application data are for programs. Three kinds say how the pixels are meant, and are
// written anew.
func (p *jpegParts) application(s segment) {
	switch {
	case s.marker == mAPP0 && p.jfif == nil && len(s.body) >= 14 && bytes.HasPrefix(s.body, []byte("JFIF\x00")):
		p.jfif = append(append([]byte{}, s.body[:12]...), 0, 0) // no preview
	case s.marker == mAPP1 && p.turned == 0 && bytes.HasPrefix(s.body, exifHeader):
		p.turned = readOrientation(s.body[len(exifHeader):])
	case s.marker == mAPP14 && p.adobe == nil && len(s.body) >= 12 && bytes.HasPrefix(s.body, []byte("Adobe")):
		p.adobe = append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), s.body[11]) // how colours are coded
	}
}

// head is what is written anew.
func (p *jpegParts) head() []byte {
	out := []byte{0xFF, mSOI}
	if p.jfif != nil {
		out = segment{marker: mAPP0, body: p.jfif}.write(out)
	}
	if p.turned.told() {
		out = segment{marker: mAPP1, body: append(append([]byte{}, exifHeader...), p.turned.tiff()...)}.write(out)
	}
	if p.adobe != nil {
		out = segment{marker: mAPP14, body: p.adobe}.write(out)
	}
	return out
}

func (s segment) write(out []byte) []byte {
	out = append(out, 0xFF, s.marker)
	out = binary.BigEndian.AppendUint16(out, uint16(len(s.body)+2)) //nolint:gosec // it was read from as many bits
	return append(append(out, s.body...), s.coded...)
}
