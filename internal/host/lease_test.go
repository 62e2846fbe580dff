package host

import (
	"fmt"
	"path/filepath"
	"testing"
)

func TestReadLeases(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "2"), []byte("# This is private data. Do not parse.\nADDRESS=192.0.2.10\nSERVER_ADDRESS=192.0.2.1\nNEXT_SERVER=192.0.2.9\n"))
	write(t, filepath.Join(dir, "eth0.leases"), []byte("lease {\n  fixed-address 192.0.2.10;\n  option dhcp-server-identifier 192.0.2.2;\n}\n"))
	write(t, filepath.Join(dir, "internal-x.lease"), []byte("ADDRESS=192.0.2.10\nSERVER_ADDRESS=192.0.2.1\n"))
	write(t, filepath.Join(dir, "odd.lease"), []byte("SERVER_ADDRESS=999.1.1.1\nSERVER_ADDRESS=\n"))
	if got := fmt.Sprint(readLeases([]string{filepath.Join(dir, "*"), "/nowhere/*"})); got != "[192.0.2.1 192.0.2.2]" {
		t.Error(got)
	}
}

func TestReadForwarders(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "dnsmasq.conf"), []byte("# server=192.0.2.99\nserver=192.0.2.53\nserver=/example.com/192.0.2.54#5353\nserver=//\nlisten-address=127.0.0.1\n"))
	write(t, filepath.Join(dir, "unbound.conf"), []byte("forward-zone:\n  name: \".\"\n  forward-addr: 192.0.2.55@853#dns.example.com\n  forward-addr: 2001:db8::53\n"))
	if got := fmt.Sprint(readForwarders([]string{filepath.Join(dir, "*.conf")})); got != "[192.0.2.53 192.0.2.54 192.0.2.55 2001:db8::53]" {
		t.Error(got)
	}
}
