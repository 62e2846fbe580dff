package host

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// procConnections reads the established TCP connections with local ports from the files tcp and tcp6 (proc_net(5)).
func procConnections(dir string, ports []uint16) ([]connection, error) {
	var out []connection
	for _, name := range []string{"tcp", "tcp6"} {
		f, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) && name == "tcp6" {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, fmt.Errorf("TCP connections: %w", err)
		}
		conns, err := parseProcNet(f, ports)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("TCP connections: %w", err)
		}
		out = append(out, conns...)
	}
	return out, nil
}

// established is the state column of such a connection.
const established = "01"

func parseProcNet(r io.Reader, ports []uint16) ([]connection, error) {
	var out []connection
	in := bufio.NewScanner(r)
	for in.Scan() {
		// sl local_address rem_address st …
		w := strings.Fields(in.Text())
		if len(w) < 4 || w[3] != established {
			continue
		}
		local, ok := parseProcAddr(w[1])
		peer, ok2 := parseProcAddr(w[2])
		if ok && ok2 && slices.Contains(ports, local.Port()) {
			out = append(out, connection{local, peer})
		}
	}
	return out, in.Err()
}

// parseProcAddr reads an address as 32-bit words in the byte order of the machine, and a port, all in hex.
func parseProcAddr(s string) (netip.AddrPort, bool) {
	text, port, ok := strings.Cut(s, ":")
	b, err := hex.DecodeString(text)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || err2 != nil || len(b) != 4 && len(b) != 16 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		binary.BigEndian.PutUint32(b[i:], binary.NativeEndian.Uint32(b[i:]))
	}
	a, _ := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(n)), true
}
