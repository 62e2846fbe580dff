package packet

import (
	"net/netip"
	"testing"
)

func TestHoneypotEvent(t *testing.T) {
	for name, c := range map[string]struct {
		src, dst string
		version  uint8
		from     string
	}{
		"IPv4":                  {"198.51.100.7:40000", "192.0.2.90:22", 4, "198.51.100.7"},
		"IPv4 on a dual socket": {"[::ffff:198.51.100.7]:40000", "[::ffff:192.0.2.90]:22", 4, "198.51.100.7"},
		"IPv6":                  {"[2001:db8::7]:40000", "[2001:db8::90]:22", 6, "2001:db8::7"},
		"link-local":            {"[fe80::7%eth0]:40000", "[fe80::90%eth0]:22", 6, "fe80::7"},
	} {
		h := Honeypot{Time: 5, Src: netip.MustParseAddrPort(c.src), Dst: netip.MustParseAddrPort(c.dst), Service: "ssh", Action: HoneypotLogin, User: "root", Client: "SSH-2.0-Go"}
		p := h.Event()
		if !p.Has(LayerFrame|LayerHoneypot|LayerIP|LayerPorts) || p.Class != ClassHoneypot || p.IPVersion != c.version || p.IPProto != 6 || p.Time != 5 {
			t.Errorf("%s: layers %v, class %d, version %d, protocol %d, time %d", name, p.Layers, p.Class, p.IPVersion, p.IPProto, p.Time)
		}
		if p.Src.String() != c.from || p.SrcPort != 40000 || p.DstPort != 22 {
			t.Errorf("%s: from %s port %d to port %d", name, p.Src, p.SrcPort, p.DstPort)
		}
		for field, want := range map[string]string{"honeypot.service": "ssh", "honeypot.action": "login", "honeypot.user": "root", "honeypot.client": "SSH-2.0-Go"} {
			f := FieldByName(field)
			if got := string(f.Bytes(p)); got != want || !p.Has(f.Layer) || !f.On(EventHoneypot) {
				t.Errorf("%s: %s = %q, want %q", name, field, got, want)
			}
		}
	}
}

// Every field that an event of a honeypot can have is there, or is not without the addresses.
func TestHoneypotEventWithoutAddresses(t *testing.T) {
	p := (&Honeypot{Service: "tcp", Action: HoneypotConnect}).Event()
	if p.Layers != LayerFrame|LayerHoneypot {
		t.Errorf("layers %v", p.Layers)
	}
	for _, f := range Fields() {
		if f.On(EventHoneypot) && !p.Has(f.Layer) && f.Layer != LayerIP && f.Layer != LayerPorts && f.Layer&AssetLayers == 0 {
			t.Errorf("%s is not there", f.Name)
		}
	}
}
