package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// Reload loads settings and rules again, and opens the files of parts again, as SIGHUP asks for.
func (d *Daemon) Reload(ctx context.Context, reason string) (*api.ReloadReport, error) {
	return d.rules.demand(ctx, request{reason: reason})
}

func (r *ruleFiles) note(report *api.ReloadReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.problems = report, report.Problems
	switch {
	case !report.OK:
		r.failed++
		return
	case report.Changed:
		r.since, r.change = report.Time, report
	default:
		report.Before = r.change
	}
	r.good++
}

// A request is a wish for a reload.
type request struct {
	reason string
	look   bool // only where files differ from those that were loaded last
	fresh  bool // they do: there is one of which no path was known
	reply  chan *api.ReloadReport
}

// ask hands a request to the goroutine that reloads.
func (r *ruleFiles) ask(ctx context.Context, q request) {
	select {
	case r.asked <- q:
	case <-ctx.Done():
	}
}

// demand asks for a reload and waits for the report.
func (r *ruleFiles) demand(ctx context.Context, q request) (*api.ReloadReport, error) {
	q.reply = make(chan *api.ReloadReport, 1)
	select {
	case r.asked <- q:
	case <-r.d.loop.ended:
		return nil, errStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case report := <-q.reply:
		return report, nil
	case <-r.d.loop.ended:
		return nil, errStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve serves requests, one after the other, until ctx is done. print is the fingerprint of the files that
// were loaded at the start.
func (r *ruleFiles) serve(ctx context.Context, print fingerprint) {
	var poll <-chan time.Time
	if every := r.d.running.Rules.Poll; every > 0 {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		poll = ticker.C
	}
	paths := r.d.opt.Loaded.Paths
	broken := ""
	for {
		var q request
		select {
		case <-ctx.Done():
			return
		case <-poll:
			q = request{reason: "poll", look: true}
		case q = <-r.asked:
		}
		if !q.look {
			r.reopen()
		}
		now := takeFingerprint(paths)
		if q.look && !q.fresh && now == print && broken == "" {
			continue
		}
		r.d.notify(reloadingState())
		loaded, took, read := r.load(paths)
		print, paths = read, loaded.Paths
		report := r.take(ctx, loaded, q.reason)
		report.LoadSeconds = took.Seconds()
		r.d.notify(readyState(report))
		if ctx.Err() != nil {
			return
		}
		text := fmt.Sprint(report.Problems)
		if report.OK {
			text = ""
		}
		// Files that are still as broken as at the last look are no news.
		if !q.look || report.OK || text != broken {
			r.note(report)
			r.log(report, broken != "")
		}
		broken = text
		if q.reply != nil {
			q.reply <- report
		}
	}
}

// load reads everything, and again where that led to directories that were not watched: files in them may have
// changed meanwhile. Paths of the result are those to look at from now on.
func (r *ruleFiles) load(before []string) (*Loaded, time.Duration, fingerprint) {
	start := time.Now()
	paths := before
	for try := 0; ; try++ {
		print := takeFingerprint(paths)
		loaded := r.d.opt.Input.Load()
		if loaded.Diags.HasErrors() {
			// A list of a rule file that cannot be parsed now is still worth watching.
			loaded.Paths = union(loaded.Paths, before)
		}
		added := r.follow(loaded.Paths)
		same := slices.Equal(paths, loaded.Paths)
		if paths = loaded.Paths; !added && same || try == 2 {
			return loaded, time.Since(start), print
		}
	}
}

// take makes the engine run what was loaded, unless there are errors in it or it runs already.
func (r *ruleFiles) take(ctx context.Context, loaded *Loaded, reason string) *api.ReloadReport {
	running := r.d.loaded.Load()
	report := &api.ReloadReport{Time: time.Now(), Reason: reason, Digest: running.Rules.Digest, Rules: enabled(running.Rules),
		Added: []string{}, Removed: []string{}, Kept: []string{}, Reset: []string{}, KeptLists: []string{}, EmptyLists: []string{}, Problems: []diag.Finding{}, Restart: []string{}}
	if loaded.Plan == nil {
		report.Problems = diag.Findings(onlyErrors(loaded.Diags))
		return report
	}
	report.OK = true
	report.Restart = append(report.Restart, config.Restart(r.d.running, loaded.Config)...)
	r.apply(ctx, loaded)
	if loaded.Rules.Digest == running.Rules.Digest {
		report.Kept = ruleNames(running.Rules)
		keep := *loaded
		keep.Plan, keep.Rules = running.Plan, running.Rules
		r.d.loaded.Store(&keep)
		r.d.capture.filter(loaded.Config, running.Plan)
		return report
	}
	next := r.d.loop.engine.Successor(loaded.Plan)
	// Nothing that the new rules look at may be missing when they begin.
	r.d.capture.filter(loaded.Config, running.Plan, loaded.Plan)
	var swapped engine.SwapReport
	if err := r.turn(ctx, report, func(time.Time) { swapped = r.d.loop.engine.SwapTo(next) }); err != nil {
		report.OK = false
		report.Problems = []diag.Finding{{Code: "stopping", Severity: diag.SeverityError, Summary: "Reload not finished", Detail: err.Error() + "."}}
		return report
	}
	r.settle(ctx, report, swapped.Removed)
	next.Release()
	r.d.capture.filter(loaded.Config, loaded.Plan)
	r.d.loaded.Store(loaded)
	report.Changed = true
	report.Digest, report.Rules = loaded.Rules.Digest, enabled(loaded.Rules)
	report.Added, report.Removed = list(swapped.Added), list(swapped.Removed)
	report.Kept, report.Reset = list(swapped.Kept), list(swapped.Reset)
	report.KeptLists, report.EmptyLists = list(swapped.KeptLists), list(swapped.EmptyLists)
	return report
}

// Moving the state of windows is done in turns of moveFor, in steps of moveKeys keys.
const (
	moveFor  = 100 * time.Microsecond
	moveKeys = 4
)

// settle has the loop forget rules that are gone and move the state of windows to the tables of the rules that run now, a
// little between any two batches.
func (r *ruleFiles) settle(ctx context.Context, report *api.ReloadReport, removed []string) {
	var err error
	if len(removed) > 0 {
		gone := make(map[string]bool, len(removed))
		for _, name := range removed {
			gone[name] = true
		}
		err = r.turn(ctx, report, func(time.Time) { r.d.loop.forget(gone) })
	}
	for done := false; !done && err == nil; {
		err = r.turn(ctx, report, func(begun time.Time) {
			for !done && time.Since(begun) < moveFor {
				done = r.d.loop.engine.Move(moveKeys)
			}
		})
	}
}

// turn has the loop do a part of a change of rules between two batches, and notes how long packets waited where that was the
// longest time so far.
func (r *ruleFiles) turn(ctx context.Context, report *api.ReloadReport, do func(begun time.Time)) error {
	return r.d.loop.do(ctx, func() {
		watch := startWatch()
		do(watch.begun)
		wall, cpu := watch.stop()
		report.PauseSeconds, report.PauseCPUSeconds = max(report.PauseSeconds, wall), max(report.PauseCPUSeconds, cpu)
	})
}

// reopen has parts open their files again, after another program has renamed them.
func (r *ruleFiles) reopen() {
	for _, p := range r.d.parts {
		if x, ok := p.Part.(reopener); ok {
			r.d.log.Debug("reopening files", "part", p.name)
			if err := x.Reopen(); err != nil {
				r.d.log.Error("files could not be opened again", "part", p.name, "error", err)
			}
		}
	}
}

// apply has parts take over settings that are not rules and need no restart, and files that they name.
func (r *ruleFiles) apply(ctx context.Context, loaded *Loaded) {
	r.d.level.Set(LogLevel(loaded.Config.Log.Level))
	for _, p := range r.d.parts {
		if x, ok := p.Part.(applier); ok {
			start := time.Now()
			err := x.Apply(ctx, loaded)
			r.d.log.Debug("applied settings", "part", p.name, "took", time.Since(start).String())
			if err != nil {
				r.d.log.Error("not all settings were taken over", "part", p.name, "error", err)
			}
		}
	}
}

// log logs a report; healed says that the files were broken before.
func (r *ruleFiles) log(report *api.ReloadReport, healed bool) {
	switch {
	case !report.OK:
		for _, f := range report.Problems {
			r.d.log.Error("reload failed; keeping the previous rules", "place", fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column), "code", f.Code,
				"problem", strings.TrimSuffix(f.Summary, ".")+". "+f.Detail)
		}
		return
	case report.Changed:
		r.d.log.Info("rules loaded", "reason", report.Reason, "rules", report.Rules, "digest", report.Digest, "added", report.Added, "removed", report.Removed, "reset", report.Reset, "empty_lists", report.EmptyLists,
			"kept", len(report.Kept), "load_seconds", report.LoadSeconds, "pause_seconds", report.PauseSeconds, "pause_cpu_seconds", report.PauseCPUSeconds)
	case healed:
		r.d.log.Info("the rule files are valid again", "reason", report.Reason, "rules", report.Rules, "digest", report.Digest)
	default:
		r.d.log.Info("rules unchanged", "reason", report.Reason, "rules", report.Rules, "digest", report.Digest)
	}
	if len(report.Restart) > 0 {
		r.d.log.Warn("changed settings need a restart", "settings", report.Restart)
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
