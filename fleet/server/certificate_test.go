package server

import (
	"crypto/ecdsa"
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet/pki"
)

// TestOwnCertificate: the page shows a certificate of the administrator's own, and another one once its files change; agents join and
// connect by the fleet's CA all the same.
func TestOwnCertificate(t *testing.T) {
	var ca *pki.CA
	var cert, key string
	renew := func() {
		t.Helper()
		dir := t.TempDir()
		var err error
		if ca, err = pki.Open(dir); err != nil {
			t.Fatal(err)
		}
		pair, err := ca.Server([]string{"fleet.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(cert, pki.Encode(pair.Certificate...), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := pki.WriteKey(key, pair.PrivateKey.(*ecdsa.PrivateKey)); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorldWith(t, func(w *world) {
		dir := t.TempDir()
		cert, key = filepath.Join(dir, "page.crt"), filepath.Join(dir, "page.key")
		w.settings.Certificate, w.settings.Key = cert, key
		renew()
	})
	shows := func() bool {
		t.Helper()
		conn, err := tls.Dial("tcp", w.server.Page(), &tls.Config{RootCAs: ca.Pool(), ServerName: "fleet.example.com", MinVersion: tls.VersionTLS12})
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}
	look := func() {
		w.server.page.mu.Lock()
		w.server.page.next = time.Now()
		w.server.page.mu.Unlock()
	}
	if !shows() {
		t.Fatal("the page does not show the certificate")
	}
	a := w.join("office", nil)
	eventually(t, 20*time.Second, "it is connected", func() bool { return a.link.Status().Connected })
	renew()
	look()
	if !shows() {
		t.Error("the page does not show the renewed certificate")
	}
	if err := os.WriteFile(cert, []byte("half a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	look()
	if !shows() {
		t.Error("the page has no certificate while its file cannot be read")
	}
}
