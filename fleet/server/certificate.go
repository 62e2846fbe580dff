package server

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// A shown certificate is got again every so often: one of the administrator's own may be another by then, and one that the CA made
// is made again before it ends.
type shown struct {
	what string
	get  func() (*tls.Certificate, error)
	log  *slog.Logger

	mu      sync.Mutex
	cert    *tls.Certificate
	next    time.Time // when it is got again
	failing bool
}

const lookAgain = time.Minute

// show gets a certificate for the first time.
func (s *Server) show(what string, get func() (*tls.Certificate, error)) (*shown, error) {
	cert, err := get()
	if err != nil {
		return nil, err
	}
	return &shown{what: what, get: get, log: s.log, cert: cert, next: time.Now().Add(lookAgain)}, nil
}

// current returns the certificate. Where it cannot be got again, that is the one before.
func (c *shown) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); !now.Before(c.next) {
		c.next = now.Add(lookAgain)
		cert, err := c.get()
		switch {
		case err != nil && !c.failing:
			c.log.Error("a certificate cannot be read: the one before is still shown", "of", c.what, "error", err)
		case err == nil && !bytes.Equal(cert.Certificate[0], c.cert.Certificate[0]):
			c.cert = cert
			c.log.Info("another certificate is shown", "of", c.what, "ends", cert.Leaf.NotAfter)
		}
		c.failing = err != nil
	}
	return c.cert
}

// ownCertificate returns the one that the fleet's CA made for the names of this server.
func (s *Server) ownCertificate() (*tls.Certificate, error) { return s.ca.Server(s.names()) }

// pageCertificate returns the one of the administrator's own.
func (s *Server) pageCertificate() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(s.opt.Settings.Certificate, s.opt.Settings.Key)
	if err != nil {
		return nil, fmt.Errorf("server: certificate: %w", err)
	}
	return &pair, nil
}
