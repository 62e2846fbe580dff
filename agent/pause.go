package agent

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
)

// pauses is the part by which people have the daemon look at nothing for a time. It goes on by itself: when the time is over, by
// the clock of the system or by that of the process, whichever says so first, and at the next start.
type pauses struct {
	d *Daemon

	mu      sync.Mutex
	now     *api.Pause // nil while everything is looked at
	before  uint64     // packets that passed unseen before this pause
	changed chan struct{}
}

func newPauses(d *Daemon) *pauses { return &pauses{d: d, changed: make(chan struct{}, 1)} }

// Close implements Part.
func (p *pauses) Close(context.Context) error { return nil }

// lookAtPause is how often it is looked whether a pause is over.
const lookAtPause = time.Second

// Run ends pauses.
func (p *pauses) Run(ctx context.Context) error {
	for {
		// Nothing is to be waited for while there is no pause.
		var tick <-chan time.Time
		if left, paused := p.left(); paused {
			tick = time.After(min(max(left, lookAtPause/10), lookAtPause))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.changed:
		case <-tick:
			if left, paused := p.left(); paused && left <= 0 {
				ending, cancel := context.WithTimeout(ctx, askWithin) // who asks for the status waits meanwhile
				if _, err := p.resume(ending, ""); err != nil && ctx.Err() == nil {
					p.d.log.Error("the pause is over, and cannot be ended; it is tried again", "error", err)
				}
				cancel()
			}
		}
	}
}

// left returns how much of a pause is left, and whether there is one.
func (p *pauses) left() (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		return 0, false
	}
	now := time.Now()
	return min(p.now.Until.Sub(now), p.now.Until.Round(0).Sub(now.Round(0))), true
}

// pause has the loop pass over everything, from the next batch on, for a time.
func (p *pauses) pause(ctx context.Context, lasts time.Duration, by, reason string) (*api.Pause, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.d.loop.do(ctx, func() { p.d.loop.paused = true }); err != nil {
		return nil, err
	}
	now := time.Now()
	if p.now == nil {
		p.now, p.before = &api.Pause{Since: now}, p.d.loop.passed.Load()
	}
	p.now.Until, p.now.By, p.now.Reason = now.Add(lasts), by, reason
	select {
	case p.changed <- struct{}{}:
	default:
	}
	p.d.log.Warn("paused: nothing is looked at", "until", p.now.Until.UTC().Format(time.RFC3339), "by", by, "reason", reason)
	return p.told(), nil
}

// resume ends a pause, and returns it; nil where there was none. by is "" where its time was over.
func (p *pauses) resume(ctx context.Context, by string) (*api.Pause, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		return nil, nil
	}
	if err := p.d.loop.do(ctx, func() { p.d.loop.paused = false }); err != nil {
		return nil, err
	}
	was := p.told()
	p.now = nil
	args := []any{"after", time.Since(was.Since).Round(time.Millisecond).String(), "packets", was.Packets}
	if by != "" {
		args = append(args, "by", by)
	}
	p.d.log.Info("everything is looked at again", args...)
	return was, nil
}

// told is the pause as it is told; mu is held.
func (p *pauses) told() *api.Pause {
	if p.now == nil {
		return nil
	}
	out := *p.now
	out.Since, out.Until, out.Packets = out.Since.UTC().Round(0), out.Until.UTC().Round(0), p.d.loop.passed.Load()-p.before
	return &out
}

// Report implements reporter. A pause is trouble: whoever asks is to know that nothing would be found.
func (p *pauses) Report(_ context.Context, s *api.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.Pause = p.told(); s.Pause == nil {
		return
	}
	why := ""
	if s.Pause.Reason != "" {
		why = " (" + s.Pause.Reason + ")"
	}
	s.Trouble = append(s.Trouble, fmt.Sprintf("paused until %s by %s%s: nothing is looked at; ruleids resume ends that", s.Pause.Until.Local().Format(time.DateTime), s.Pause.By, why))
}

// Metrics implements measured.
func (p *pauses) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	paused := t.add("ruleids_paused", "1 while the daemon is paused, so that nothing is looked at.")
	packets := t.add("ruleids_paused_packets_total", "Packets that passed unseen while the daemon was paused.")
	return func(ch chan<- prometheus.Metric) {
		_, is := p.left()
		paused(ch, one(is))
		packets(ch, float64(p.d.loop.passed.Load()))
	}
}

// pauseRoutes adds what there is to ask about pauses.
func (c *control) pauseRoutes(mux *http.ServeMux) {
	give(mux, "POST /pause", func(r *http.Request) (any, error) {
		var q api.PauseRequest
		if err := readBody(r, &q); err != nil {
			return nil, err
		}
		if most := api.MaxPause.Seconds(); !(q.Seconds > 0 && q.Seconds <= most) {
			return nil, bad("a pause is longer than nothing, and at most %v", api.MaxPause)
		}
		if len(q.Reason) > api.MaxReason {
			return nil, bad("a reason has at most %d bytes", api.MaxReason)
		}
		ctx, cancel := context.WithTimeout(r.Context(), askWithin)
		defer cancel()
		return c.d.pauses.pause(ctx, time.Duration(q.Seconds*float64(time.Second)), asker(r.Context(), q.For), q.Reason)
	})
	give(mux, "POST /resume", func(r *http.Request) (any, error) {
		ctx, cancel := context.WithTimeout(r.Context(), askWithin)
		defer cancel()
		return c.d.pauses.resume(ctx, asker(r.Context(), r.URL.Query().Get("for")))
	})
}
