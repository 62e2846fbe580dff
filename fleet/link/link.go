package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	nats "github.com/nats-io/nats.go"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/pki"
)

// A Host is the daemon that a link is of.
type Host interface {
	// Beat says how the daemon is; the link adds what it knows itself.
	Beat(ctx context.Context) *fleet.Beat
	// Decide carries decisions for all out, through the daemon's own checks, and returns those that were refused. With all,
	// there are no others: what the daemon holds for the fleet besides is to be released.
	Decide(ctx context.Context, list []fleet.Decision, all bool) []fleet.Refusal
	// Rules is told which rule set the daemon is to run, by its digest; "" for none of the server's. It reports whether it
	// changed anything, or tried to.
	Rules(ctx context.Context, digest string, fetch func(context.Context) ([]byte, error)) bool
	// Evidence returns a file of evidence by its name; at most as many bytes.
	Evidence(file string, most int64) ([]byte, error)
}

// Options are what a Link needs.
type Options struct {
	Dir  string // of the membership
	Room int64  // bytes of the spool
	Log  *slog.Logger
	Host Host
	// Assets, where set, returns hosts of the daemon's map that changed after a change, as package assets has them, the number of
	// the last of these changes, and a number that tells the map from another.
	Assets func(since uint64) (hosts []json.RawMessage, seq, is uint64)
}

// A Link is the connection of an agent to its server, and the queue of what waits for it.
type Link struct {
	opt    Options
	member *Membership
	spool  *spool
	limit  limiter

	in     chan *alert.Alert
	lost   atomic.Uint64 // alerts that found no room in `in`
	brings atomic.Int32  // files of evidence that are on their way

	mu      sync.Mutex
	conn    *nats.Conn
	cred    *credentials
	renewed chan struct{} // there is another certificate
	known   map[string]fleet.Decision
	synced  bool // known is all that there is: false until it was asked for, for what the daemon holds since before is not in it
	refused map[string]string
	heard   time.Time
	fault   string // why there is no connection; "" where there is one
	at      string // host:port of the server of the last connection

	mapped uint64 // the change up to which the server has the map; of the goroutine of beat alone
}

const (
	inRoom    = 4096
	syncEvery = 200 * time.Millisecond
	askWithin = 20 * time.Second
	reconnect = 500 * time.Millisecond
	maxBrings = 2
	maxReconn = 30 * time.Second
)

// Open opens the link of a membership; ErrNone where there is none.
func Open(opt Options) (*Link, error) {
	m, err := Read(opt.Dir)
	if err != nil {
		return nil, err
	}
	cred, err := readCredentials(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("the fleet's certificate in %s: %w", opt.Dir, err)
	}
	s, err := openSpool(filepath.Join(opt.Dir, "spool"), opt.Room)
	if err != nil {
		return nil, fmt.Errorf("the fleet's queue: %w", err)
	}
	l := &Link{opt: opt, member: m, spool: s, cred: cred, in: make(chan *alert.Alert, inRoom), renewed: make(chan struct{}, 1), known: map[string]fleet.Decision{}, refused: map[string]string{}, at: m.Server}
	l.limit.load(opt.Dir)
	return l, nil
}

// Member returns the membership.
func (l *Link) Member() *Membership { return l.member }

// Send takes an alert for the server. It never waits.
func (l *Link) Send(a *alert.Alert) {
	select {
	case l.in <- a:
	default:
		l.lost.Add(1)
	}
}

// Run works until ctx is done.
func (l *Link) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { l.connect(ctx) })
	running.Go(func() { l.push(ctx) })
	running.Go(func() { l.beat(ctx) })
	l.write(ctx)
	running.Wait()
}

// Close puts what waits on the disk, and ends the connection. Nothing may be sent any more.
func (l *Link) Close() error {
	for {
		select {
		case a := <-l.in:
			l.keep(a)
			continue
		default:
		}
		break
	}
	if s := l.limit.summary(time.Now(), true); s != nil {
		l.store(s)
	}
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
	return l.spool.close()
}

// write puts alerts on the disk.
func (l *Link) write(ctx context.Context) {
	ticker := time.NewTicker(syncEvery)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-l.in:
			l.keep(a)
			continue
		case <-ticker.C:
		}
		if s := l.limit.summary(time.Now(), false); s != nil {
			l.store(s)
		}
		err := l.spool.sync()
		if err != nil && !failing {
			l.opt.Log.Error("the queue for the server cannot be written", "error", err)
		}
		failing = err != nil
	}
}

// keep stores an alert, or counts it where there are too many.
func (l *Link) keep(a *alert.Alert) {
	if l.limit.take(a, time.Now()) {
		l.store(a)
	}
}

func (l *Link) store(a *alert.Alert) {
	if err := l.spool.add(a.Severity, a.AppendJSON(nil)); err != nil {
		if l.lost.Add(1) == 1 {
			l.opt.Log.Error("the queue for the server cannot be written: alerts are lost for the server", "error", err)
		}
	}
}

// connect keeps a connection to the server.
func (l *Link) connect(ctx context.Context) {
	wait := reconnect
	for ctx.Err() == nil {
		conn, at, closed, err := l.dialAny(ctx)
		if err != nil {
			l.fail(err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Duration(float64(wait) * (0.5 + rand.Float64()))): // those of many agents come apart
			}
			wait = min(wait*2, maxReconn)
			continue
		}
		wait = reconnect
		l.set(conn, at)
		l.opt.Log.Info("connected to the server", "server", at)
		l.greet(ctx)
		select {
		case <-ctx.Done():
			return // Close ends the connection
		case <-closed:
			l.fail(errors.New("the connection ended"))
		case <-l.renewed:
			conn.Close()
		}
	}
}

func (l *Link) set(conn *nats.Conn, at string) {
	l.mu.Lock()
	l.conn, l.fault, l.at = conn, "", at
	l.mu.Unlock()
	select {
	case l.spool.wake <- struct{}{}:
	default:
	}
}

func (l *Link) fail(err error) {
	l.mu.Lock()
	was, at := l.fault, l.at
	l.fault, l.conn = err.Error(), nil
	l.mu.Unlock()
	if was == "" {
		l.opt.Log.Warn("no connection to the server; alerts wait on the disk", "server", at, "error", err)
	}
}

// dialAny connects to a server of those that there are, and returns which; closed is closed when the connection ends.
func (l *Link) dialAny(ctx context.Context) (conn *nats.Conn, at string, closed chan struct{}, err error) {
	l.mu.Lock()
	list := l.member.addresses()
	l.mu.Unlock()
	for _, at = range list {
		closed = make(chan struct{})
		if conn, err = l.dial(at, closed); err == nil || ctx.Err() != nil {
			break
		}
	}
	return conn, at, closed, err
}

func (l *Link) dial(at string, closed chan struct{}) (*nats.Conn, error) {
	l.mu.Lock()
	cred := l.cred
	l.mu.Unlock()
	conf := &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, VerifyConnection: cred.verify, Certificates: []tls.Certificate{*cred.pair}}
	var once sync.Once
	conn, err := nats.Connect("tls://"+at, nats.Secure(conf), nats.TLSHandshakeFirst(), nats.Name(l.member.Name), nats.CustomInboxPrefix(fleet.InboxOf(l.member.ID)), nats.NoReconnect(),
		nats.Timeout(10*time.Second), nats.PingInterval(10*time.Second), nats.MaxPingsOutstanding(3),
		nats.ClosedHandler(func(*nats.Conn) { once.Do(func() { close(closed) }) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			l.opt.Log.Warn("the server refused something", "error", err)
		}))
	if err != nil {
		return nil, err
	}
	told := func(m *nats.Msg) { l.told(m.Data) }
	for _, subject := range []string{fleet.SubjectTellAll, fleet.SubjectTell + l.member.ID} {
		if _, err := conn.Subscribe(subject, told); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// errOffline is returned while there is no connection.
var errOffline = errors.New("there is no connection to the server")

// ask sends a request and waits for the answer.
func (l *Link) ask(ctx context.Context, subject string, body, answer any) error {
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	if conn == nil {
		return errOffline
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	m, err := conn.RequestWithContext(ctx, subject, text)
	if err != nil {
		return err
	}
	return json.Unmarshal(m.Data, answer)
}

// push sends what is in the spool, batch by batch, and forgets what the server has.
func (l *Link) push(ctx context.Context) {
	again := time.NewTicker(5 * time.Second)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.spool.wake:
		case <-again.C:
		}
		for ctx.Err() == nil {
			b, err := l.spool.next()
			if err != nil {
				l.opt.Log.Error("the queue for the server cannot be read", "error", err)
				break
			}
			if len(b.Alerts) == 0 {
				break
			}
			var answer fleet.BatchAnswer
			err = l.ask(ctx, fleet.SubjectAlerts+l.member.ID, b, &answer)
			if err == nil && answer.Error != "" {
				err = errors.New(answer.Error)
			}
			if err != nil {
				if !errors.Is(err, errOffline) {
					l.opt.Log.Debug("alerts could not be sent; they are sent again", "error", err)
				}
				select {
				case <-ctx.Done():
					return
				case <-time.After(time.Duration(float64(time.Second) * (0.5 + rand.Float64()))):
				}
				break
			}
			l.spool.done(b, answer.Stored)
		}
	}
}

// beat sends heartbeats, and renews the certificate.
func (l *Link) beat(ctx context.Context) {
	for {
		wait := time.Duration(float64(fleet.BeatEvery) * (0.9 + 0.2*rand.Float64()))
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		l.greet(ctx)
		l.chart(ctx)
	}
}

// chart tells the server what was learned of hosts since the last time.
func (l *Link) chart(ctx context.Context) {
	if l.opt.Assets == nil {
		return
	}
	for range fleet.AssetRounds {
		hosts, seq, is := l.opt.Assets(l.mapped)
		if len(hosts) == 0 && l.mapped != 0 {
			return
		}
		var answer fleet.AssetAnswer
		err := l.ask(ctx, fleet.SubjectAsk+l.member.ID+"."+fleet.AskAssets, fleet.AssetBatch{Map: is, Since: l.mapped, Seq: seq, Hosts: hosts}, &answer)
		if err == nil && answer.Error != "" {
			err = errors.New(answer.Error)
		}
		if err != nil && !errors.Is(err, errOffline) {
			l.opt.Log.Debug("the map of hosts could not be sent", "error", err)
		}
		if err != nil && answer.Map == 0 {
			return
		}
		if l.mapped = answer.Seq; len(hosts) == 0 {
			return
		}
	}
}

// Greet sends a heartbeat now, and does what the answer asks for.
func (l *Link) Greet(ctx context.Context) { l.greet(ctx) }

// Servers returns where this agent may connect to, as the server said; none where that is alone.
func (l *Link) Servers() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.member.Servers)
}

// greet sends a heartbeat and does what the answer asks for.
func (l *Link) greet(ctx context.Context) {
	b := l.opt.Host.Beat(ctx)
	b.Time, b.Boot, b.Queue, b.Shared = time.Now(), l.spool.boot, l.spool.status(), l.shared()
	b.Queue.Limit = l.limit.counted()
	if len(b.Trouble) > fleet.MaxTrouble {
		b.Trouble = b.Trouble[:fleet.MaxTrouble]
	}
	if n := l.lost.Load(); n > 0 {
		b.Trouble = append(b.Trouble, fmt.Sprintf("%d alerts were lost on their way to the queue for the server", n))
	}
	var answer fleet.BeatAnswer
	if err := l.ask(ctx, fleet.SubjectBeat+l.member.ID, b, &answer); err != nil {
		if !errors.Is(err, errOffline) && ctx.Err() == nil {
			l.opt.Log.Debug("a heartbeat had no answer", "error", err)
		}
		return
	}
	if answer.Limit > 0 && answer.Span > 0 {
		if l.limit.set(answer.Limit, time.Duration(answer.Span*float64(time.Second))) {
			l.limit.save(l.opt.Dir)
		}
	}
	l.mu.Lock()
	if err := l.member.learn(l.opt.Dir, answer.Servers); err != nil {
		l.opt.Log.Warn("which servers there are cannot be kept", "error", err)
	}
	l.heard = time.Now()
	differ := !l.synced || answer.Decisions != l.digest()
	l.mu.Unlock()
	if differ {
		l.compare(ctx)
	}
	if answer.Managed && l.opt.Host.Rules(ctx, answer.Set, l.fetchRules) {
		l.greet(ctx) // the server is to know at once
		return
	}
	l.renew(ctx)
}

// fetchRules brings the rule set that the server has for this agent.
func (l *Link) fetchRules(ctx context.Context) ([]byte, error) {
	var set fleet.RuleSet
	if err := l.ask(ctx, fleet.SubjectAsk+l.member.ID+"."+fleet.AskRules, struct{}{}, &set); err != nil {
		return nil, err
	}
	if set.Error != "" {
		return nil, errors.New(set.Error)
	}
	return set.Bundle, nil
}

// compare takes over all decisions for all that the server has for this agent.
func (l *Link) compare(ctx context.Context) {
	var set fleet.DecisionSet
	if err := l.ask(ctx, fleet.SubjectAsk+l.member.ID+"."+fleet.AskDecisions, struct{}{}, &set); err != nil || set.Error != "" {
		l.opt.Log.Warn("the decisions for all cannot be asked for; it is tried again", "error", err, "answer", set.Error)
		return
	}
	l.decide(ctx, set.Decisions, true)
}

// digest returns the digest of the decisions that are known. l.mu is held.
func (l *Link) digest() string { return fleet.Digest(maps.Values(l.known), time.Now()) }

func (l *Link) decide(ctx context.Context, list []fleet.Decision, all bool) {
	refused := l.opt.Host.Decide(ctx, list, all)
	l.mu.Lock()
	defer l.mu.Unlock()
	if all {
		l.known, l.refused, l.synced = map[string]fleet.Decision{}, map[string]string{}, true
	}
	for _, d := range list {
		delete(l.refused, d.Target)
		if d.Lifted {
			delete(l.known, d.Target)
		} else {
			l.known[d.Target] = d
		}
	}
	for _, r := range refused {
		l.refused[r.Target] = r.Why
	}
}

// told takes what the server tells unasked.
func (l *Link) told(data []byte) {
	var t fleet.Told
	if err := json.Unmarshal(data, &t); err != nil {
		l.opt.Log.Warn("what the server told cannot be read", "error", err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	if t.Decision != nil {
		l.decide(ctx, []fleet.Decision{*t.Decision}, false)
		l.mu.Lock()
		refused := l.refused[t.Decision.Target] != ""
		l.mu.Unlock()
		if refused {
			l.greet(ctx) // the server is to know at once
		}
	}
	if t.Rules {
		l.greet(ctx)
	}
	if t.Evidence != nil {
		if l.brings.Add(1) > maxBrings {
			l.brings.Add(-1)
			return // who asked waits in vain, and may ask again
		}
		go func() {
			defer l.brings.Add(-1)
			l.bring(t.Evidence)
		}()
	}
}

// shared says what became of the decisions for all.
func (l *Link) shared() fleet.Shared {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := fleet.Shared{Digest: l.digest(), Refused: []fleet.Refusal{}}
	now := time.Now()
	for target, d := range l.known {
		if !d.Until.IsZero() && d.Until.Before(now) {
			delete(l.known, target)
			delete(l.refused, target)
			continue
		}
		if l.refused[target] == "" {
			s.Held++
		}
	}
	for target, why := range l.refused {
		if len(s.Refused) < fleet.MaxRefused {
			s.Refused = append(s.Refused, fleet.Refusal{Target: target, Why: why})
		}
	}
	return s
}

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

// Status says how the link is.
func (l *Link) Status() fleet.LinkStatus {
	shared, queue := l.shared(), l.spool.status()
	queue.Limit = l.limit.counted()
	l.mu.Lock()
	defer l.mu.Unlock()
	s := fleet.LinkStatus{Server: l.at, Name: l.member.Name, Connected: l.conn != nil, Error: l.fault, Queue: queue, Lost: l.lost.Load(), Expires: l.cred.pair.Leaf.NotAfter, Shared: shared}
	if !l.heard.IsZero() {
		heard := l.heard.UTC()
		s.Heard = &heard
	}
	return s
}
