// Package agent joins packets, rules and responses to a daemon that runs for months: it feeds packets from a source to
// the engine and alerts to whatever takes them, loads rules again when their files change, and answers questions on a
// control socket and by metrics.
//
// A daemon is a list of parts (see Part). One goroutine, the loop, owns the engine; everything else that wants something
// of the engine asks the loop to do it between two batches of packets.
package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
)

// Options are what a Daemon is made of.
type Options struct {
	Input    Input
	Loaded   *Loaded // what Input held, without errors
	Simulate string  // a capture to replay as if it came from an interface; "" for live interfaces
	Speed    float64 // of Simulate: times its own pace, 0 for as fast as it can be read
	Version  string
	Log      io.Writer
	// Stdout takes the alerts of the output "stdout", which the settings may name and which is there without any, in the
	// form Format, with colours where Color is true.
	Stdout io.Writer
	Format string
	Color  bool
	// Ready is called once the daemon works; it may be nil.
	Ready func()
}

// A Daemon runs rules on packets until it is stopped. It is made by Open, and run once.
type Daemon struct {
	opt     Options
	log     *slog.Logger
	level   *slog.LevelVar // of log; a reload may change it
	started time.Time
	running *config.Config         // the settings that were there at the start
	loaded  atomic.Pointer[Loaded] // what runs
	account *Account               // to change to; nil for none
	stop    context.CancelFunc     // set by Run
	testing sync.Mutex             // held while a self-test runs

	parts []namedPart
	// Parts that others ask.
	capture   *capturing
	decisions *decisions
	notifiers *notifiers
	rules     *ruleFiles
	evidence  *evidenceKeeper
	logins    *logins
	pauses    *pauses

	work   engine.Config // what parts add to it while they are opened
	memory *memories
	models *baselines
	assets *assetMap
	peaks  *peaks
	loop   *loop
	takers []taker
}

// newDaemon returns a daemon with all of its parts, none of them open.
func newDaemon(opt Options) *Daemon {
	d := &Daemon{opt: opt, started: time.Now(), running: opt.Loaded.Config, level: new(slog.LevelVar), stop: func() {}}
	d.loaded.Store(opt.Loaded)
	d.level.Set(LogLevel(d.running.Log.Level))
	_, journal := lookup(opt.Input.Settings.Environ)("JOURNAL_STREAM")
	d.log = NewLog(opt.Log, d.running.Log.Format, d.level, journal)
	d.work = engine.Config{Workers: Workers(d.running), Agent: d.running.Agent}

	d.capture, d.decisions, d.notifiers, d.rules = &capturing{d: d}, &decisions{d: d}, &notifiers{d: d}, newRuleFiles(d)
	d.evidence = &evidenceKeeper{d: d}
	d.logins = &logins{d: d}
	d.memory, d.models, d.assets = newMemories(d), newBaselines(d), newAssetMap(d)
	d.peaks = newPeaks(d)
	d.pauses = newPauses(d)
	honeypots := &honeypots{d: d}
	d.parts = []namedPart{
		{"capture", d.capture},
		{"pause", d.pauses},
		{"control", &control{d: d}},
		{"summary", &summaries{d: d}},
		{"metrics", &metricsServer{d: d}},
		{"directories", &directories{d: d}},
		{"honeypots", honeypots},
		{"memory", d.memory},
		{"logins", d.logins},
		{"models", d.models},
		{"assets", d.assets},
		{"privileges", &privileges{d: d}}, // what is above may need root, what is below must do without
		{"honeypot logs", &honeypotLogs{of: honeypots}},
		{"reputation", &reputations{d: d}},
		{"decisions", d.decisions}, // alerts come here before they are reported: an attacker is to be blocked first
		{"evidence", d.evidence},   // what takes alerts from here on tells where their evidence is
		{"fleet", &fleetLink{d: d}},
		{"outputs", &outputs{d: d}},
		{"notifiers", d.notifiers},
		{"bots", &bots{d: d}},
		{"rules", d.rules},
		{"sources", newSources(d)},
		{"peaks", d.peaks},
		{"counts", &counts{d: d}},
		{"service", &service{d: d}},
	}
	return d
}

// closeWithin is how long parts may take to write out what is queued when the daemon stops.
const closeWithin = 10 * time.Second

// Open opens all parts of a daemon. After an error nothing is left open.
func Open(ctx context.Context, opt Options) (*Daemon, error) {
	d := newDaemon(opt)
	TakeStandardLog(d.log)
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Daemon) open(ctx context.Context) (err error) {
	if err := RaisePrivileges(); err != nil {
		return err
	}
	if d.running.User != "" {
		if d.account, err = LookupAccount(d.running.User); err != nil {
			return err
		}
	}
	for i, p := range d.parts {
		if o, ok := p.Part.(opener); ok {
			if err := o.Open(ctx); err != nil {
				closing, done := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
				defer done()
				for _, before := range slices.Backward(d.parts[:i]) {
					_ = before.Close(closing) // the first error is the one to tell
				}
				return err
			}
			d.log.Debug("opened", "part", p.name)
		}
		if t, ok := p.Part.(taker); ok {
			d.takers = append(d.takers, t)
		}
	}
	d.work.Models = d.models.load()
	d.loop = newLoop(d.opt.Loaded.Plan, d.work, d.capture.source, d.Send, d.capture.happened, d.capture.lost)
	d.loop.stepped = d.capture.stepped
	d.evidence.attach(d.loop)
	d.memory.restoreTo(d.loop.engine, time.Now())
	return nil
}

// Send hands an alert to all parts that take alerts. The loop calls it; nothing in it waits.
func (d *Daemon) Send(a *alert.Alert) {
	for _, t := range d.takers {
		t.Send(a)
	}
}

// Run works until ctx is done or the packets end, then writes out every alert that was raised.
func (d *Daemon) Run(ctx context.Context) error {
	ctx, d.stop = context.WithCancel(ctx)
	defer d.stop()
	ended := make([]chan error, len(d.parts))
	d.loop.start()
	for i, p := range d.parts {
		ended[i] = make(chan error, 1)
		go func() {
			err := p.Run(ctx)
			if err != nil {
				d.stop()
			}
			ended[i] <- err
		}()
	}
	first := d.opt.Loaded
	d.log.Info("running", "version", d.opt.Version, "rules", enabled(first.Rules), "digest", first.Rules.Digest, "source", d.capture.names(),
		"mode", d.running.Response.Mode)
	<-ctx.Done()
	d.log.Info("stopping")
	<-d.loop.ended // nothing raises alerts from here on
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer done()
	err := d.close(closing, ended)
	d.logCounts()
	return err
}

// close closes each part once it has ended. What hangs takes no time from the others.
func (d *Daemon) close(ctx context.Context, ended []chan error) error {
	errs := make([]error, len(d.parts))
	var wg sync.WaitGroup
	for i, p := range d.parts {
		wg.Go(func() {
			select {
			case err := <-ended[i]:
				errs[i] = errors.Join(err, p.Close(ctx))
				d.log.Debug("closed", "part", p.name)
			case <-ctx.Done():
				errs[i] = fmt.Errorf("%s: it did not end in time: %w", p.name, ctx.Err())
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// logCounts logs what was counted since the start, once everything is closed.
func (d *Daemon) logCounts() {
	counted, captured, lost := d.loop.engine.Stats(), d.capture.source.Stats(), uint64(0)
	s := d.Status(context.Background())
	for _, o := range s.Outputs {
		lost += o.Lost
	}
	d.log.Info("stopped", "after", time.Since(d.started).Round(time.Millisecond).String(), "packets", counted.Packets, "dropped", captured.Dropped,
		"missed", captured.Missed, "alerts", counted.Alerts, "suppressed", counted.Suppressed, "alerts_lost", lost)
}

// Workers returns how many goroutines share the work on packets, and rings on each interface bring them.
func Workers(c *config.Config) int {
	if c.Capture.Workers == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return c.Capture.Workers
}
