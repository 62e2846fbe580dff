package decision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/internal/setting"
)

// Options are what a Store needs besides its settings. What is nil has a default.
type Options struct {
	// Firewall is told what to keep out. The Store closes it. Default: none, for a Store that only records.
	Firewall Firewall
	// Host tells what is protected. The Store closes it. Default: the host that the program runs on.
	Host Host
	// SSHPorts are the ports of SSH servers where the settings name none, for the default Host: what SSHPorts returned
	// to someone who may read more than the process may by now. Default: what it returns now.
	SSHPorts []uint16
	// Now is the clock. Decisions end by it. Default: time.Now.
	Now func() time.Time
	// Elapsed is the time since any moment, by a clock that is never set: it tells where Now was set. Default: that of the
	// machine's start, or what Now says where that is given.
	Elapsed func() time.Duration
	// Log gets what an operator should know. Default: nothing is logged.
	Log *slog.Logger

	ops fileOps // of the journal
}

// A Report is what a Store found in its journal.
type Report struct {
	Restored  int       // decisions that hold
	Expired   int       // decisions whose time is over
	Dropped   []string  // decisions that were released because their target is protected now
	Cut       int64     // bytes at the end that a kill left behind
	CutReason string    // and what was wrong with them
	Bad       []BadLine // lines that were skipped; the first hundred
	BadCount  int       // all of them
	KeptAside string    // where the damaged file is; "" without damage
}

// A Host tells what there is to know of the host that the Store runs on. host.Open returns the real one.
type Host interface {
	// Info returns what is known now. It returns the same pointer as long as nothing has changed. With an error,
	// what it returns is the last that is known, nil where nothing ever was. It is called before each decision,
	// so it must be quick.
	Info() (*host.Info, error)
	// Changes gets a value after something changed. It has room for one.
	Changes() <-chan struct{}
	// Close ends the watching.
	Close() error
}

// A Store makes decisions and keeps them. All its methods may be called by several goroutines.
type Store struct {
	firewall Firewall
	host     Host
	now      func() time.Time
	log      *slog.Logger

	asks   chan *ask
	ending chan struct{} // closed by Close
	done   chan struct{} // closed at the end of run
	once   sync.Once

	mu       sync.RWMutex // guards what follows for readers; only the goroutine of run writes
	config   Config
	active   *ledger // what holds
	recorded *ledger // what would hold: of monitor mode and of rules in shadow mode
	counts   map[Outcome]uint64
	status   Status // what is not worked out when it is asked for

	troubles troubles

	// Of the goroutine of run.
	journal *journal
	audit   *auditLog
	facts   *host.Info
	guard   *guard
	lastID  uint64
	retry   next // of the firewall
	mend    next // of a journal that is broken
	clock   clock
}

// An ask is what the goroutine of run is asked to do: requests, or else a function.
type ask struct {
	requests []Request
	verdicts []Verdict
	do       func()
	done     chan struct{}
}

// askRoom is how many callers wait in line; beyond, they wait for room in it.
const askRoom = 1024

// maxGroup bounds how many requests are synced together. Beyond that, more of them save nothing.
const maxGroup = 4096

// ErrClosed is returned once a Store is closed.
var ErrClosed = errors.New("the store of decisions is closed")

// Open reads the journal, releases what is protected by now, gives all the rest to the firewall in one batch, and
// starts the Store. Whatever is wrong inside the journal is not an error; the report tells of it. A firewall that fails is
// none either: it is in Status, and is tried again. The caller may not change config afterwards.
func Open(ctx context.Context, config *Config, opt Options) (*Store, Report, error) {
	if err := setting.Valid(config); err != nil {
		return nil, Report{}, err
	}
	switch now := opt.Now; {
	case now == nil:
		opt.Now, opt.Elapsed = time.Now, elapsed
	case opt.Elapsed == nil:
		start := now()
		opt.Elapsed = func() time.Duration { return now().Sub(start) }
	}
	opt.Log = cmp.Or(opt.Log, slog.New(slog.DiscardHandler))
	if opt.Firewall == nil {
		opt.Firewall = nowhere{}
	}
	if opt.ops.write == nil {
		opt.ops = realFileOps()
	}
	b := &Store{
		firewall: opt.Firewall, host: opt.Host, now: func() time.Time { return instant(opt.Now()) }, log: opt.Log,
		asks: make(chan *ask, askRoom), ending: make(chan struct{}), done: make(chan struct{}),
		clock: clock{elapsed: opt.Elapsed}, config: *config, active: newLedger(), recorded: newLedger(), counts: map[Outcome]uint64{},
	}
	if b.host == nil {
		var err error
		ports := config.SSHPorts
		if len(ports) == 0 {
			ports = opt.SSHPorts
		}
		if b.host, err = host.Open(host.Options{SSHPorts: ports, SSHLoginGrace: config.SSHLoginGrace, Log: opt.Log}); err != nil {
			return nil, Report{}, err
		}
	}
	r, err := b.open(ctx, opt.ops)
	if err != nil {
		err = errors.Join(err, b.release())
		return nil, r, err
	}
	go b.run()
	return b, r, nil
}

// open reads everything. What it opened is closed by release.
func (b *Store) open(ctx context.Context, ops fileOps) (r Report, err error) {
	if b.facts, err = b.host.Info(); b.facts == nil {
		return r, fmt.Errorf("what is protected on this host cannot be found out: %w", err)
	} else if err != nil {
		b.hostTrouble(err)
	}
	if b.facts.Limit != "" {
		b.log.Warn("what is protected on this host is not known: only never_block is", "reason", b.facts.Limit)
	}
	b.guard = newGuard(b.facts, b.config.NeverBlock)
	if b.audit, err = openAudit(b.config.Audit, b.log); err != nil {
		return r, err
	}
	j, p, kept, err := openJournal(b.config.Journal, ops, b.restore)
	if err != nil {
		return r, err
	}
	b.journal = j
	now := b.now()
	r = Report{Bad: p.bad, BadCount: p.badCount, KeptAside: kept}
	if p.tail != "" {
		r.Cut, r.CutReason = p.size-p.good, fmt.Sprintf("line %d: %s", p.tailLine, p.tail)
		if p.whole {
			b.log.Error("the end of the journal of decisions is damaged and was cut off; what it decided is not known",
				"file", b.config.Journal, "bytes", r.Cut, "reason", r.CutReason, "kept", kept)
		} else {
			b.log.Warn("the end of the journal of decisions was cut off: it was being written when the program or the machine stopped",
				"file", b.config.Journal, "bytes", r.Cut, "reason", r.CutReason)
		}
	}
	for _, bad := range p.bad {
		b.log.Error("a line of the journal of decisions is damaged and was skipped; what it decided is not known",
			"file", b.config.Journal, "line", bad.Line, "reason", bad.Reason, "kept", kept)
	}
	b.active.swept = now
	b.clock.stepped(now) // from here on
	r.Expired = len(b.active.overdue(now))
	g := b.newGroup(now)
	for _, d := range b.List() {
		if p, ok := b.guard.check(d.Target, d.Forced); ok {
			r.Dropped = append(r.Dropped, fmt.Sprintf("%s: %s", &d, p))
			b.takeBack(g, &d, p)
		}
	}
	g.silent = true // all that holds goes to the firewall at once, below
	b.commit(ctx, g)
	if b.journal.broken || b.journal.bloated(b.needed()) {
		b.compact()
	}
	r.Restored = b.active.decisions
	line := auditLine{Time: now, Event: "restored", Origin: Origin{Source: SourceRestore},
		Detail: fmt.Sprintf("%d decisions from %s, %d expired, %d released", r.Restored, b.config.Journal, r.Expired, len(r.Dropped))}
	b.auditTrouble(b.audit.write([]auditLine{line}))
	b.note()
	if _, _, err := b.compare(ctx); err != nil && b.config.Mode == Monitor && b.active.decisions == 0 {
		// Nothing should be in it. Where nothing was ever enforced, a kernel without sets, or a process that may
		// not look at them, is as it should be.
		b.log.Info("the firewall cannot be looked at; in monitor mode, and with nothing to take out of it, that is not needed", "error", err)
	} else {
		b.firewallTrouble(err)
	}
	return r, nil
}

// restore does what a record of the journal says.
func (b *Store) restore(r *record) {
	b.lastID = max(b.lastID, r.ID)
	switch r.Op {
	case opAdd:
		d := r.Decision
		b.active.set(d.Target, state{decision: &d})
	case opRemove:
		b.active.set(r.Target, state{released: r.At})
	case opStart:
	case opPast:
		b.active.set(r.Target, state{offences: r.Offences, ended: r.At, released: r.Released})
	}
}

// Decide makes a decision about one request. It returns when the decision is in the journal and the firewall has been
// told, or with Failed when ctx is done before; then the request may still be decided.
func (b *Store) Decide(ctx context.Context, r Request) Verdict {
	return b.DecideAll(ctx, []Request{r})[0]
}

// DecideAll makes decisions about requests in their order, and returns a verdict for each. All of them, and those of
// other callers at the time, cost one sync of the journal and one call of the firewall.
func (b *Store) DecideAll(ctx context.Context, rs []Request) []Verdict {
	if len(rs) == 0 {
		return nil
	}
	// A copy: run may still read it when ctx is done and the caller has it back.
	a := &ask{requests: slices.Clone(rs), verdicts: make([]Verdict, len(rs)), done: make(chan struct{})}
	if err := b.ask(ctx, a); err != nil {
		out := make([]Verdict, len(rs)) // not a's: run may still write there
		for i := range out {
			out[i] = Verdict{Outcome: Failed, Err: err}
		}
		return out
	}
	return a.verdicts
}

// call has the goroutine of run call a function.
func (b *Store) call(ctx context.Context, do func()) error {
	return b.ask(ctx, &ask{do: do, done: make(chan struct{})})
}

func (b *Store) ask(ctx context.Context, a *ask) error {
	select {
	case b.asks <- a:
	case <-ctx.Done():
		return ctx.Err()
	case <-b.ending:
		return ErrClosed
	}
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-b.done:
		select {
		case <-a.done: // just before the end
			return nil
		default:
			return ErrClosed
		}
	}
}

// run does all that changes the Store.
func (b *Store) run() {
	defer close(b.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-b.ending:
			return
		case a := <-b.asks:
			b.serve(a)
		case <-b.host.Changes():
			b.tick(context.Background())
		case <-timer.C:
			b.tick(context.Background())
		}
		timer.Reset(b.idle())
	}
}

// serve does what was asked for, with all that has come in meanwhile.
func (b *Store) serve(first *ask) {
	b.followClock(context.Background())
	group, n := []*ask{first}, len(first.requests)
	for more := true; more && n < maxGroup; {
		select {
		case a := <-b.asks:
			group, n = append(group, a), n+len(a.requests)
		default:
			more = false
		}
	}
	for len(group) > 0 {
		if do := group[0].do; do != nil {
			do()
			close(group[0].done)
			group = group[1:]
			continue
		}
		end := 1
		for end < len(group) && group[end].do == nil {
			end++
		}
		b.decide(context.Background(), group[:end])
		group = group[end:]
	}
}

const (
	maxTick = 5 * time.Second // without anything due: the SSH sessions are looked at
	minTick = 10 * time.Millisecond
)

// idle is the time until something is due.
func (b *Store) idle() time.Duration {
	wait := maxTick
	now := b.now()
	for _, at := range []time.Time{b.active.next(), b.recorded.next(), b.retry.at, b.mend.at} {
		if !at.IsZero() {
			wait = min(wait, at.Sub(now))
		}
	}
	return max(wait, minTick)
}

// Close ends the Store. What is in force stays in force. Requests that were not served are answered with ErrClosed.
func (b *Store) Close() error {
	var err error
	b.once.Do(func() {
		close(b.ending)
		<-b.done
		err = b.release()
	})
	return err
}

// release closes all that is open.
func (b *Store) release() error {
	var errs []error
	for _, c := range []io.Closer{b.host, b.firewall} {
		errs = append(errs, c.Close())
	}
	if b.journal != nil {
		errs = append(errs, b.journal.close())
	}
	if b.audit != nil {
		errs = append(errs, b.audit.close())
	}
	return errors.Join(errs...)
}
