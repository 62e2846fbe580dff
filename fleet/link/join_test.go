package link

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/ruleids/ruleids/fleet/pki"
)

// TestVerify: an agent trusts a server's certificate of the CA that it pinned, and no other.
func TestVerify(t *testing.T) {
	ca, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	other, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ca.Server([]string{"fleet.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	shown := tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}
	if err := (&credentials{ca: ca.Pool()}).verify(shown); err != nil {
		t.Errorf("the server is not trusted: %v", err)
	}
	if (&credentials{ca: other.Pool()}).verify(shown) == nil {
		t.Error("an agent trusts a server of another CA")
	}
	if (&credentials{ca: ca.Pool()}).verify(tls.ConnectionState{}) == nil {
		t.Error("an agent trusts a server without a certificate")
	}
}
