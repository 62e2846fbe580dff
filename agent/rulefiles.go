package agent

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/diag"
)

// ruleFiles loads rules and settings again when their files change, when asked to, and now and then.
type ruleFiles struct {
	d     *Daemon
	asked chan request
	print fingerprint // of the files that were loaded at the start
	watch *watcher    // nil where the kernel gives no notice of changes

	mu       sync.Mutex
	good     uint64
	failed   uint64
	since    time.Time // when the rules that run were loaded
	last     *api.ReloadReport
	change   *api.ReloadReport // the last that changed rules; nil where none did
	problems []diag.Finding    // of the newest files; empty while they are good
	unseen   error             // why changes of some files are found by polling only
}

func newRuleFiles(d *Daemon) *ruleFiles {
	first := d.opt.Loaded
	return &ruleFiles{d: d, asked: make(chan request), since: d.started, problems: []diag.Finding{},
		last: &api.ReloadReport{Time: d.started, Reason: "start", OK: true, Changed: true, Digest: first.Rules.Digest, Rules: enabled(first.Rules),
			Added: ruleNames(first.Rules), Removed: []string{}, Kept: []string{}, Reset: []string{}, KeptLists: []string{}, EmptyLists: []string{}, Problems: []diag.Finding{}, Restart: []string{}}}
}

// Open asks the kernel for notice of changes. Looking now and then is enough to run.
func (r *ruleFiles) Open(context.Context) (err error) {
	r.print = takeFingerprint(r.d.opt.Loaded.Paths) // before the watching: what changes between is found by looking
	if r.watch, err = newWatcher(); err != nil {
		r.noteUnseen(err)
	} else {
		r.follow(r.d.opt.Loaded.Paths)
	}
	return nil
}

// follow watches the directories in which the paths can change, and reports whether that added any.
func (r *ruleFiles) follow(paths []string) bool {
	if r.watch == nil {
		return false
	}
	added, fault := r.watch.follow(paths)
	r.noteUnseen(fault)
	return added
}

// noteUnseen tells, once for each cause, that changes are found by polling only.
func (r *ruleFiles) noteUnseen(err error) {
	r.mu.Lock()
	told := err == nil || r.unseen != nil && r.unseen.Error() == err.Error()
	r.unseen = err
	r.mu.Unlock()
	if !told {
		r.d.log.Warn("changes of some files are only found by polling", "poll", r.d.running.Rules.Poll.String(), "error", err)
	}
}

// Run reloads.
func (r *ruleFiles) Run(ctx context.Context) error {
	var watching sync.WaitGroup
	defer watching.Wait()
	if r.watch != nil {
		watching.Go(func() { r.watch.run(ctx, func(reason string) { r.ask(ctx, request{reason: reason, look: true}) }) })
	}
	r.serve(ctx, r.print)
	return nil
}

// Close ends the watching.
func (r *ruleFiles) Close(context.Context) error {
	if r.watch == nil {
		return nil
	}
	return r.watch.close()
}

// Report implements reporter.
func (r *ruleFiles) Report(_ context.Context, s *api.Status) {
	s.Rules = r.status()
	if s.Rules.Broken {
		s.Trouble = append(s.Trouble, "the rule files have errors; keeping the previous rules")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unseen != nil {
		s.Trouble = append(s.Trouble, fmt.Sprintf("changes of some files are only found by polling, every %s: %v", r.d.running.Rules.Poll, r.unseen))
	}
}

func (r *ruleFiles) status() api.RulesStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.d.loaded.Load().Rules
	n := enabled(all)
	return api.RulesStatus{
		Loaded: n, Disabled: len(all.Rules) - n, Digest: all.Digest, Since: r.since,
		Reloads: r.good, FailedReloads: r.failed, Broken: len(r.problems) > 0, Last: r.last, Problems: slices.Clone(r.problems),
	}
}

// Metrics implements measured.
func (r *ruleFiles) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	rulesLoaded := t.add("ruleids_rules_loaded", "Rules loaded.")
	rulesBroken := t.add("ruleids_rules_broken", "1 while the rule files have errors and the previous rules are kept.")
	rulesReloads := t.add("ruleids_rules_reloads_total", "Reloads, by result: ok or failed.", "result")
	rulesLastLoadTimestampSeconds := t.add("ruleids_rules_last_load_timestamp_seconds", "When the rules that run were loaded.")
	return func(ch chan<- prometheus.Metric) {
		s := r.status()
		rulesLoaded(ch, float64(s.Loaded))
		rulesBroken(ch, one(s.Broken))
		rulesReloads(ch, float64(s.Reloads), "ok")
		rulesReloads(ch, float64(s.FailedReloads), "failed")
		rulesLastLoadTimestampSeconds(ch, float64(s.Since.UnixNano())/1e9)
	}
}
