package link

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	nats "github.com/nats-io/nats.go"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet"
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
		return nil, fmt.Errorf("the fleet's certificate in %s: %w; where it is damaged, remove the directory and join again", opt.Dir, err)
	}
	s, err := openSpool(filepath.Join(opt.Dir, "spool"), opt.Room)
	if err != nil {
		return nil, fmt.Errorf("the fleet's queue: %w", err)
	}
	if s.damaged > 0 {
		opt.Log.Error("the disk lost alerts that waited for the server; the others are sent", "dir", s.dir, "lost", s.damaged)
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
		l.Greet(ctx)
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
