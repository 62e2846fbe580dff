package agent

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture/evidence"
	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// evidenceKeeper keeps the packets around alerts in files.
type evidenceKeeper struct {
	d        *Daemon
	recorder *evidence.Recorder // nil where the settings name no directory
}

// EvidenceWishes returns what rules say about their evidence, where they do, with the settings for what they leave out.
func EvidenceWishes(rs *rules.RuleSet, c *evidence.Config) map[string]evidence.Wish {
	out := map[string]evidence.Wish{}
	for _, r := range rs.Rules {
		e := r.Evidence
		if e == nil {
			continue
		}
		w := evidence.Wish{Off: !e.Enabled, Before: c.Before, After: c.After, Bytes: int64(c.Bytes)}
		if e.Before != nil {
			w.Before = *e.Before
		}
		if e.After != nil {
			w.After = *e.After
		}
		if e.Bytes != nil {
			w.Bytes = int64(*e.Bytes)
		}
		out[r.Name] = w
	}
	return out
}

// Open begins to keep packets. The directory was made for the account that the daemon runs as by now.
func (e *evidenceKeeper) Open(context.Context) (err error) {
	c := e.d.running.Evidence
	if c.Dir == "" {
		return nil
	}
	e.recorder, err = evidence.New(evidence.Options{Config: c, Rules: EvidenceWishes(e.d.opt.Loaded.Rules, &c), Log: e.d.log})
	if err != nil {
		return fmt.Errorf("evidence: %w; name another place with evidence { dir = … }", err)
	}
	return nil
}

// attach has a loop bring its packets.
func (e *evidenceKeeper) attach(l *loop) {
	if e.recorder == nil {
		return
	}
	if k, ok := l.source.(keeper); ok {
		k.Keep(e.recorder.Forget)
	}
	l.keep = func(b *live.Batch, shift int64) []packet.Frame {
		return e.recorder.Borrow(&b.Frames, b.Number, b.Room, shift)
	}
}

// Run waits: packets and alerts are brought by the loop.
func (e *evidenceKeeper) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Close writes what waits.
func (e *evidenceKeeper) Close(ctx context.Context) error {
	if e.recorder == nil {
		return nil
	}
	return e.recorder.Close(ctx)
}

// Send implements taker.
func (e *evidenceKeeper) Send(a *alert.Alert) {
	if e.recorder != nil {
		e.recorder.Alert(a)
	}
}

// Apply implements applier.
func (e *evidenceKeeper) Apply(_ context.Context, next *Loaded) error {
	if e.recorder != nil {
		c := next.Config.Evidence
		e.recorder.Configure(c, EvidenceWishes(next.Rules, &c))
	}
	return nil
}

// Report implements reporter.
func (e *evidenceKeeper) Report(_ context.Context, s *api.Status) {
	if e.recorder == nil {
		return
	}
	x := e.recorder.Stats()
	s.Evidence = &api.EvidenceStatus{Dir: e.d.running.Evidence.Dir, Files: x.Held, Bytes: x.HeldBytes, Written: x.Files, WrittenBytes: x.Bytes, Pending: x.Pending,
		Removed: x.Removed, Lost: x.Lost, Skipped: x.Skipped, LastLost: x.LastLost, Failed: x.Failed, Error: x.Error}
	fails(s, "evidence", x.Error)
	loses(s, "evidence", "files", x.Lost, x.LastLost, "more alerts came at a time than are kept evidence of")
}

// Metrics implements measured.
func (e *evidenceKeeper) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	stats := func() []evidence.Stats {
		if e.recorder == nil {
			return nil
		}
		return []evidence.Stats{e.recorder.Stats()}
	}
	return each(t, stats, nil, func(evidence.Stats) []string { return nil },
		measure[evidence.Stats]{"ruleids_evidence_files", "Files of evidence that there are.", func(x evidence.Stats) float64 { return float64(x.Held) }},
		measure[evidence.Stats]{"ruleids_evidence_bytes", "Bytes of the files of evidence.", func(x evidence.Stats) float64 { return float64(x.HeldBytes) }},
		measure[evidence.Stats]{"ruleids_evidence_written_total", "Files of evidence that were written.", func(x evidence.Stats) float64 { return float64(x.Files) }},
		measure[evidence.Stats]{"ruleids_evidence_removed_total", "Files of evidence that were removed for want of room, or for their age.", func(x evidence.Stats) float64 { return float64(x.Removed) }},
		measure[evidence.Stats]{"ruleids_evidence_lost_total", "Alerts without evidence, since too many came at a time.", func(x evidence.Stats) float64 { return float64(x.Lost) }},
		measure[evidence.Stats]{"ruleids_evidence_skipped_packets_total", "Packets that were not kept for evidence, since those before them were still being looked at.", func(x evidence.Stats) float64 { return float64(x.Skipped) }},
		measure[evidence.Stats]{"ruleids_evidence_failed_total", "Files of evidence that could not be written.", func(x evidence.Stats) float64 { return float64(x.Failed) }},
	)
}
