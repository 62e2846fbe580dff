package host

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestTimeServers reads a table of sockets: one connected to a time server, one bound, one connected to a resolver.
func TestTimeServers(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "udp"), []byte(`  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0A0200C0:8A2F 010200C0:007B 01 00000000:00000000 00:00000000 00000000   104        0 20000 2 0000000000000000 0
  101: 00000000:007B 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20001 2 0000000000000000 0
  102: 0A0200C0:8A30 350200C0:0035 01 00000000:00000000 00:00000000 00000000     0        0 20002 2 0000000000000000 0
`))
	if got := fmt.Sprint(timeServers(dir)); got != "[192.0.2.1]" {
		t.Error(got)
	}
}
