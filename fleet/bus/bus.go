// Package bus is what agents connect to: a NATS server in this process that lets in nobody without a certificate of a member,
// and each only to subjects of its own.
//
// Nothing is kept in it: an agent keeps its alerts until the server has them on its disk, which is the answer to the request
// that brings them.
package bus

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"
	"golang.org/x/time/rate"

	"github.com/ruleids/ruleids/fleet"
)

// Options are what a Bus needs.
type Options struct {
	Listen      string                  // host:port
	Certificate func() *tls.Certificate // the one to show now
	CA          *x509.CertPool
	MaxAgents   int
	Log         *slog.Logger
	// Member reports whether an identity is that of a member.
	Member func(id string) bool
}

// A Bus is the server.
type Bus struct {
	opt    Options
	server *nats.Server
	conn   *client.Conn // of this process
	token  string       // with which this process comes in
	log    *logger

	mu    sync.Mutex
	conns map[string]map[uint64]string // by identity: connections, with where they come from
}

const (
	readyWithin = 10 * time.Second
	// connectionRate bounds handshakes a second: a fleet that comes back at once must leave room for all else.
	connectionRate = 500
	// maxConnsEach is how many connections an agent may have: an old one may not have been found dead yet.
	maxConnsEach = 4
)

// Open starts the server.
func Open(opt Options) (*Bus, error) {
	host, text, err := net.SplitHostPort(opt.Listen)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	if host == "" {
		host = "0.0.0.0"
		if l, err := net.Listen("tcp", "[::]:0"); err == nil { // both families, where there are two
			host = "::"
			_ = l.Close()
		}
	}
	port = cmp.Or(port, nats.RANDOM_PORT)
	b := &Bus{opt: opt, token: rand.Text(), log: &logger{log: opt.Log, limit: rate.NewLimiter(saidRate, saidBurst)}, conns: map[string]map[uint64]string{}}
	conf := &nats.Options{
		ServerName: "ruleids", Host: host, Port: port, NoSigs: true, MaxPayload: fleet.MaxMessage, MaxPending: 16 << 20, MaxConn: opt.MaxAgents + 64, MaxSubs: 16, WriteDeadline: 10 * time.Second,
		AuthTimeout: 5, TLS: true, TLSVerify: true, TLSTimeout: 10, TLSHandshakeFirst: true, PingInterval: 30 * time.Second, MaxPingsOut: 3, NoSystemAccount: true,
		TLSConfig:                  opt.tls(),
		CustomClientAuthentication: b,
	}
	if b.server, err = nats.NewServer(conf); err != nil {
		return nil, err
	}
	b.server.SetLoggerV2(b.log, false, false, false)
	go b.server.Start()
	if !b.server.ReadyForConnections(readyWithin) {
		b.server.Shutdown()
		return nil, fmt.Errorf("%s cannot be listened on for agents", opt.Listen)
	}
	if b.conn, err = client.Connect("", client.InProcessServer(b.server), client.Token(b.token), client.Name("server"), client.MaxReconnects(-1), client.NoEcho()); err != nil {
		b.server.Shutdown()
		return nil, err
	}
	return b, nil
}

// tls returns settings of TLS that show the certificate of the moment.
func (o *Options) tls() *tls.Config {
	// The NATS server's own limit can be set by its configuration file alone.
	handshakes := rate.NewLimiter(connectionRate, connectionRate)
	with := func(c *tls.Certificate) *tls.Config {
		return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{*c}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: o.CA}
	}
	var mu sync.Mutex
	cert := o.Certificate()
	each := with(cert)
	out := with(cert)
	out.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if !handshakes.Allow() {
			return nil, errors.New("too many connections at a time")
		}
		mu.Lock()
		defer mu.Unlock()
		if c := o.Certificate(); c != cert {
			cert, each = c, with(c)
		}
		return each, nil
	}
	return out
}

// Port returns the port that is listened on.
func (b *Bus) Port() int {
	if a, ok := b.server.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

// Close ends all connections.
func (b *Bus) Close() {
	b.conn.Close()
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// Check implements the NATS server's Authentication.
func (b *Bus) Check(c nats.ClientAuthentication) bool {
	if c.Kind() != nats.CLIENT {
		return false
	}
	s := c.GetTLSConnectionState()
	if s == nil {
		// Only this process comes in without TLS.
		if subtle.ConstantTimeCompare([]byte(c.GetOpts().Token), []byte(b.token)) != 1 {
			return false
		}
		c.RegisterUser(&nats.User{Username: "server"})
		return true
	}
	from := ""
	if a := c.RemoteAddress(); a != nil {
		from = a.String()
	}
	id, err := member(s)
	if err == nil && !b.opt.Member(id) {
		err = errors.New("it never joined, or was revoked")
	}
	if err != nil {
		b.log.say(slog.LevelWarn, "an agent was not let in: its certificate is not that of a member", "id", id, "address", from, "error", err)
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conns[id] == nil {
		b.conns[id] = map[uint64]string{}
	}
	for cid := range b.conns[id] {
		if b.server.GetClient(cid) == nil {
			delete(b.conns[id], cid)
		}
	}
	if len(b.conns[id]) >= maxConnsEach {
		b.log.say(slog.LevelWarn, "an agent was not let in: it has many connections already", "id", id, "address", from)
		return false
	}
	b.conns[id][c.GetID()] = from
	c.RegisterUser(&nats.User{Username: id, Permissions: &nats.Permissions{
		Publish:   &nats.SubjectPermission{Allow: []string{fleet.SubjectAlerts + id, fleet.SubjectBeat + id, fleet.SubjectAsk + id + ".*"}},
		Subscribe: &nats.SubjectPermission{Allow: []string{fleet.SubjectTellAll, fleet.SubjectTell + id, fleet.InboxOf(id) + ".>"}},
	}})
	return true
}

// Complain logs what an agent did that it should not: so often, and no more than that, however often it does it.
func (b *Bus) Complain(text string, args ...any) { b.log.say(slog.LevelWarn, text, args...) }

// member returns the identity in a certificate, whose chain was checked.
func member(s *tls.ConnectionState) (string, error) {
	if len(s.VerifiedChains) == 0 || len(s.PeerCertificates) == 0 {
		return "", errors.New("no certificate")
	}
	c := s.PeerCertificates[0]
	if len(c.Subject.OrganizationalUnit) != 1 || c.Subject.OrganizationalUnit[0] != "agent" {
		return "", errors.New("the certificate is not that of an agent")
	}
	id := c.Subject.CommonName
	if len(id) != 16 {
		return "", errors.New("the certificate has no identity")
	}
	if _, err := hex.DecodeString(id); err != nil {
		return "", err
	}
	return id, nil
}

// Cut ends the connections of an agent.
func (b *Bus) Cut(id string) {
	b.mu.Lock()
	conns := b.conns[id]
	delete(b.conns, id)
	b.mu.Unlock()
	for cid := range conns {
		_ = b.server.DisconnectClientByID(cid) // it may be gone
	}
}

// Address returns where an agent is connected from; "" where it is not.
func (b *Bus) Address(id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	last, from := uint64(0), ""
	for cid, at := range b.conns[id] {
		if cid > last {
			last, from = cid, at
		}
	}
	return from
}

// Connected reports whether an agent is connected.
func (b *Bus) Connected(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for cid := range b.conns[id] {
		if b.server.GetClient(cid) != nil {
			return true
		}
	}
	return false
}

const (
	// pending and pendingBytes bound messages that wait for this process.
	pending      = 100_000
	pendingBytes = 256 << 20
)

// Serve has requests to a subject answered, each on a goroutine of its own, at most two of an agent at a time: what comes
// beyond gets no answer, and is sent again. So one agent that is noisy delays no other. ask returns the answer; nil for none.
func (b *Bus) Serve(subject string, ask func(id, what string, data []byte) []byte) error {
	var mu sync.Mutex
	busy := map[string]int{}
	sub, err := b.conn.Subscribe(subject, func(m *client.Msg) {
		id, what := fleet.SplitSubject(m.Subject)
		mu.Lock()
		if busy[id] >= 2 {
			mu.Unlock()
			return
		}
		busy[id]++
		mu.Unlock()
		go func() {
			defer func() {
				mu.Lock()
				if busy[id]--; busy[id] == 0 {
					delete(busy, id)
				}
				mu.Unlock()
			}()
			if answer := ask(id, what, m.Data); answer != nil {
				_ = m.Respond(answer) // who asked may be gone, and will ask again
			}
		}()
	})
	if err != nil {
		return err
	}
	return sub.SetPendingLimits(pending, pendingBytes)
}

// Tell sends something to one agent, or to all for id "". Whoever is not connected learns of it otherwise.
func (b *Bus) Tell(id string, data []byte) error {
	subject := fleet.SubjectTellAll
	if id != "" {
		subject = fleet.SubjectTell + id
	}
	return b.conn.Publish(subject, data)
}

const (
	// saidRate and saidBurst bound lines of the log on those who are refused: whoever has a certificate could fill it else.
	saidRate  = 2 // a second
	saidBurst = 50
)

// A logger writes what the NATS server says, and of refusals some.
type logger struct {
	log    *slog.Logger
	limit  *rate.Limiter
	unsaid atomic.Uint64
}

func (l *logger) say(level slog.Level, text string, args ...any) {
	if !l.limit.Allow() {
		l.unsaid.Add(1)
		return
	}
	if n := l.unsaid.Swap(0); n > 0 {
		args = append(args, "not_logged", n)
	}
	l.log.Log(context.Background(), level, text, args...)
}

// What follows implements server.Logger of nats-server: its notices and warnings are about its own life, but for that of agents that
// do not read what they are sent.

func (l *logger) Noticef(format string, v ...any) {
	text := "bus: " + fmt.Sprintf(format, v...)
	if strings.Contains(format, "Slow Consumer") {
		l.say(slog.LevelWarn, text)
		return
	}
	l.log.Debug(text)
}
func (l *logger) Warnf(format string, v ...any)  { l.log.Debug("bus: " + fmt.Sprintf(format, v...)) }
func (l *logger) Fatalf(format string, v ...any) { l.log.Error("bus: " + fmt.Sprintf(format, v...)) }
func (l *logger) Errorf(format string, v ...any) {
	l.say(slog.LevelInfo, "bus: "+fmt.Sprintf(format, v...))
}
func (l *logger) Debugf(string, ...any) {}
func (l *logger) Tracef(string, ...any) {}
