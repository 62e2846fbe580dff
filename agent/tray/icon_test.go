package tray

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// Icons are files of the sizes that their headers say, and no two states have the same shape.
func TestIcon(t *testing.T) {
	shapes := map[string]State{}
	for s := range states {
		b := Icon(s)
		le := binary.LittleEndian
		size, at := int(le.Uint32(b[14:])), int(le.Uint32(b[18:]))
		if le.Uint16(b[2:]) != 1 || b[6] != iconSize || at+size != len(b) || le.Uint32(b[at:]) != 40 {
			t.Errorf("state %d: %d bytes, headers %x", s, len(b), b[:at+40])
		}
		alpha := make([]byte, 0, iconSize*iconSize)
		for i := at + 40; i < at+40+4*iconSize*iconSize; i += 4 {
			alpha = append(alpha, b[i+3])
		}
		if other, twice := shapes[string(alpha)]; twice {
			t.Errorf("states %d and %d look alike without colours", s, other)
		}
		shapes[string(alpha)] = s
		if n := bytes.Count(alpha, []byte{255}); n < iconSize*iconSize/8 || alpha[0] != 0 {
			t.Errorf("state %d: %d full pixels, corner %d", s, n, alpha[0])
		}
	}
}
