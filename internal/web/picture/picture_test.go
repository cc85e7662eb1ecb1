package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/web/picture"
)

// secret stands for what a picture must not tell.
const secret = "34.2658N 108.9541E, Telephone Model 7, Owner"

func drawn() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 24, 16))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	img.Set(3, 3, color.NRGBA{200, 10, 10, 255})
	return img
}

func jpegOf(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, drawn(), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pngOf(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, drawn()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tiff is EXIF as a camera writes it: the maker first, then the orientation, and
// beyond the directory whatever else.
func tiff(order binary.AppendByteOrder, orientation uint16) []byte {
	out := []byte("MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		out = []byte("II*\x00")
	}
	out = order.AppendUint32(out, 8)
	out = order.AppendUint16(out, 2)
	entry := func(tag, kind uint16, n, value uint32) {
		out = order.AppendUint16(out, tag)
		out = order.AppendUint16(out, kind)
		out = order.AppendUint32(out, n)
		if kind == 3 {
			out = order.AppendUint16(order.AppendUint16(out, uint16(value)), 0)
			return
		}
		out = order.AppendUint32(out, value)
	}
	entry(0x010F, 2, uint32(len(secret)), 38)
	entry(0x0112, 3, 1, uint32(orientation))
	out = order.AppendUint32(out, 0)
	return append(out, secret...)
}

func segment(marker byte, body string) []byte {
	out := binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2))
	return append(out, body...)
}

func chunk(name, body string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(append(out, name...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// with puts something into a file, at a place from its beginning.
func with(data []byte, at int, parts ...[]byte) []byte {
	return slices.Concat(data[:at], slices.Concat(parts...), data[at:])
}

const afterHeader = 8 + 25 // of a PNG: signature and IHDR

// telling are pictures that tell more than they show, with what must be left of their
// orientation.
func telling(t testing.TB) map[string]struct {
	kind        string
	data        []byte
	orientation uint16
} {
	t.Helper()
	j, p := jpegOf(t), pngOf(t)
	exif := func(order binary.AppendByteOrder, o uint16) []byte {
		return segment(0xE1, "Exif\x00\x00"+string(tiff(order, o)))
	}
	eXIf := chunk("eXIf", string(tiff(binary.LittleEndian, 8)))
	type one = struct {
		kind        string
		data        []byte
		orientation uint16
	}
	return map[string]one{
		"plain jpeg":         {picture.JPEG, j, 0},
		"exif":               {picture.JPEG, with(j, 2, exif(binary.BigEndian, 6)), 6},
		"exif little endian": {picture.JPEG, with(j, 2, exif(binary.LittleEndian, 3)), 3},
		"exif upright":       {picture.JPEG, with(j, 2, exif(binary.BigEndian, 1)), 0},
		"exif nonsense":      {picture.JPEG, with(j, 2, exif(binary.BigEndian, 4711)), 0},
		"exif twice":         {picture.JPEG, with(j, 2, exif(binary.BigEndian, 6), exif(binary.BigEndian, 8)), 6},
		"exif cut":           {picture.JPEG, with(j, 2, segment(0xE1, "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x09"+secret)), 0},
		"exif far away":      {picture.JPEG, with(j, 2, segment(0xE1, "Exif\x00\x00MM\x00*\xff\xff\xff\xff"+secret)), 0},
		"xmp":                {picture.JPEG, with(j, 2, segment(0xE1, "http://ns.adobe.com/xap/1.0/\x00"+secret)), 0},
		"preview":            {picture.JPEG, with(j, 2, segment(0xE0, "JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x05\x03"+secret), segment(0xE0, "JFXX\x00\x10"+secret)), 0},
		"profile":            {picture.JPEG, with(j, 2, segment(0xE2, "ICC_PROFILE\x00\x01\x01"+secret), segment(0xED, "Photoshop 3.0\x00"+secret)), 0},
		"comment":            {picture.JPEG, with(j, 2, segment(0xFE, secret)), 0},
		"comment last":       {picture.JPEG, with(j, len(j)-2, segment(0xFE, secret)), 0},
		"adobe":              {picture.JPEG, with(j, 2, segment(0xEE, "Adobe\x00\x64\x00\x00\x00\x00\x01"+secret)), 0},
		"film behind":        {picture.JPEG, slices.Concat(j, []byte(secret)), 0},
		"fill":               {picture.JPEG, with(j, 2, []byte{0xFF, 0xFF}, segment(0xFE, secret)), 0},
		"plain png":          {picture.PNG, p, 0},
		"text":               {picture.PNG, with(p, afterHeader, chunk("tEXt", "Author\x00"+secret), chunk("iTXt", secret), chunk("zTXt", secret)), 0},
		"png exif":           {picture.PNG, with(p, afterHeader, eXIf), 8},
		"png exif last":      {picture.PNG, with(p, len(p)-12, eXIf, chunk("tIME", "\x07\xea\x01\x01\x01\x01\x01")), 8},
		"png profile":        {picture.PNG, with(p, afterHeader, chunk("iCCP", secret), chunk("prVt", secret)), 0},
		"png behind":         {picture.PNG, slices.Concat(p, []byte(secret)), 0},
	}
}

func decoded(t testing.TB, kind string, data []byte) image.Image {
	t.Helper()
	img, got, err := image.Decode(bytes.NewReader(data))
	if err != nil || "image/"+got != kind {
		t.Fatalf("it can't be shown any more: %v (%s)", err, got)
	}
	return img
}

func TestWhatIsBesideThePixelsGoes(t *testing.T) {
	t.Parallel()
	for name, c := range telling(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := bytes.Clone(c.data)
			bare, err := picture.Bare(c.kind, c.data)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(given, c.data) {
				t.Error("what was given is altered")
			}
			for _, word := range []string{"Telephone", "Owner", "ns.adobe.com", "ICC_PROFILE", "JFXX", "tEXt", "tIME"} {
				if bytes.Contains(bare, []byte(word)) {
					t.Errorf("%q is left", word)
				}
			}
			before, after := decoded(t, c.kind, c.data), decoded(t, c.kind, bare)
			for y := range 16 {
				for x := range 24 {
					if before.At(x, y) != after.At(x, y) {
						t.Fatalf("the pixel at %d, %d is another", x, y)
					}
				}
			}
			if got := orientation(bare); got != c.orientation {
				t.Errorf("orientation %d, want %d", got, c.orientation)
			}
			if again, err := picture.Bare(c.kind, bare); err != nil || !bytes.Equal(again, bare) {
				t.Errorf("a second time changes it: %v", err)
			}
		})
	}
}

// orientation that a picture says, in the one way it is written; 0 for none.
func orientation(data []byte) uint16 {
	_, after, found := bytes.Cut(data, []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"))
	if !found {
		return 0
	}
	return binary.BigEndian.Uint16(after)
}

// An orientation stands behind the JFIF header and before the pixels, where programs
// look for it.
func TestWhereTheOrientationStands(t *testing.T) {
	t.Parallel()
	exif := "Exif\x00\x00" + string(tiff(binary.BigEndian, 6))
	given := with(jpegOf(t), 2, segment(0xE1, exif), segment(0xE0, "JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x00\x00"))
	bare, err := picture.Bare(picture.JPEG, given)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Concat([]byte{0xFF, 0xD8}, segment(0xE0, "JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x00\x00"), []byte{0xFF, 0xE1, 0, 34}, []byte("Exif\x00\x00MM"))
	if !bytes.HasPrefix(bare, want) {
		t.Errorf("it begins with % x", bare[:48])
	}
}

// A progressive picture has several scans with tables, restarts and stuffed bytes
// between; what tells is cut out there too.
func TestScansAreKeptWhole(t *testing.T) {
	t.Parallel()
	frame := segment(0xC2, "\x08\x00\x10\x00\x18\x01\x01\x11\x00")
	scan := append(segment(0xDA, "\x01\x01\x00\x00\x3f\x00"), 1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4, 0xFF, 0xD7, 5)
	table, end := segment(0xC4, "\x00"+strings.Repeat("\x00", 16)), []byte{0xFF, 0xD9}
	given := slices.Concat([]byte{0xFF, 0xD8}, frame, table, scan, segment(0xFE, secret), table, scan, segment(0xE1, secret), end)
	want := slices.Concat([]byte{0xFF, 0xD8}, frame, table, scan, table, scan, end)
	if bare, err := picture.Bare(picture.JPEG, given); err != nil || !bytes.Equal(bare, want) {
		t.Errorf("% x %v", bare, err)
	}
}

func TestWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	j, p := jpegOf(t), pngOf(t)
	damaged := bytes.Clone(p)
	damaged[50] ^= 1
	frame, scan := segment(0xC0, "\x08\x00\x10\x00\x18\x01\x01\x11\x00"), append(segment(0xDA, "\x01\x01\x00\x00\x3f\x00"), 1)
	soi, eoi := []byte{0xFF, 0xD8}, []byte{0xFF, 0xD9}
	for name, c := range map[string]struct {
		kind string
		data []byte
	}{
		"nothing":             {picture.JPEG, nil},
		"another kind":        {"application/pdf", []byte("%PDF-1.7")},
		"a name only":         {picture.JPEG, []byte("\xff\xd8\xff\xe0")},
		"jpeg as png":         {picture.PNG, j},
		"png as jpeg":         {picture.JPEG, p},
		"no end":              {picture.JPEG, j[:len(j)-2]},
		"no pixels":           {picture.JPEG, slices.Concat(soi, frame, eoi)},
		"no frame":            {picture.JPEG, slices.Concat(soi, scan, eoi)},
		"two frames":          {picture.JPEG, slices.Concat(soi, frame, scan, frame, scan, eoi)},
		"empty frame":         {picture.JPEG, slices.Concat(soi, segment(0xC0, ""), scan, eoi)},
		"a frame too long":    {picture.JPEG, slices.Concat(soi, segment(0xC0, "\x08\x00\x10\x00\x18\x01\x01\x11\x00"+secret), scan, eoi)},
		"a beginning inside":  {picture.JPEG, with(j, 2, soi)},
		"a marker of nothing": {picture.JPEG, with(j, 2, segment(0xF0, secret))},
		"words between":       {picture.JPEG, with(j, 2, []byte(secret))},
		"a length too short":  {picture.JPEG, with(j, 2, []byte{0xFF, 0xFE, 0, 1})},
		"a length too long":   {picture.JPEG, slices.Concat(soi, []byte{0xFF, 0xFE, 0xFF, 0xFF, 0})},
		"png cut":             {picture.PNG, p[:len(p)-1]},
		"png damaged":         {picture.PNG, damaged},
		"png without pixels":  {picture.PNG, slices.Concat(p[:afterHeader], chunk("IEND", ""))},
		"png header twice":    {picture.PNG, with(p, afterHeader, p[8:afterHeader])},
		"png header late":     {picture.PNG, with(p, 8, chunk("gAMA", "1234"))},
		"png words in colour": {picture.PNG, with(p, afterHeader, chunk("gAMA", secret))},
		"png critical":        {picture.PNG, with(p, afterHeader, chunk("SeCr", secret))},
		"png length":          {picture.PNG, slices.Concat(p[:afterHeader], []byte("\xff\xff\xff\xffIDAT1234"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if bare, err := picture.Bare(c.kind, c.data); !errors.Is(err, picture.ErrUnreadable) || bare != nil {
				t.Errorf("%d bytes, %v", len(bare), err)
			}
		})
	}
}

// What a picture costs does not follow from how many parts it is cut into.
func TestManyParts(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	many := with(jpegOf(t), 2, bytes.Repeat(segment(0xDD, "\x00\x00"), 300_000))
	allocated := testing.AllocsPerRun(3, func() {
		if _, err := picture.Bare(picture.JPEG, many); err != nil {
			t.Error(err)
		}
	})
	if allocated > 10 {
		t.Errorf("%v allocations", allocated)
	}
}

func FuzzBare(f *testing.F) {
	for _, c := range telling(f) {
		f.Add(c.kind == picture.PNG, c.data)
	}
	f.Fuzz(func(t *testing.T, isPNG bool, data []byte) {
		kind := picture.JPEG
		if isPNG {
			kind = picture.PNG
		}
		bare, err := picture.Bare(kind, data)
		if err != nil {
			return
		}
		if len(bare) > len(data)+64 {
			t.Fatalf("%d bytes became %d", len(data), len(bare))
		}
		again, err := picture.Bare(kind, bare)
		if err != nil || !bytes.Equal(again, bare) {
			t.Fatalf("a second time changes it: %v", err)
		}
		// What showed before shows after, and the other way round.
		config, _, before := image.DecodeConfig(bytes.NewReader(data))
		same, _, after := image.DecodeConfig(bytes.NewReader(bare))
		if before == nil && (after != nil || config.Width != same.Width || config.Height != same.Height) {
			t.Fatalf("another picture: %v", after)
		}
	})
}
