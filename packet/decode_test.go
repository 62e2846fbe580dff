package packet_test

import (
	"strconv"
	"testing"
	"unsafe"

	"github.com/ruleids/ruleids/packet"
)

func (s *sample) frame() packet.Frame {
	return packet.Frame{Data: s.data, Time: 1_500_000_000, Length: uint32(len(s.data)) + s.missing, Link: s.link}
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// text writes the value of a field, of several all.
func text(f *packet.Field, p *packet.Packet) string {
	if f.Many() {
		return values(f, p)
	}
	switch f.Kind {
	case packet.KindBool, packet.KindInt:
		return strconv.FormatInt(f.Int(p), 10)
	case packet.KindMAC:
		return packet.MAC(f.Int(p)).String()
	case packet.KindIP:
		return f.Addr(p).String()
	case packet.KindFloat:
		return strconv.FormatFloat(f.Float(p), 'g', -1, 64)
	}
	return string(f.Bytes(p))
}

func TestDecode(t *testing.T) {
	var p packet.Packet // one for all: nothing of a frame may depend on the frame before
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			d := everything()
			f := s.frame()
			p.Attrs = new(packet.Attributes)
			d.Decode(&p, &f)
			if p.Layers != s.layers {
				t.Errorf("layers %v, want %v", p.Layers, s.layers)
			}
			if p.Class != s.class {
				t.Errorf("class %d, want %d", p.Class, s.class)
			}
			if d.Malformed != s.malformed || p.Malformed != (s.malformed > 0) {
				t.Errorf("malformed %d, want %d", d.Malformed, s.malformed)
			}
			if want := s.name == "unknown link"; (d.Unknown == 1) != want {
				t.Errorf("unknown %d", d.Unknown)
			}
			if p.Attrs != nil || p.Time != f.Time {
				t.Errorf("attributes %v and time %d are those of another event", p.Attrs, p.Time)
			}
			for name, want := range s.fields {
				field := packet.FieldByName(name)
				if !p.Has(field.Layer) {
					t.Errorf("%s is not there", name)
				} else if got := text(field, &p); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			checkInvariants(t, &p, &f)
		})
	}
}

// checkInvariants checks what must hold for any frame.
func checkInvariants(t *testing.T, p *packet.Packet, f *packet.Frame) {
	t.Helper()
	class := packet.ClassOther
	switch {
	case p.Has(packet.LayerTCP):
		class = packet.ClassTCP + packet.Class(p.TCPFlags&0xff)
		if p.TCPFlags > 0xff {
			class += packet.ClassTCPReserved - packet.ClassTCP
		}
	case p.Has(packet.LayerUDP):
		class = packet.ClassUDP
	case p.Has(packet.LayerICMP):
		class = packet.ClassICMP
	case p.Has(packet.LayerICMPv6):
		class = packet.ClassICMPv6
	case p.Has(packet.LayerIP):
		class = packet.ClassIP
	case p.Has(packet.LayerARP):
		class = packet.ClassARP
	}
	if p.Class != class || p.Class >= packet.NumClasses {
		t.Errorf("class %d with layers %v", p.Class, p.Layers)
	}
	exclusive := 0
	for _, l := range []packet.Layer{packet.LayerARP, packet.LayerTCP, packet.LayerUDP, packet.LayerICMP, packet.LayerICMPv6} {
		if p.Has(l) {
			exclusive++
		}
	}
	if exclusive > 1 || p.Has(packet.LayerARP|packet.LayerIP) {
		t.Errorf("layers %v at once", p.Layers)
	}
	for _, c := range []struct{ have, need packet.Layer }{
		{packet.LayerFrame, 0}, {packet.LayerEthType, packet.LayerEth}, {packet.LayerARPIPv4, packet.LayerARP},
		{packet.LayerTCP, packet.LayerIP | packet.LayerPorts | packet.LayerPayload}, {packet.LayerUDP, packet.LayerIP | packet.LayerPorts | packet.LayerPayload},
		{packet.LayerICMP, packet.LayerIP | packet.LayerPayload}, {packet.LayerICMPv6, packet.LayerIP | packet.LayerPayload},
		{packet.LayerDNS, packet.LayerPorts}, {packet.LayerDNSQuery, packet.LayerDNS}, {packet.LayerDNSAnswers, packet.LayerDNS}, {packet.LayerPorts, packet.LayerIP}, {packet.LayerOuterPorts, packet.LayerTunnel}, {packet.LayerDNSResponse, packet.LayerDNS},
	} {
		if p.Has(c.have) && !p.Has(c.need) {
			t.Errorf("layer %v without %v: %v", c.have, c.need, p.Layers)
		}
	}
	if !p.Has(packet.LayerFrame) || p.Has(packet.LayerPorts) && !p.Has(packet.LayerTCP) && !p.Has(packet.LayerUDP) && p.Class != packet.ClassIP {
		t.Errorf("layers %v", p.Layers)
	}
	if p.Has(packet.LayerICMP) && p.IPVersion != 4 || p.Has(packet.LayerICMPv6) && p.IPVersion != 6 {
		t.Errorf("layers %v in IP version %d", p.Layers, p.IPVersion)
	}
	if p.FrameLen != f.Length || p.CapLen != uint32(len(f.Data)) || len(p.Data) != len(f.Data) {
		t.Errorf("lengths %d, %d of a frame of %d, %d", p.FrameLen, p.CapLen, f.Length, len(f.Data))
	}
	if p.Has(packet.LayerPayload) && len(p.Payload) > 0 {
		start := uintptr(unsafe.Pointer(&p.Payload[0])) - uintptr(unsafe.Pointer(&f.Data[0]))
		if start >= uintptr(len(f.Data)) || start+uintptr(len(p.Payload)) > uintptr(len(f.Data)) {
			t.Errorf("payload at %d of %d bytes, in a frame of %d", int(start), len(p.Payload), len(f.Data))
		}
	}
	if p.Has(packet.LayerTCP) && len(p.Payload) > int(p.TCPLen) {
		t.Errorf("payload of %d bytes, tcp.len %d", len(p.Payload), p.TCPLen)
	}
	if p.Has(packet.LayerDNSQuery) && (len(p.QueryName()) == 0 || len(p.QueryName()) > packet.MaxName) {
		t.Errorf("name of %d bytes", len(p.QueryName()))
	}
	p.Faults(true) // anything may be asked for its faults
	for i := range packet.Fields() {
		field := &packet.Fields()[i]
		if field.On(packet.EventPacket) && p.Has(field.Layer) && field.Kind != packet.KindFloat {
			if got := text(field, p); field.Many() && got == "" && field.Kind != packet.KindString {
				t.Errorf("%s has no value, and layers %v", field.Name, p.Layers)
			}
		}
		if field.Kind == packet.KindInt && field.On(packet.EventPacket) && p.Has(field.Layer) {
			if v := field.Int(p); v < 0 || uint64(v) > field.Max {
				t.Errorf("%s = %d, above its maximum %d", field.Name, v, field.Max)
			}
		}
	}
}

// TestOnlyWhatIsNeeded shows that NeedDNS and Need change nothing but the layers that they stand for.
func TestOnlyWhatIsNeeded(t *testing.T) {
	const dns = packet.AllNeeds
	for _, s := range samples() {
		var d packet.Decoder
		var p packet.Packet
		f := s.frame()
		d.Decode(&p, &f)
		if p.Layers != s.layers&^dns || p.Class != s.class {
			t.Errorf("%s: layers %v, want %v", s.name, p.Layers, s.layers&^dns)
		}
	}
}

// TestCutAnywhere cuts every sample at every length, with and without the bytes on the wire.
func TestCutAnywhere(t *testing.T) {
	d := everything()
	var p packet.Packet
	for _, s := range samples() {
		for n := range s.data {
			for _, length := range []int{0, n, len(s.data)} {
				f := packet.Frame{Data: s.data[:n:n], Length: uint32(length), Link: s.link}
				before := d.Malformed
				d.Decode(&p, &f)
				checkInvariants(t, &p, &f)
				if d.Malformed > before+1 {
					t.Errorf("%s cut to %d: counted %d times", s.name, n, d.Malformed-before)
				}
			}
		}
	}
}

func TestNoAllocs(t *testing.T) {
	d := everything()
	p := new(packet.Packet)
	for _, s := range samples() {
		f := s.frame()
		if n := testing.AllocsPerRun(10, func() { d.Decode(p, &f) }); n != 0 {
			t.Errorf("%s: %v allocations", s.name, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	kinds := map[string]bool{"ethernet": true, "802.1Q": true, "IPv6": true, "UDP": true, "ARP": true, "VXLAN": true, "DNS query": true}
	for _, s := range samples() {
		if !kinds[s.name] {
			continue
		}
		b.Run(s.name, func(b *testing.B) {
			d := everything()
			p := new(packet.Packet)
			f := s.frame()
			b.ReportAllocs()
			for b.Loop() {
				d.Decode(p, &f)
			}
		})
	}
}
