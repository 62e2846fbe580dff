package agent

import (
	"context"
	"log/slog"
	"time"
)

// countsEvery is the time between two lines of counts.
const countsEvery = time.Minute

// counts logs at the level debug, once a minute, what came and what waits.
type counts struct {
	idle
	d *Daemon
}

// Run logs until ctx is done.
func (c *counts) Run(ctx context.Context) error {
	for range ticks(ctx, countsEvery) {
		c.log(ctx)
	}
	return nil
}

// log logs one line, where somebody reads it.
func (c *counts) log(ctx context.Context) {
	if !c.d.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	s := c.d.Status(ctx)
	outputs, notifiers := 0, uint64(0)
	for _, o := range s.Outputs {
		outputs += o.Queued
	}
	for _, n := range s.Notifiers {
		notifiers += n.Queued
	}
	c.d.log.Debug("counts", "packets", s.Packets.Seen, "dropped", s.Capture.Dropped, "missed", s.Capture.Missed, "alerts", s.Alerts.Raised,
		"keys", s.State.Keys, "queued_decisions", len(c.d.decisions.queue.queue), "queued_outputs", outputs, "queued_notifiers", notifiers)
}
