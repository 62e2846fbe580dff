package link

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/pki"
)

// renew asks for another certificate where two thirds of the life of this one are over.
func (l *Link) renew(ctx context.Context) {
	l.mu.Lock()
	cert := l.cred.pair.Leaf
	l.mu.Unlock()
	if time.Now().Before(pki.Renews(cert)) {
		return
	}
	if err := l.renewal(ctx); err != nil {
		l.opt.Log.Warn("the certificate cannot be renewed; it is tried again", "ends", cert.NotAfter, "error", err)
		return
	}
	l.opt.Log.Info("the certificate is renewed", "ends", l.cred.pair.Leaf.NotAfter)
	l.renewed <- struct{}{}
}

func (l *Link) renewal(ctx context.Context) error {
	key, err := pki.NewKey()
	if err != nil {
		return err
	}
	csr, err := pki.Request(key)
	if err != nil {
		return err
	}
	var answer fleet.Renewal
	if err := l.ask(ctx, fleet.SubjectAsk+l.member.ID+"."+fleet.AskRenew, fleet.Renewal{Request: csr}, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	cert, err := parse(answer.Certificate)
	if err != nil {
		return err
	}
	l.mu.Lock()
	ca := l.cred.ca
	l.mu.Unlock()
	if _, err := cert.Verify(x509.VerifyOptions{Roots: ca, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		return err
	}
	if err := writePair(l.opt.Dir, key, []byte(answer.Certificate)); err != nil {
		return err
	}
	cred, err := readCredentials(l.opt.Dir)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.cred = cred
	l.mu.Unlock()
	return nil
}
