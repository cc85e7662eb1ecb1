package picture

import (
	"bytes"
	"encoding/binary"
)

// orientation says how a picture is turned and mirrored for looking at, 1 (as it is)
// to 8; 0 where nothing says so.
type orientation uint16

// told reports whether it has to be said.
func (o orientation) told() bool { return o > 1 && o <= 8 }

const (
	tagOrientation = 0x0112
	typeShort      = 3
	entryBytes     = 12
)

// readOrientation finds it in the first directory of a TIFF file, as EXIF has it. What
// can't be read says nothing: EXIF is often damaged in pictures that are fine.
func readOrientation(tiff []byte) orientation {
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
		order = binary.LittleEndian
	case !bytes.HasPrefix(tiff, []byte("MM\x00*")):
		return 0
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 0
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entryBytes {
			return 0
		}
		entry := entries[:entryBytes]
		entries = entries[entryBytes:]
		if order.Uint16(entry) != tagOrientation {
			continue
		}
		if order.Uint16(entry[2:]) != typeShort || order.Uint32(entry[4:]) != 1 {
			return 0
		}
		if o := orientation(order.Uint16(entry[8:])); o <= 8 {
			return o
		}
		return 0
	}
	return 0
}

// tiff is the smallest TIFF file that says it.
func (o orientation) tiff() []byte {
	out := []byte("MM\x00*\x00\x00\x00\x08\x00\x01")
	out = binary.BigEndian.AppendUint16(out, tagOrientation)
	out = binary.BigEndian.AppendUint16(out, typeShort)
	out = binary.BigEndian.AppendUint32(out, 1)
	out = binary.BigEndian.AppendUint16(out, uint16(o))
	return append(out, 0, 0, 0, 0, 0, 0) // the value's other half, and no further directory
}
