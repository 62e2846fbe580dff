package tray

import (
	"bytes"
	"encoding/binary"
	"image/color"
)

// iconSize is the width and height of icons in pixels: what Windows wants at 200 %.
const iconSize = 32

// A shape says whether a point belongs to an icon, by its distance from the middle, -1 to 1 to the right and downwards.
type shape func(x, y float64) bool

func disc(x, y float64) bool { return x*x+y*y <= 0.9*0.9 }

// looks are colour and shape of each state: no two have the same shape, for those who do not see the colours apart.
var looks = [states]struct {
	ink color.NRGBA
	in  shape
}{
	Off: {color.NRGBA{0x80, 0x80, 0x80, 0xff}, func(x, y float64) bool { // a ring
		return disc(x, y) && x*x+y*y >= 0.55*0.55
	}},
	Failing: {color.NRGBA{0xd3, 0x2f, 0x2f, 0xff}, func(x, y float64) bool { // a cross
		return max(x, -x) <= 0.85 && max(y, -y) <= 0.85 && (max(x-y, y-x) <= 0.4 || max(x+y, -x-y) <= 0.4)
	}},
	Trouble: {color.NRGBA{0xf5, 0x9e, 0x0b, 0xff}, func(x, y float64) bool { // a triangle with a mark in it
		mark := max(x, -x) <= 0.1 && (y >= -0.25 && y <= 0.3 || y >= 0.45 && y <= 0.65)
		return y <= 0.8 && max(x, -x) <= (y+0.9)*0.55 && !mark
	}},
	Paused: {color.NRGBA{0x25, 0x63, 0xeb, 0xff}, func(x, y float64) bool { // two bars
		return max(y, -y) <= 0.8 && max(x, -x) >= 0.15 && max(x, -x) <= 0.6
	}},
	Well: {color.NRGBA{0x16, 0xa3, 0x4a, 0xff}, disc},
}

// Icon returns the icon of a state as a file in the ICO format: one picture with 32 bits a pixel, as a bitmap, which all of
// Windows reads (https://learn.microsoft.com/previous-versions/ms997538(v=msdn.10)).
func Icon(s State) []byte {
	const header, maskRow = 40, iconSize / 8
	const pixels, mask = 4 * iconSize * iconSize, maskRow * iconSize
	var b bytes.Buffer
	write := func(fields ...any) {
		for _, f := range fields {
			_ = binary.Write(&b, binary.LittleEndian, f) // to memory
		}
	}
	write(uint16(0), uint16(1), uint16(1))                                                                                   // an icon, one picture
	write(uint8(iconSize), uint8(iconSize), uint16(0), uint16(1), uint16(32), uint32(header+pixels+mask), uint32(6+16))      // where it is
	write(uint32(header), int32(iconSize), int32(2*iconSize), uint16(1), uint16(32), uint32(0), uint32(pixels), [4]uint32{}) // BITMAPINFOHEADER
	look := looks[s]
	for y := iconSize - 1; y >= 0; y-- { // from the bottom
		for x := range iconSize {
			a := coverage(look.in, x, y)
			b.Write([]byte{look.ink.B, look.ink.G, look.ink.R, a})
		}
	}
	b.Write(make([]byte, mask)) // the alpha channel says what is transparent
	return b.Bytes()
}

// coverage is how much of a pixel belongs to a shape, of 255, by 16 points in it.
func coverage(in shape, x, y int) uint8 {
	n := 0
	for i := range 16 {
		at := func(pixel, part int) float64 { return (float64(pixel)+(float64(part)+0.5)/4)/(iconSize/2) - 1 }
		if in(at(x, i%4), at(y, i/4)) {
			n++
		}
	}
	return uint8(n * 255 / 16)
}
