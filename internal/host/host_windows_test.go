package host

import (
	"net/netip"
	"slices"
	"testing"
)

// TestOpen finds the loopback address of this host, and whatever else there is without an error.
func TestOpen(t *testing.T) {
	h, err := Open(Options{Names: []Name{{Host: "192.0.2.9", What: "a server"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	f, err := h.Info()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(f.Addresses, netip.MustParseAddr("127.0.0.1")) || f.Limit != "" {
		t.Errorf("%+v", f)
	}
	<-h.Changes()
	if f, _ := h.Info(); !slices.Contains(f.Needed, Needed{netip.MustParseAddr("192.0.2.9"), "a server"}) {
		t.Errorf("%+v", f.Needed)
	}
}
