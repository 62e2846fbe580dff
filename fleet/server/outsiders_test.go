package server

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	nats "github.com/nats-io/nats.go"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/link"
	"github.com/ruleids/ruleids/fleet/pki"
)

// TestOutsiders: whoever is no member, or is one no more, does not come in; nor does a member do what it may not. The log tells of
// each, and the others are unharmed.
func TestOutsiders(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	logged := func(what string, texts ...string) {
		t.Helper()
		eventually(t, 10*time.Second, "the log to tell of "+what, func() bool { return w.logged.has(texts...) })
	}
	join := func(token, pin, name string) error {
		_, err := link.Join(ctx, link.JoinRequest{Server: w.server.Page(), Token: token, Pin: pin, Name: name, Dir: t.TempDir() + "/fleet", Owner: -1})
		return err
	}
	pin := w.server.ca.Pin()
	token, err := w.server.state.NewToken(ctx, time.Minute, 1, nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	other, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := join(token, other.Pin(), "fake"); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("a server of another CA: %v", err)
	}
	if err := join(token, pin, "first"); err != nil {
		t.Errorf("the token was used up by one who did not trust the server: %v", err)
	}
	for name, bad := range map[string]string{"replayed": token, "wrong": token[:20] + "x", "empty": "x", "none": "a.b"} {
		if err := join(bad, pin, name); err == nil || !strings.Contains(err.Error(), "not valid") {
			t.Errorf("a %s token: %v", name, err)
		}
		logged("a "+name+" token", "its token is not valid", "name="+name, "address=127.0.0.1")
	}
	short, err := w.server.state.NewToken(ctx, time.Millisecond, 1, nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if err := join(short, pin, "late"); err == nil {
		t.Error("an expired token is taken")
	}
	logged("an expired token", "its token is not valid", "name=late")
	again, err := w.server.state.NewToken(ctx, time.Minute, 5, nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := join(again, pin, "first"); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := join(again, pin, "../../etc"); err == nil {
		t.Error("a name that is a path is taken")
	}
	logged("a name that is a path", "a request was refused", "/api/v1/join", "name")

	a, b := w.join("stolen", nil), w.join("good", nil)
	eventually(t, 20*time.Second, "both are connected", func() bool { return a.link.Status().Connected && b.link.Status().Connected })
	mustFail := func(what string, pair *tls.Certificate, ca *pki.CA) {
		t.Helper()
		err := probe(fmt.Sprintf("127.0.0.1:%d", w.server.bus.Port()), pair, ca)
		if err == nil {
			t.Errorf("%s comes in", what)
		}
	}
	mustFail("nobody", nil, w.server.ca)
	logged("nobody", "TLS handshake error", "certificate")
	key, _ := pki.NewKey()
	csr, _ := pki.Request(key)
	foreign, _, err := other.SignAgent(csr, a.link.Member().ID)
	if err != nil {
		t.Fatal(err)
	}
	mustFail("a certificate of another CA", &tls.Certificate{Certificate: [][]byte{foreign}, PrivateKey: key}, w.server.ca)
	logged("a certificate of another CA", "TLS handshake error", "unknown authority")
	unknown, _, err := w.server.ca.SignAgent(csr, "0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	mustFail("an identity that never joined", &tls.Certificate{Certificate: [][]byte{unknown}, PrivateKey: key}, w.server.ca)
	logged("an identity that never joined", "an agent was not let in", "id=0123456789abcdef", "address=127.0.0.1")
	own, err := w.server.ca.Server([]string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	mustFail("the server's own certificate", own, w.server.ca)
	logged("the server's own certificate", "TLS handshake error", "incompatible key usage")
	// An agent that comes to a server of another CA goes away, whatever that would let in.
	genuine, _, err := w.server.ca.SignAgent(csr, b.link.Member().ID)
	if err != nil {
		t.Fatal(err)
	}
	pair := &tls.Certificate{Certificate: [][]byte{genuine}, PrivateKey: key}
	at := fmt.Sprintf("127.0.0.1:%d", w.server.bus.Port())
	if err := probe(at, pair, w.server.ca); err != nil {
		t.Errorf("a member does not come in: %v", err)
	}

	for subject, may := range map[string]bool{
		fleet.SubjectBeat + b.link.Member().ID: true, fleet.SubjectAlerts + a.link.Member().ID: false, fleet.SubjectBeat + a.link.Member().ID: false, fleet.SubjectTellAll: false,
		fleet.SubjectTell + a.link.Member().ID: false, "$SYS.REQ.SERVER.PING": false, fleet.InboxOf(a.link.Member().ID) + ".x": false,
	} {
		if err := publish(b.dir, subject, []byte("{}")); (err == nil) != may {
			t.Errorf("%s: %v", subject, err)
		}
		if !may {
			logged("a message to "+subject, "Publish Violation", subject)
		}
	}
	for _, subject := range []string{">", "alerts.>", "beat.*", fleet.SubjectTell + a.link.Member().ID, fleet.InboxOf(a.link.Member().ID) + ".>", "$SYS.>"} {
		if err := listen(b.dir, subject); err == nil {
			t.Errorf("a member listens at %s", subject)
		}
		logged("a member that listens at "+subject, "Subscription Violation", subject)
	}
	if err := publish(b.dir, fleet.SubjectAlerts+b.link.Member().ID, bytes.Repeat([]byte("x"), fleet.MaxMessage+1)); err == nil {
		t.Error("a message that is too long is taken")
	}
	// That was the client's own refusal. One that does not care tells the server that it will send nearly a gigabyte.
	if answer := rude(t, at, pair, w.server.ca, "PUB "+fleet.SubjectAlerts+b.link.Member().ID+" 999999999\r\n"); !strings.Contains(answer, "Maximum Payload") {
		t.Errorf("a message of a gigabyte: %q", answer)
	}
	logged("a message of a gigabyte", "maximum payload exceeded")
	if answer := rude(t, at, pair, w.server.ca, "NONSENSE \x00\xff\r\n"); !strings.Contains(answer, "Unknown Protocol") {
		t.Errorf("nonsense: %q", answer)
	}
	logged("nonsense", "parser ERROR")
	for _, junk := range []string{"", "{", "[]", `{"boot":1,"alerts":[{"seq":1,"alert":{"x":1}}]}`, strings.Repeat("[", 100000)} {
		_ = publish(b.dir, fleet.SubjectAlerts+b.link.Member().ID, []byte(junk))
		_ = publish(b.dir, fleet.SubjectBeat+b.link.Member().ID, []byte(junk))
	}

	logged("what is no batch", "no batch of alerts", "agent=good")
	logged("an alert that is none", "an alert that cannot be read", "agent=good")
	logged("what is no heartbeat", "no heartbeat", b.link.Member().ID)

	// Revoked, it is cut off at once, and stays out after a restart.
	if code := w.ask("DELETE", "/api/v1/agents/stolen", "", nil); code != 200 {
		t.Fatal(code)
	}
	eventually(t, 3*time.Second, "it is cut off", func() bool { return !a.link.Status().Connected })
	logged("it", "agent revoked", "agent=stolen")
	logged("its certificate", "an agent was not let in", "id="+a.link.Member().ID)
	w.halt()
	w.start()
	eventually(t, 20*time.Second, "the good one is back", func() bool { return b.link.Status().Connected })
	time.Sleep(500 * time.Millisecond)
	if a.link.Status().Connected {
		t.Error("a revoked agent is back after a restart")
	}
	b.raise(1)
	eventually(t, 10*time.Second, "the good one is unharmed", func() bool { return w.count("good") == 1 })
	if err := join(again, pin, "stolen"); err != nil {
		t.Errorf("the name of a revoked agent is free: %v", err)
	}
	if !errors.Is(func() error { _, err := link.Read(t.TempDir()); return err }(), link.ErrNone) {
		t.Error("a directory without a membership")
	}
}

// rude sends lines of the NATS protocol as no client would, as a member, and returns what the server answers until it hangs up.
func rude(t *testing.T, address string, pair *tls.Certificate, ca *pki.CA, lines string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost", Certificates: []tls.Certificate{*pair}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(conn, "CONNECT {}\r\n%s", lines); err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(conn) // it ends in one way or another
	return string(text)
}

// probe tries to come in at a server's address for agents with a certificate, nil for none, and returns why that failed.
func probe(address string, pair *tls.Certificate, ca *pki.CA) error {
	conf := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: ca.Pool(), ServerName: "localhost"}
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
	m, err := link.Read(dir)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "agent.crt"), filepath.Join(dir, "agent.key"))
	if err != nil {
		return err
	}
	refused := make(chan error, 8)
	conf := &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}}
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

// publish sends a message as the member of a directory; the server's refusal is an error.
func publish(dir, subject string, data []byte) error {
	return visit(dir, func(c *nats.Conn) error { return c.Publish(subject, data) })
}

// listen listens at a subject as the member of a directory; the server's refusal is an error.
func listen(dir, subject string) error {
	return visit(dir, func(c *nats.Conn) error {
		_, err := c.SubscribeSync(subject)
		return err
	})
}
