package agent

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestServiceManagerIsTold reads what a service manager would on its socket: ready, watchdog, reloading, ready,
// stopping.
func TestServiceManagerIsTold(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", name)
	t.Setenv("WATCHDOG_USEC", "100000")
	must(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	wait := func(words ...string) string {
		t.Helper()
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatalf("%q never comes: %v", words, err)
			}
			got, all := string(buf[:n]), true
			for _, w := range words {
				all = all && strings.Contains(got, w)
			}
			if all {
				return got
			}
		}
	}
	r := start(t, "", map[string]string{"a.hcl": portRule("a", "23")})
	wait("READY=1", "STATUS=1 rules")
	wait("WATCHDOG=1")
	r.write(t, "a.hcl", "rule {")
	if _, err := r.client.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	wait("RELOADING=1\nMONOTONIC_USEC=")
	wait("READY=1", "STATUS=rules on disk are broken", "a.hcl:1")
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	wait("STOPPING=1")
}
