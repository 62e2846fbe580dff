// Package pki makes and checks the certificates of a fleet: its CA, the server's certificate, and those of agents.
//
// All keys are ECDSA P-256. The CA is the only one that agents trust; they know it by the hash of its public key, which
// the line that joins them carries.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/files"
)

const (
	// AgentLife is how long the certificate of an agent is valid; it renews it at two thirds of that.
	AgentLife = 30 * 24 * time.Hour
	// serverLife is below the 398 days that browsers allow (CA/Browser Forum, Baseline Requirements, section 6.3.2).
	serverLife = 397 * 24 * time.Hour
	caLife     = 20 * 365 * 24 * time.Hour
	// early lets clocks that are slow accept a certificate that is new.
	early = time.Hour
)

// A CA signs certificates.
type CA struct {
	Cert *x509.Certificate
	key  crypto.Signer
	dir  string
}

// Open reads the CA in a directory, or makes one where there is none.
func Open(dir string) (*CA, error) {
	certFile, keyFile := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key")
	if _, err := os.Stat(certFile); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		t := &x509.Certificate{
			Subject: pkix.Name{CommonName: "ruleids fleet CA", Organization: []string{"ruleids"}},
			IsCA:    true, BasicConstraintsValid: true, MaxPathLenZero: true,
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		}
		if err := issue(nil, t, caLife, certFile, keyFile); err != nil {
			return nil, err
		}
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("the CA in %s: %w; where it is damaged, put a copy of the directory there, for without this CA every agent has to join again", dir, err)
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok || !pair.Leaf.IsCA {
		return nil, fmt.Errorf("%s is not the certificate of a CA; put back the one that made the agents' certificates", certFile)
	}
	return &CA{Cert: pair.Leaf, key: signer, dir: dir}, nil
}

// Pool returns the CA as the only one that is trusted.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	return pool
}

// Pin returns "sha256:" and the hash of the CA's public key (SPKI), in hexadecimal digits.
func (ca *CA) Pin() string { return Pin(ca.Cert) }

// Pin returns "sha256:" and the hash of the public key of a certificate, in hexadecimal digits.
func Pin(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Server returns the server's certificate for names, hosts and addresses alike: the one in the CA's directory, or another
// where that lacks a name or is about to end.
func (ca *CA) Server(names []string) (*tls.Certificate, error) {
	certFile, keyFile := filepath.Join(ca.dir, "server.crt"), filepath.Join(ca.dir, "server.key")
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil && ca.serves(pair.Leaf, names) {
		pair.Certificate = append(pair.Certificate[:1:1], ca.Cert.Raw)
		return &pair, nil
	}
	t := &x509.Certificate{
		Subject:  pkix.Name{CommonName: "ruleids server"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
	if err := issue(ca, t, serverLife, certFile, keyFile); err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	pair.Certificate = append(pair.Certificate, ca.Cert.Raw)
	return &pair, nil
}

// issue makes a key and the certificate that t describes, and writes both. Without a CA the certificate
// is signed with its own key.
func issue(ca *CA, t *x509.Certificate, life time.Duration, certFile, keyFile string) error {
	key, err := NewKey()
	if err != nil {
		return err
	}
	if ca == nil {
		ca = &CA{Cert: t, key: key}
	}
	now := time.Now()
	t.SerialNumber, t.NotBefore, t.NotAfter = serial(), now.Add(-early), now.Add(life)
	der, err := x509.CreateCertificate(rand.Reader, t, ca.Cert, key.Public(), ca.key)
	if err != nil {
		return err
	}
	if err := WriteKey(keyFile, key); err != nil {
		return err
	}
	return files.Write(certFile, Encode(der), 0o644)
}

// serves reports whether a certificate is the CA's, has all names, and lasts for another month.
func (ca *CA) serves(c *x509.Certificate, names []string) bool {
	if c.CheckSignatureFrom(ca.Cert) != nil || time.Until(c.NotAfter) < AgentLife {
		return false
	}
	return !slices.ContainsFunc(names, func(name string) bool { return c.VerifyHostname(name) != nil })
}

// Renews reports when the holder of a certificate is to ask for another: at two thirds of its life.
func Renews(c *x509.Certificate) time.Time {
	return c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) * 2 / 3)
}

// SignAgent answers the request of an agent, in DER, with a certificate for the identity id. Of the request only its key
// is taken.
func (ca *CA) SignAgent(csr []byte, id string) (cert []byte, number string, err error) {
	r, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return nil, "", fmt.Errorf("the certificate request cannot be read: %w", err)
	}
	if err := r.CheckSignature(); err != nil {
		return nil, "", fmt.Errorf("the certificate request: %w", err)
	}
	if key, ok := r.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		return nil, "", errors.New("the key of a certificate request must be ECDSA P-256")
	}
	now := time.Now()
	n := serial()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: n, Subject: pkix.Name{CommonName: id, OrganizationalUnit: []string{"agent"}}, NotBefore: now.Add(-early), NotAfter: now.Add(AgentLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, ca.Cert, r.PublicKey, ca.key)
	return der, n.Text(16), err
}

// Request makes the request for a certificate, in DER, of the holder of a key.
func Request(key crypto.Signer) ([]byte, error) {
	return x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "agent"}}, key)
}

// NewKey returns a new key.
func NewKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// Pinned returns settings of TLS for a client that knows the CA of a server by its pin alone: of the chain that the
// server shows, one certificate must have that pin and sign the first one. The name of the server is not looked at: who
// has the CA's signature is the server.
func Pinned(pin string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // VerifyConnection checks instead
		VerifyConnection: func(s tls.ConnectionState) error {
			_, err := PinnedCA(s.PeerCertificates, pin)
			return err
		},
	}
}

// PinnedCA returns the certificate of a chain that has the pin, where that signed the first one for a server.
func PinnedCA(chain []*x509.Certificate, pin string) (*x509.Certificate, error) {
	for _, c := range chain {
		if Pin(c) != strings.ToLower(pin) {
			continue
		}
		pool := x509.NewCertPool()
		pool.AddCert(c)
		if _, err := chain[0].Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}); err != nil {
			return nil, err
		}
		return c, nil
	}
	return nil, errors.New("this is not the server that the token is of: its CA has another key than --ca says")
}

// serial returns a serial number of 120 random bits.
func serial() *big.Int {
	n, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // it never fails, by the contract of the Reader
	return n.SetBit(n, 120, 1)
}

// Encode returns certificates in PEM.
func Encode(ders ...[]byte) []byte {
	var out []byte
	for _, der := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return out
}

// WriteKey writes a key to a file that only its owner can read.
func WriteKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return files.Write(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}
