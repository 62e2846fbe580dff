package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/event/logsource"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/packet"
)

// logins are the logs of hosts that tell of logins. A login is an event for rules.
type logins struct {
	d   *Daemon
	set *logsource.Set

	mu      sync.Mutex
	tracker *login.Tracker    // of all logs: two may tell of one attempt
	counts  map[string]uint64 // by what became of logins
	seq     uint64            // of the last one
	recent  []recentLogin     // the newest fleet.MaxLogins
}

// A recentLogin is one for the server of a fleet, with when it was found.
type recentLogin struct {
	fleet.Login
	found time.Time
}

// tellLogins is how long a login is in heartbeats: for two of them, so that one may be lost.
const tellLogins = 5 * fleet.BeatEvery / 2

// note keeps a login for the server of a fleet. It is called with the lock.
func (g *logins) note(a *packet.Auth) {
	g.seq++
	text := func(s string) string { return printable.Text(s[:min(len(s), fleet.MaxLoginText)]) }
	l := fleet.Login{Seq: g.seq, Time: time.Unix(0, a.Time).UTC(), Result: a.Result, User: text(a.User), Service: text(a.Service), Host: text(a.Host), Method: text(a.Method), Reason: text(a.Reason)}
	if a.Src.Addr().IsValid() {
		l.Src = a.Src.Addr().Unmap().String()
	}
	if len(g.recent) == fleet.MaxLogins {
		g.recent = slices.Delete(g.recent, 0, 1)
	}
	g.recent = append(g.recent, recentLogin{l, time.Now()})
}

// told returns the logins for a heartbeat.
func (g *logins) told() (out []fleet.Login) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.recent {
		if time.Since(l.found) < tellLogins {
			out = append(out, l.Login)
		}
	}
	return out
}

// Open opens the sockets of syslog, while ports below 1024 can be had. A simulation has no logs.
func (g *logins) Open(context.Context) (err error) {
	specs := g.d.running.LogSpecs()
	if g.d.opt.Simulate != "" && len(specs) > 0 {
		g.d.log.Info("a simulation reads no logs")
		specs = nil
	}
	g.tracker, g.counts = login.New(g.d.opt.Loaded.Rules.Patterns()), map[string]uint64{}
	g.set, err = logsource.Open(specs, logsource.Options{Log: g.d.log, Lines: g.lines})
	return err
}

// sshd is auth.service of the SSH server.
const sshd = "sshd"

// expireEvery is the time between two looks for attempts that no line concludes.
const expireEvery = time.Second

// Run reads the logs.
func (g *logins) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { g.set.Run(ctx) })
	wg.Go(func() {
		for now := range ticks(ctx, expireEvery) {
			if err := g.post(ctx, func() []packet.Auth { return g.tracker.Expire(now) }, func(int) {}); err != nil {
				return
			}
		}
	})
	wg.Wait()
	return nil
}

// Close gives up sockets and files.
func (g *logins) Close(context.Context) error { return g.set.Close() }

// Apply implements applier: parsers of rules may have changed.
func (g *logins) Apply(_ context.Context, next *Loaded) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tracker.SetPatterns(next.Rules.Patterns())
	return nil
}

// lines takes lines of a log, and returns when rules have seen their logins. A line is taken when they have seen its own.
func (g *logins) lines(ctx context.Context, lines []login.Line, took func(int)) error {
	ends := make([]int, len(lines)) // of the logins of each line
	return g.post(ctx, func() (out []packet.Auth) {
		for i := range lines {
			out = append(out, g.tracker.Line(&lines[i])...)
			ends[i] = len(out)
		}
		return out
	}, func(seen int) {
		n := sort.SearchInts(ends, seen+1)
		if n > 0 {
			took(n)
		}
	})
}

// post runs the logins that find returns past the rules, between two batches of packets, and says after each how many of them rules
// have seen. Those of several logs come one after the other.
func (g *logins) post(ctx context.Context, find func() []packet.Auth, seen func(int)) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	found := find()
	if len(found) == 0 {
		if ctx.Err() == nil {
			seen(0)
		}
		return ctx.Err()
	}
	for i := range found {
		g.counts[found[i].Result]++
		g.note(&found[i])
		if a := &found[i]; a.Service == sshd && a.Result != packet.AuthProbe && a.Src.Addr().IsValid() {
			g.d.decisions.store.Told(a.Src.Addr(), a.Result == packet.AuthSuccess)
		}
	}
	return g.d.loop.do(ctx, func() {
		for i := range found {
			g.d.loop.post(found[i].Event())
			seen(i + 1)
		}
	})
}

// Report implements reporter.
func (g *logins) Report(_ context.Context, s *api.Status) {
	s.Logs = g.set.Status()
	for _, x := range s.Logs {
		name := fmt.Sprintf("auth %s %q", x.Kind, x.Name)
		fails(s, name, x.Error)
		loses(s, name, "lines", x.Lost, x.LastLost, "more came than could be dealt with")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Logins = maps.Clone(g.counts)
}

// Metrics implements measured.
func (g *logins) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	lines := t.add("ruleids_log_lines_total", "Lines of a log that were read.", "kind", "name")
	lost := t.add("ruleids_log_lines_lost_total", "Lines of a log that were lost for want of room.", "kind", "name")
	refused := t.add("ruleids_log_refused_total", "Messages and connections of senders that may not send to a syslog server.", "kind", "name")
	found := t.add("ruleids_logins_total", "Logins that logs told of.", "result")
	return func(ch chan<- prometheus.Metric) {
		for _, x := range g.set.Status() {
			lines(ch, float64(x.Lines), x.Kind, x.Name)
			lost(ch, float64(x.Lost), x.Kind, x.Name)
			refused(ch, float64(x.Refused), x.Kind, x.Name)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, result := range packet.AuthResults() {
			found(ch, float64(g.counts[result]), result)
		}
	}
}
