package link

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	nats "github.com/nats-io/nats.go"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/pki"
)

// Probe tries to come in at a server's address for agents with a certificate, nil for none, and returns why that failed.
func Probe(address string, pair *tls.Certificate, ca *pki.CA) error {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	conf := &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, VerifyConnection: (&credentials{ca: pool}).verify}
	if pair != nil {
		conf.Certificates = []tls.Certificate{*pair}
	}
	conn, err := nats.Connect("tls://"+address, nats.Secure(conf), nats.TLSHandshakeFirst(), nats.NoReconnect(), nats.Timeout(5*time.Second))
	if err != nil {
		return err
	}
	conn.Close()
	return nil
}

// visit connects as the member of a directory does, and calls f; what the server refused is an error.
func visit(dir string, f func(*nats.Conn) error) error {
	m, err := Read(dir)
	if err != nil {
		return err
	}
	cred, err := readCredentials(dir)
	if err != nil {
		return err
	}
	refused := make(chan error, 8)
	conf := &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, VerifyConnection: cred.verify, Certificates: []tls.Certificate{*cred.pair}}
	conn, err := nats.Connect("tls://"+m.Server, nats.Secure(conf), nats.TLSHandshakeFirst(), nats.NoReconnect(), nats.CustomInboxPrefix(fleet.InboxOf(m.ID)), nats.Timeout(5*time.Second),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			select {
			case refused <- err:
			default:
			}
		}))
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := errors.Join(f(conn), conn.FlushTimeout(5*time.Second)); err != nil {
		return err
	}
	select {
	case err := <-refused:
		return err
	case <-time.After(50 * time.Millisecond):
		return conn.LastError()
	}
}

// Publish sends a message as the member of a directory; the server's refusal is an error.
func Publish(dir, subject string, data []byte) error {
	return visit(dir, func(c *nats.Conn) error { return c.Publish(subject, data) })
}

// Listen listens at a subject as the member of a directory; the server's refusal is an error.
func Listen(dir, subject string) error {
	return visit(dir, func(c *nats.Conn) error {
		_, err := c.SubscribeSync(subject)
		return err
	})
}
