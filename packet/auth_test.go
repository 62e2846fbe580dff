package packet

import (
	"net/netip"
	"testing"
)

func TestAuthEvent(t *testing.T) {
	for name, c := range map[string]struct {
		src, dst string
		layers   Layer
		from, to string
	}{
		"IPv4":                       {"198.51.100.7:40000", "", LayerIP | LayerPorts, "198.51.100.7", "0.0.0.0"},
		"IPv4 on a dual socket":      {"[::ffff:198.51.100.7]:40000", "[::ffff:192.0.2.1]:22", LayerIP | LayerPorts, "198.51.100.7", "192.0.2.1"},
		"IPv6, no port":              {"[2001:db8::7]:0", "", LayerIP, "2001:db8::7", "::"},
		"link-local":                 {"[fe80::7%eth0]:40000", "", LayerIP | LayerPorts, "fe80::7", "::"},
		"an account without address": {"", "", 0, "::", "::"},
	} {
		a := Auth{Time: 5, User: "root", Service: "sshd", Host: "web1", Method: "password", Reason: "bad_credential", Result: AuthFailure}
		if c.src != "" {
			a.Src = netip.MustParseAddrPort(c.src)
		}
		if c.dst != "" {
			a.Dst = netip.MustParseAddrPort(c.dst)
		}
		p := a.Event()
		if p.Layers != LayerFrame|LayerAuth|c.layers || p.Class != ClassAuth || p.Time != 5 {
			t.Errorf("%s: layers %v, class %d, time %d", name, p.Layers, p.Class, p.Time)
		}
		if p.Src.String() != c.from || p.Dst.String() != c.to {
			t.Errorf("%s: from %s to %s", name, p.Src, p.Dst)
		}
		for field, want := range map[string]string{"auth.user": "root", "auth.service": "sshd", "auth.host": "web1", "auth.method": "password", "auth.reason": "bad_credential", "auth.result": "failure"} {
			f := FieldByName(field)
			if got := string(f.Bytes(p)); got != want || !p.Has(f.Layer) || !f.On(EventAuth) {
				t.Errorf("%s: %s = %q, want %q", name, field, got, want)
			}
		}
		if FieldByName("auth.success").Int(p) != 0 {
			t.Errorf("%s: a failure is a success", name)
		}
	}
	p := (&Auth{Result: AuthSuccess}).Event()
	if FieldByName("auth.success").Int(p) != 1 {
		t.Error("a success is none")
	}
}
