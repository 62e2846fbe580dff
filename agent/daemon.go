// Package daemon joins packets, rules and outputs to a program that runs for months: it feeds packets from a
// source to the engine and alerts to the outputs, loads rules anew when their files change, and answers
// questions on a control socket and by metrics.
//
// One goroutine, the loop, owns the engine. Everything else that wants something of the engine asks the loop to
// do it between two batches of packets.
package agent

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/actions/telegram"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/afpacket"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/event/honeypot"
)

// Options are what a Daemon is made of.
type Options struct {
	Input   Input
	Loaded  *Loaded // what Input held, without errors
	Source  Source
	Outputs Outputs
	// OutputStats returns the counts of the outputs; nil for none.
	OutputStats func() []output.Stats
	// Simulated is the capture that Source replays; "" for live interfaces.
	Simulated string
	Version   string
	Log       *slog.Logger
	// Book decides about actions of rules and keeps the decisions; nil for none. The Daemon closes it.
	Book *decision.Book
	// Firewall is what Book tells, where it can be repaired; nil where there is nothing to repair.
	Firewall Repairer
	// Notifiers tell people of alerts; nil for none. The Daemon closes them.
	Notifiers *notify.Notifiers
	// Telegram are the notifiers whose administrators may give commands.
	Telegram []telegram.Spec
	// Honeypots feed rules; nil for none. The Daemon serves and closes them.
	Honeypots Honeypots
	// Ended is called when all is closed; nil for nothing.
	Ended func() error
	// Reputation knows about indicators; nil for none. The Daemon closes it.
	Reputation *reputation.Sources
	// Level is the level of Log, which a reload may change; nil where it may not.
	Level *slog.LevelVar
	// Control and Metrics are sockets to serve on; nil for none. The Daemon closes them.
	Control, Metrics net.Listener
}

// A Daemon runs rules on packets until it is stopped. It is made by New, and run once.
type Daemon struct {
	opt     Options
	log     *slog.Logger
	loop    *loop
	started time.Time
	running *config.Config // the settings that were there at the start
	reloads reloads
	loaded  atomic.Pointer[Loaded] // what runs
	watch   *watcher               // nil without
	// responder is nil without a Book.
	responder *responder
	bots      *telegram.Bots // nil without
	drift     drift
	kept      chan struct{} // closed when keepFirewall has returned; nil where it does not run
	asked     chan request
}

// closeWithin is how long outputs may take to write out what is queued when the daemon stops.
const closeWithin = 10 * time.Second

// New makes a daemon ready to run. After an error all that opt holds is the caller's to close.
func New(opt Options) (*Daemon, error) {
	d := &Daemon{opt: opt, log: opt.Log, started: time.Now(), running: opt.Loaded.Config, asked: make(chan request)}
	d.loaded.Store(opt.Loaded)
	work := engine.Config{Workers: Workers(opt.Loaded.Config), Agent: opt.Loaded.Config.Agent}
	if opt.Reputation != nil {
		work.Reputation = standing{opt.Reputation}
	}
	d.loop = newLoop(opt.Loaded.Plan, work, opt.Source, &responses{Outputs: opt.Outputs, daemon: d}, d.happened, d.lost)
	d.loop.stepped = d.stepped
	d.reloads.start(opt.Loaded, d.started)
	var err error
	if d.bots, err = d.newBots(); err != nil {
		return nil, err
	}
	if opt.Book != nil { // its goroutine ends with Run
		d.responder = newResponder(opt.Book, d.log)
	}
	if d.watch, err = newWatcher(); err != nil {
		// Looking now and then is enough to run.
		d.log.Warn("the kernel gives no notice of changed files; they are looked at every "+d.running.Rules.Poll.String(), "error", err)
	}
	return d, nil
}

// Run works until ctx is done or the source ends, then writes out every alert that was raised. Reload requests
// come from the control socket, from changes of files, and from Reload.
func (d *Daemon) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel() // before the wait for those that ctx ends

	prints := takeFingerprint(d.opt.Loaded.Paths)
	if d.watch != nil {
		defer d.watch.close()
		d.watch.follow(d.opt.Loaded.Paths)
		wg.Go(func() { d.watch.run(ctx, func(reason string) { d.ask(ctx, request{reason: reason, look: true}) }) })
	}
	wg.Go(func() { d.reload(ctx, prints) })
	if d.opt.Control != nil {
		wg.Go(func() { d.serve(ctx, d.opt.Control, d.controlHandler(), "control") })
	}
	if d.opt.Metrics != nil {
		wg.Go(func() { d.serve(ctx, d.opt.Metrics, d.metricsHandler(), "metrics") })
	}
	wg.Go(func() { d.tellSystemd(ctx) })
	if d.opt.Firewall != nil && d.opt.Book != nil {
		d.kept = make(chan struct{})
		go func() { // not one to wait for without end: it runs programs of others
			defer close(d.kept)
			d.keepFirewall(ctx)
		}()
	}
	if d.bots != nil {
		wg.Go(func() { d.bots.Run(ctx) })
	}
	if d.opt.Honeypots != nil {
		wg.Go(func() {
			if err := d.opt.Honeypots.Serve(ctx, honeypot.Options{Log: d.log, Events: d.catch}); err != nil {
				d.log.Error("the honeypots ended", "error", err)
			}
		})
	}
	d.checkSources(d.opt.Loaded)
	first := d.opt.Loaded
	d.log.Info("running", "version", d.opt.Version, "rules", enabled(first.Rules), "digest", first.Rules.Digest, "source", d.sourceName())
	err := d.loop.run(ctx)
	d.log.Info("stopping")
	d.notify(systemd.SdNotifyStopping)
	cancel()
	err = errors.Join(err, d.opt.Source.Close())
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer done()
	err = errors.Join(err, d.close(closing))
	d.tellCounts()
	return err
}

// tellCounts logs what was counted since the start, once the loop has ended and outputs are closed.
func (d *Daemon) tellCounts() {
	counted, captured, lost := d.loop.engine.Stats(), d.opt.Source.Stats(), uint64(0)
	if d.opt.OutputStats != nil {
		for _, o := range d.opt.OutputStats() {
			lost += o.Dropped
		}
	}
	d.log.Info("stopped", "after", time.Since(d.started).Round(time.Millisecond), "packets", counted.Packets, "dropped", captured.Dropped,
		"missed", captured.Missed, "alerts", counted.Alerts, "suppressed", counted.Suppressed, "alerts_lost", lost)
}

// Workers returns how many goroutines share the work on packets, and rings on each interface bring them.
func Workers(c *config.Config) int {
	if c.Capture.Workers == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return c.Capture.Workers
}

// Reload loads settings and rules anew, and reopens the files of outputs, as SIGHUP asks for.
func (d *Daemon) Reload(ctx context.Context, reason string) (*api.ReloadReport, error) {
	return d.demand(ctx, request{reason: reason})
}

// happened logs what happened to an interface.
func (d *Daemon) happened(e *afpacket.Event) {
	level := slog.LevelInfo
	switch e.Kind {
	case afpacket.EventDown, afpacket.EventGone, afpacket.EventFailed:
		level = slog.LevelWarn
	}
	args := []any{"interface", e.Interface, "event", e.Kind.String()}
	if e.Err != nil {
		args = append(args, "error", e.Err)
	}
	d.log.Log(context.Background(), level, "interface "+e.Kind.String(), args...)
}

// lost logs that packets are lost, or that this is over.
func (d *Daemon) lost(n *lossNews) {
	args := []any{"lost", n.lost, "since", n.since.UTC().Format(time.RFC3339)}
	if n.ended {
		d.log.Info("packets are no longer lost", append(args, "for", n.took.Round(time.Millisecond))...)
		return
	}
	d.log.Warn("packets are being lost; rules see less than there is", args...)
}

// stepped logs that the system's clock was set.
func (d *Daemon) stepped(by time.Duration) {
	if by < 0 {
		d.log.Warn("the system's clock was set back; windows go on as if it had not been", "by", by.Abs().Round(time.Millisecond))
		return
	}
	d.log.Warn("the system's clock was set ahead; windows expire as after a pause", "by", by.Round(time.Millisecond))
}

// serve answers HTTP until ctx is done.
func (d *Daemon) serve(ctx context.Context, l net.Listener, h http.Handler, what string) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelWarn),
		ConnContext: withPeer}
	stop := context.AfterFunc(ctx, func() {
		// Answers under way may be finished, but a client that does not read keeps nobody from stopping.
		closing, done := context.WithTimeout(context.Background(), time.Second)
		defer done()
		if s.Shutdown(closing) != nil {
			_ = s.Close()
		}
	})
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		d.log.Error("the "+what+" server ended", "error", err)
	}
}

func (d *Daemon) sourceName() string {
	if d.opt.Simulated != "" {
		return d.opt.Simulated
	}
	names := ""
	for i, s := range d.opt.Source.Stats().Interfaces {
		if i > 0 {
			names += ","
		}
		names += s.Name
	}
	return names
}
