package logsource

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

func local() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }

const first, second = "<38>Nov 29 10:00:00 web1 sshd[1]: first", "<38>1 2026-11-29T10:00:00Z web2 sshd 1 - - second"

// address returns where the only source of a set listens.
func address(s *Set) string {
	_, at, _ := strings.Cut(s.Status()[0].Place, "://")
	return at
}

func TestSyslogUDP(t *testing.T) {
	c := setting.New[SyslogConfig]()
	c.Listen, c.From = "127.0.0.1:0", local()
	got := collect(t, Spec{"syslog", "net", c}, 3, func(s *Set) {
		conn, err := net.Dial("udp", address(s))
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		for _, m := range []string{first, second + "\n", "sshd[1]: third\x00"} {
			if _, err := conn.Write([]byte(m)); err != nil {
				t.Error(err)
			}
		}
	})
	if want := []string{"web1 sshd first", "web2 sshd second", "127.0.0.1 sshd third"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestSyslogTCPInBothFramings(t *testing.T) {
	c := setting.New[SyslogConfig]()
	c.Network, c.Listen, c.From = "tcp", "127.0.0.1:0", local()
	got := collect(t, Spec{"syslog", "net", c}, 4, func(s *Set) {
		conn, err := net.Dial("tcp", address(s))
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		counted := func(m string) string { return fmt.Sprintf("%d %s", len(m), m) }
		stream := first + "\n" + counted(second+"  ") + counted(first) + second
		for len(stream) > 0 {
			n := min(29, len(stream))
			if _, err := conn.Write([]byte(stream[:n])); err != nil {
				t.Error(err)
			}
			stream = stream[n:]
			time.Sleep(2 * time.Millisecond)
		}
	})
	if want := []string{"web1 sshd first", "web2 sshd second  ", "web1 sshd first", "web2 sshd second"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestSyslogTLS(t *testing.T) {
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "logs"}, DNSNames: []string{"logs"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := setting.New[SyslogConfig]()
	c.Network, c.Listen, c.From = "tls", "127.0.0.1:0", local()
	c.Cert, c.Key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	c.ClientCA = c.Cert
	for path, block := range map[string]*pem.Block{c.Cert: {Type: "CERTIFICATE", Bytes: der}, c.Key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	got := collect(t, Spec{"syslog", "net", c}, 1, func(s *Set) {
		stranger, err := tls.Dial("tcp", address(s), &tls.Config{RootCAs: pool, ServerName: "logs"})
		if err == nil { // TLS 1.3 tells the client later
			_, _ = stranger.Write([]byte("sshd[1]: stranger\n"))
			defer stranger.Close()
		}
		conn, err := tls.Dial("tcp", address(s), &tls.Config{RootCAs: pool, ServerName: "logs", Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(first + "\n")); err != nil {
			t.Error(err)
		}
	})
	if want := []string{"web1 sshd first"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestSyslogTakesNothingFromOthers(t *testing.T) {
	c := setting.New[SyslogConfig]()
	c.Network, c.Listen, c.From = "tcp", "127.0.0.1:0", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	set, err := Open([]Spec{{"syslog", "net", c}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	go set.Run(ctx)
	conn, err := net.Dial("tcp", address(set))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes", n)
	}
	if st := set.Status()[0]; st.Refused != 1 || st.Lines != 0 {
		t.Errorf("%+v", st)
	}
}
