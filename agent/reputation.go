package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
)

// reputations asks what is known about addresses and names.
type reputations struct {
	idle
	d       *Daemon
	sources *reputation.Sources
}

// Open reads lists and what was learned before, and has the engine ask.
func (r *reputations) Open(context.Context) (err error) {
	specs := r.d.running.ReputationSpecs()
	if r.sources, err = reputation.New(specs, reputation.Options{Log: r.d.log}); err != nil {
		return err
	}
	if len(specs) > 0 {
		r.d.work.Reputation = reputationAdapter{r.sources}
		r.checkSources(r.d.opt.Loaded)
	}
	return nil
}

// Close keeps what was learned.
func (r *reputations) Close(ctx context.Context) error { return r.sources.Close(ctx) }

// Apply reads the lists again.
func (r *reputations) Apply(_ context.Context, next *Loaded) error {
	if r.d.work.Reputation == nil {
		return nil
	}
	r.checkSources(next)
	if err := r.sources.Reload(); err != nil {
		return fmt.Errorf("keeping the previous data: %w", err)
	}
	return nil
}

// Report implements reporter.
func (r *reputations) Report(_ context.Context, s *api.Status) {
	s.Reputation = r.sources.Status()
	for _, x := range s.Reputation {
		if !x.Healthy {
			s.Trouble = append(s.Trouble, fmt.Sprintf("reputation %q is %s: %s", x.Source, x.State, cmp.Or(x.CacheError, x.LastError)))
		}
	}
}

// Metrics implements measured.
func (r *reputations) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	return each(t, func() []reputation.Status { return r.sources.Status() }, []string{"source"}, func(x reputation.Status) []string { return []string{x.Source} },
		measure[reputation.Status]{"ruleids_reputation_healthy", "Whether the source answers (1) or is failing (0).", func(x reputation.Status) float64 { return one(x.Healthy) }},
		measure[reputation.Status]{"ruleids_reputation_queued", "Indicators queued for a request.", func(x reputation.Status) float64 { return float64(x.Queued) }},
		measure[reputation.Status]{"ruleids_reputation_requests_total", "Requests sent.", func(x reputation.Status) float64 { return float64(x.Requests) }},
		measure[reputation.Status]{"ruleids_reputation_failures_total", "Requests without a usable answer.", func(x reputation.Status) float64 { return float64(x.Failures) }},
		measure[reputation.Status]{"ruleids_reputation_dropped_total", "Indicators given up.", func(x reputation.Status) float64 { return float64(x.Dropped) }},
	)
}

// checkSources says which sources rules refer to and the settings do not have.
func (r *reputations) checkSources(loaded *Loaded) {
	for _, source := range unsourced(loaded.Rules, r.sources) {
		r.d.log.Warn("rule refers to an undefined reputation source; treated as clean", "source", source)
	}
}

// reputationAdapter is what the engine asks about indicators.
type reputationAdapter struct{ sources *reputation.Sources }

// Standing implements engine.Reputation. The scale of nearness is that of priority.
func (s reputationAdapter) Standing(source, indicator string, near uint8) engine.Standing {
	return s.sources.StandingAt(source, indicator, reputation.Priority(near))
}

// Version implements engine.Reputation.
func (s reputationAdapter) Version() uint64 { return s.sources.Version() }

// unsourced returns the sources that rules ask and that there are no blocks of, sorted. The shipped rules ask VirusTotal,
// which to do without is a choice like any other.
func unsourced(set *rules.RuleSet, sources *reputation.Sources) []string {
	var out []string
	for _, r := range set.Rules {
		if e := r.Escalate; r.Enabled && e != nil && e.Source != reputation.KindVirusTotal && !sources.Has(e.Source) && !slices.Contains(out, e.Source) {
			out = append(out, e.Source)
		}
	}
	slices.Sort(out)
	return out
}
