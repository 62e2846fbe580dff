package host

import (
	"net/netip"
	"slices"
	"testing"
	"time"
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
	<-h.Changes() // that there is something
	for want := (Needed{netip.MustParseAddr("192.0.2.9"), "a server"}); !slices.Contains(f.Needed, want); f, _ = h.Info() {
		select {
		case <-h.Changes():
		case <-time.After(10 * time.Second):
			t.Fatalf("%+v", f.Needed)
		}
	}
}
