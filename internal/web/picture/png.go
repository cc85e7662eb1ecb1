package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// chunkBytes are those of a chunk beside its body: length, name and checksum.
const chunkBytes = 12

const exifChunk = "eXIf"

// size is how many bytes the body of a chunk may have.
type size struct{ least, most int }

const any32 = 1<<31 - 1

// chunks that say the colour of a pixel. All others are left out.
var chunks = map[string]size{
	"IHDR": {13, 13}, "PLTE": {3, 768}, "IDAT": {0, any32}, "IEND": {0, 0}, "tRNS": {1, 256},
	"gAMA": {4, 4}, "cHRM": {32, 32}, "sRGB": {1, 1}, "sBIT": {1, 4}, "bKGD": {1, 6}, "pHYs": {9, 9}, "cICP": {4, 4},
	"acTL": {8, 8}, "fcTL": {26, 26}, "fdAT": {4, any32},
}

// chunk of a PNG file.
type chunk struct {
	name        string
	body, whole []byte
}

// nextChunk cuts a chunk off; ok is false where there is no whole and sound one.
func nextChunk(data []byte) (c chunk, rest []byte, ok bool) {
	if len(data) < chunkBytes {
		return c, nil, false
	}
	n := binary.BigEndian.Uint32(data)
	if n > any32 || int64(n) > int64(len(data)-chunkBytes) {
		return c, nil, false
	}
	end := 8 + int(n)
	c = chunk{name: string(data[4:8]), body: data[8:end], whole: data[:end+4]}
	return c, data[end+4:], crc32.ChecksumIEEE(data[4:end]) == binary.BigEndian.Uint32(data[end:])
}

func barePNG(data []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(data, []byte(pngSignature))
	if !ok {
		return nil, ErrUnreadable
	}
	var turned orientation
	var header []byte
	kept, pixels := room(data), false
	for {
		var c chunk
		if c, rest, ok = nextChunk(rest); !ok || (c.name == "IHDR") != (header == nil) {
			return nil, ErrUnreadable
		}
		allowed, known := chunks[c.name]
		switch {
		case c.name == exifChunk && turned == 0:
			turned = readOrientation(c.body)
			continue
		case !known && c.name[0]&0x20 != 0: // nobody needs it to show the picture
			continue
		case !known || len(c.body) < allowed.least || len(c.body) > allowed.most:
			return nil, ErrUnreadable
		case header == nil:
			header = c.whole
			continue
		}
		kept = append(kept, c.whole...)
		pixels = pixels || c.name == "IDAT"
		if c.name == "IEND" {
			break // what lies behind is no part of the picture
		}
	}
	if !pixels {
		return nil, ErrUnreadable
	}
	head := append([]byte(pngSignature), header...)
	if turned.told() {
		head = appendChunk(head, exifChunk, turned.tiff())
	}
	return put(head, kept), nil
}

func appendChunk(out []byte, name string, body []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(body))) //nolint:gosec // a few bytes
	from := len(out)
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[from:]))
}
