package output

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A pki is an authority with certificates of a server and a client, in files.
type pki struct{ ca, cert, key, clientCert, clientKey string }

// The server's certificate is good for so long from now on; one that expired, for less than nothing.
func newPKI(t *testing.T, serverName string, lasts time.Duration) pki {
	t.Helper()
	dir := t.TempDir()
	save := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sign := func(c *x509.Certificate, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte, []byte) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if parent == nil {
			parent, parentKey = c, key
		}
		c.SerialNumber, _ = rand.Int(rand.Reader, big.NewInt(1<<60))
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(time.Hour)
		if len(c.DNSNames) > 0 {
			c.NotAfter = time.Now().Add(lasts)
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, parentKey)
		if err != nil {
			t.Fatal(err)
		}
		keyDER, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return key, der, keyDER
	}
	ca := &x509.Certificate{Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	caKey, caDER, _ := sign(ca, nil, nil)
	_, der, key := sign(&x509.Certificate{DNSNames: []string{serverName}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, ca, caKey)
	_, clientDER, clientKey := sign(&x509.Certificate{Subject: pkix.Name{CommonName: "sensor"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, ca, caKey)
	return pki{
		ca: save("ca.pem", "CERTIFICATE", caDER), cert: save("cert.pem", "CERTIFICATE", der), key: save("key.pem", "EC PRIVATE KEY", key),
		clientCert: save("client.pem", "CERTIFICATE", clientDER), clientKey: save("client-key.pem", "EC PRIVATE KEY", clientKey),
	}
}

// listenTLS listens as a syslog server over TLS that demands a client certificate.
func (p pki) listenTLS(t *testing.T, version uint16) (net.Listener, *server) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := readPool(p.ca)
	if err != nil {
		t.Fatal(err)
	}
	l := tls.NewListener(listen(t, "tcp", "127.0.0.1:0"), &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MaxVersion: version,
	})
	s := newServer()
	go serve(l, func(c net.Conn) { _ = s.counted(c) })
	return l, s
}

func TestSyslogTLS(t *testing.T) {
	noLeak(t)
	p := newPKI(t, "logs.example", time.Hour)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			l, s := p.listenTLS(t, version)
			defer l.Close()
			c := syslogTo("tls", l.Addr().String())
			c.CA, c.Cert, c.Key, c.ServerName = p.ca, p.clientCert, p.clientKey, "logs.example"
			f := start(t, Options{}, Spec{"tls", c})
			sendNumbered(f, 1, 1000)
			stop(t, f)
			s.expect(t, 1, 1000)
			if s := f.Status()[0]; s.Errors != 0 || s.Written != 1000 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestSyslogTLSRefused has each side refuse the other; no alert may count as written.
func TestSyslogTLSRefused(t *testing.T) {
	noLeak(t)
	p, other := newPKI(t, "logs.example", time.Hour), newPKI(t, "logs.example", time.Hour)
	expired := newPKI(t, "logs.example", -time.Hour)
	for name, c := range map[string]struct {
		version uint16
		change  func(*SyslogConfig)
		want    string
	}{
		"expired":                      {tls.VersionTLS13, nil, "certificate has expired"},
		"server of another name":       {tls.VersionTLS13, func(c *SyslogConfig) { c.ServerName = "other.example" }, "not other.example"},
		"address as name":              {tls.VersionTLS13, func(c *SyslogConfig) { c.ServerName = "" }, "127.0.0.1"},
		"unknown authority":            {tls.VersionTLS13, func(c *SyslogConfig) { c.CA = other.ca }, "unknown authority"},
		"no client certificate":        {tls.VersionTLS13, func(c *SyslogConfig) { c.Cert, c.Key = "", "" }, "certificate required"},
		"wrong client certificate":     {tls.VersionTLS13, func(c *SyslogConfig) { c.Cert, c.Key = other.clientCert, other.clientKey }, "unknown certificate authority"},
		"wrong client certificate 1.2": {tls.VersionTLS12, func(c *SyslogConfig) { c.Cert, c.Key = other.clientCert, other.clientKey }, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			p := p
			if c.change == nil {
				p, c.change = expired, func(*SyslogConfig) {}
			}
			l, s := p.listenTLS(t, c.version)
			defer l.Close()
			config := syslogTo("tls", l.Addr().String())
			config.CA, config.Cert, config.Key, config.ServerName = p.ca, p.clientCert, p.clientKey, "logs.example"
			c.change(config)
			f := start(t, Options{}, Spec{"tls", config})
			sendNumbered(f, 1, 3)
			until(t, f, func(s Status) bool { return s.Errors > 0 })
			if s := f.Status()[0]; !strings.Contains(s.LastError, c.want) {
				t.Errorf("last error %q, want %q in it", s.LastError, c.want)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := f.Close(ctx); err == nil || !strings.Contains(err.Error(), "3 alerts could not be written") {
				t.Errorf("Close: %v", err)
			}
			if n := f.Status()[0].Written; n != 0 || len(s.got) != 0 {
				t.Errorf("%d alerts count as written, %d came", n, len(s.got))
			}
		})
	}
}

func TestSyslogTLSFiles(t *testing.T) {
	p := newPKI(t, "logs.example", time.Hour)
	for want, change := range map[string]func(*SyslogConfig){
		"ca: open ":             func(c *SyslogConfig) { c.CA += "x" },
		"no certificate in PEM": func(c *SyslogConfig) { c.CA = p.key },
		"cert, key: ":           func(c *SyslogConfig) { c.Key = p.clientCert },
	} {
		c := syslogTo("tls", "127.0.0.1:1")
		c.CA, c.Cert, c.Key = p.ca, p.clientCert, p.clientKey
		change(c)
		if _, err := New([]Spec{{"tls", c}}, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want %q", err, want)
		}
	}
}
