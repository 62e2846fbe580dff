package packet_test

import (
	"slices"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// TestCopyTo overwrites what a packet was decoded from, and decodes another in its place: the copy must not change, nor one that was
// bytes meanwhile.
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
		data, err := packet.Pack([]*packet.Packet{&bare, &whole})
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := packet.Unpack(data)
		if err != nil || len(unpacked) != 2 {
			t.Fatalf("%d events, %v", len(unpacked), err)
		}
		for name, v := range want {
			field := packet.FieldByName(name)
			if again := unpacked[1]; !again.Has(field.Layer) || text(field, again) != v {
				t.Errorf("%s: %s of the copy from bytes is not %q", s.name, name, v)
			}
			if !whole.Has(field.Layer) || text(field, &whole) != v {
				t.Errorf("%s: %s of the copy is not %q", s.name, name, v)
			}
			if bare.Has(field.Layer) && field.Kind != packet.KindBytes && text(field, &bare) != v {
				t.Errorf("%s: %s of the copy without payload is not %q", s.name, name, v)
			}
		}
	}
}

// Bytes that Pack did not write are no events.
func TestUnpackIsChecked(t *testing.T) {
	data, err := packet.Pack([]*packet.Packet{{Number: 7}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := packet.Unpack(data[:n]); err == nil {
			t.Fatalf("%d of %d bytes are events", n, len(data))
		}
	}
}
