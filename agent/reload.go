package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// reloads is what is known about reloads so far.
type reloads struct {
	mu       sync.Mutex
	good     uint64
	failed   uint64
	since    time.Time // when the rules that run were loaded
	last     *api.ReloadReport
	problems []diag.Finding // of the newest files; empty while they are good
}

func (r *reloads) start(first *Loaded, now time.Time) {
	r.since = now
	r.last = &api.ReloadReport{Time: now, Reason: "start", OK: true, Changed: true, Digest: first.Rules.Digest, Rules: enabled(first.Rules),
		Added: ruleNames(first.Rules), Removed: []string{}, Kept: []string{}, Reset: []string{}, Problems: []diag.Finding{}, Restart: []string{}}
	r.problems = []diag.Finding{}
}

func (r *reloads) note(report *api.ReloadReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.problems = report, report.Problems
	switch {
	case !report.OK:
		r.failed++
		return
	case report.Changed:
		r.since = report.Time
	}
	r.good++
}

// A request is a wish for a reload.
type request struct {
	reason string
	look   bool // only where files differ from those that were loaded last
	reply  chan *api.ReloadReport
}

// ask hands a request to the goroutine that reloads.
func (d *Daemon) ask(ctx context.Context, r request) {
	select {
	case d.asked <- r:
	case <-ctx.Done():
	}
}

// demand asks for a reload and waits for the report.
func (d *Daemon) demand(ctx context.Context, r request) (*api.ReloadReport, error) {
	r.reply = make(chan *api.ReloadReport, 1)
	select {
	case d.asked <- r:
	case <-d.loop.ended:
		return nil, errStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case report := <-r.reply:
		return report, nil
	case <-d.loop.ended:
		return nil, errStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// reload serves requests, one after the other, until ctx is done. print is the fingerprint of the files that
// were loaded at the start.
func (d *Daemon) reload(ctx context.Context, print fingerprint) {
	var poll <-chan time.Time
	if every := d.running.Rules.Poll; every > 0 {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		poll = ticker.C
	}
	paths := d.opt.Loaded.Paths
	broken := ""
	for {
		var r request
		select {
		case <-ctx.Done():
			return
		case <-poll:
			r = request{reason: "poll", look: true}
		case r = <-d.asked:
		}
		if !r.look {
			d.opt.Outputs.Reopen()
			d.reopen()
		}
		now := takeFingerprint(paths)
		if r.look && now == print && broken == "" {
			continue
		}
		d.notify(reloadingState())
		loaded, took, read := d.load(paths)
		print, paths = read, loaded.Paths
		report := d.take(ctx, loaded, r.reason)
		report.LoadSeconds = took.Seconds()
		d.notify(readyState(report))
		if ctx.Err() != nil {
			return
		}
		text := fmt.Sprint(report.Problems)
		if report.OK {
			text = ""
		}
		// Files that are still as broken as at the last look are no news.
		if !r.look || report.OK || text != broken {
			d.reloads.note(report)
			d.tell(report, broken != "")
		}
		broken = text
		if r.reply != nil {
			r.reply <- report
		}
	}
}

// load reads everything, and again where that led to folders that were not watched: files in them may have
// changed meanwhile. Paths of the result are those to look at from now on.
func (d *Daemon) load(before []string) (*Loaded, time.Duration, fingerprint) {
	start := time.Now()
	paths := before
	for try := 0; ; try++ {
		print := takeFingerprint(paths)
		loaded := d.opt.Input.Load()
		if loaded.Diags.HasErrors() {
			// A list of a rule file that cannot be parsed now is still worth watching.
			loaded.Paths = union(loaded.Paths, before)
		}
		added := d.watch != nil && d.watch.follow(loaded.Paths)
		same := slices.Equal(paths, loaded.Paths)
		if paths = loaded.Paths; !added && same || try == 2 {
			return loaded, time.Since(start), print
		}
	}
}

// take makes the engine run what was loaded, unless there are errors in it or it runs already.
func (d *Daemon) take(ctx context.Context, loaded *Loaded, reason string) *api.ReloadReport {
	running := d.loaded.Load()
	report := &api.ReloadReport{Time: time.Now(), Reason: reason, Digest: running.Rules.Digest, Rules: enabled(running.Rules),
		Added: []string{}, Removed: []string{}, Kept: []string{}, Reset: []string{}, Problems: []diag.Finding{}, Restart: []string{}}
	if loaded.Plan == nil {
		report.Problems = diag.Findings(onlyErrors(loaded.Diags))
		return report
	}
	report.OK = true
	report.Restart = append(report.Restart, config.Restart(d.running, loaded.Config)...)
	d.adapt(ctx, loaded)
	if loaded.Rules.Digest == running.Rules.Digest {
		report.Kept = ruleNames(running.Rules)
		keep := *loaded
		keep.Plan, keep.Rules = running.Plan, running.Rules
		d.loaded.Store(&keep)
		d.filter(loaded.Config, running.Plan)
		return report
	}
	next := d.loop.engine.Successor(loaded.Plan)
	// Nothing that the new rules look at may be missing when they begin.
	d.filter(loaded.Config, running.Plan, loaded.Plan)
	var swapped engine.SwapReport
	err := d.loop.do(ctx, func() {
		watch := startWatch()
		swapped = d.loop.engine.SwapTo(next)
		d.loop.forget(swapped.Removed)
		report.PauseSeconds, report.PauseCPUSeconds = watch.stop()
	})
	if err != nil {
		report.OK = false
		report.Problems = []diag.Finding{{Code: "stopping", Severity: diag.SeverityError, Summary: "Reload not finished", Detail: err.Error() + "."}}
		return report
	}
	d.settle(ctx, report)
	next.Release()
	d.filter(loaded.Config, loaded.Plan)
	d.loaded.Store(loaded)
	report.Changed = true
	report.Digest, report.Rules = loaded.Rules.Digest, enabled(loaded.Rules)
	report.Added, report.Removed = list(swapped.Added), list(swapped.Removed)
	report.Kept, report.Reset = list(swapped.Kept), list(swapped.Reset)
	return report
}

// Moving the state of windows is done in turns of moveFor, in steps of moveKeys keys.
const (
	moveFor  = 100 * time.Microsecond
	moveKeys = 4
)

// settle has the loop move the state of windows to the tables of the rules that run now, a little between any two
// batches, and notes the longest time for which packets waited.
func (d *Daemon) settle(ctx context.Context, report *api.ReloadReport) {
	for done := false; !done; {
		err := d.loop.do(ctx, func() {
			watch := startWatch()
			for !done && time.Since(watch.begun) < moveFor {
				done = d.loop.engine.Move(moveKeys)
			}
			wall, cpu := watch.stop()
			report.PauseSeconds, report.PauseCPUSeconds = max(report.PauseSeconds, wall), max(report.PauseCPUSeconds, cpu)
		})
		if err != nil {
			return
		}
	}
}

// adapt takes over settings that are not rules and need no restart, and files that they name.
func (d *Daemon) adapt(ctx context.Context, loaded *Loaded) {
	if d.opt.Level != nil {
		d.opt.Level.Set(LogLevel(loaded.Config.Log.Level))
	}
	d.adaptResponses(ctx, loaded)
}

// tell logs a report; healed says that the files were broken before.
func (d *Daemon) tell(r *api.ReloadReport, healed bool) {
	switch {
	case !r.OK:
		for _, f := range r.Problems {
			d.log.Error("rules not loaded; those before go on", "place", fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column), "code", f.Code,
				"problem", strings.TrimSuffix(f.Summary, ".")+". "+f.Detail)
		}
		return
	case r.Changed:
		d.log.Info("rules loaded", "reason", r.Reason, "rules", r.Rules, "digest", r.Digest, "added", r.Added, "removed", r.Removed, "reset", r.Reset,
			"kept", len(r.Kept), "load_seconds", r.LoadSeconds, "pause_seconds", r.PauseSeconds, "pause_cpu_seconds", r.PauseCPUSeconds)
	case healed:
		d.log.Info("the rule files are good again", "reason", r.Reason, "rules", r.Rules, "digest", r.Digest)
	default:
		d.log.Info("rules unchanged", "reason", r.Reason, "rules", r.Rules, "digest", r.Digest)
	}
	if len(r.Restart) > 0 {
		d.log.Warn("changed settings need a restart", "settings", r.Restart)
	}
	if d.watch != nil && d.watch.fault != "" {
		d.log.Warn("changes of some files are found by looking now and then only", "error", d.watch.fault)
	}
}

func onlyErrors(diags hcl.Diagnostics) hcl.Diagnostics {
	return slices.DeleteFunc(slices.Clone(diags), func(d *hcl.Diagnostic) bool { return d.Severity != hcl.DiagError })
}

// enabled counts the rules that run.
func enabled(rs *rules.RuleSet) int { return len(ruleNames(rs)) }

// ruleNames returns the names of the rules that run, sorted.
func ruleNames(rs *rules.RuleSet) []string {
	out := []string{}
	for _, r := range rs.Rules {
		if r.Enabled {
			out = append(out, r.Name)
		}
	}
	return out
}

// list is names without nil, which JSON would not write as a list.
func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
