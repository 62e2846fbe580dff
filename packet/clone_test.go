package packet_test

import (
	"slices"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// TestCopyTo overwrites what a packet was decoded from, and decodes another in its place: the copy must not change.
func TestCopyTo(t *testing.T) {
	for _, s := range samples() {
		d := everything()
		var p, whole, bare packet.Packet
		f := s.frame()
		f.Data = slices.Clone(f.Data)
		d.Decode(&p, &f)
		want := map[string]string{}
		for i := range packet.Fields() {
			if field := &packet.Fields()[i]; field.On(packet.EventPacket) && p.Has(field.Layer) {
				want[field.Name] = text(field, &p)
			}
		}
		p.CopyTo(&whole, true)
		p.CopyTo(&bare, false)
		clear(f.Data)
		for _, other := range messageSamples() {
			f := other.frame()
			d.Decode(&p, &f)
		}
		for name, v := range want {
			field := packet.FieldByName(name)
			if !whole.Has(field.Layer) || text(field, &whole) != v {
				t.Errorf("%s: %s of the copy is not %q", s.name, name, v)
			}
			if bare.Has(field.Layer) && name != "payload" && text(field, &bare) != v {
				t.Errorf("%s: %s of the copy without payload is not %q", s.name, name, v)
			}
		}
	}
}
