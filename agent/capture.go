package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/afpacket"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// capturing is the part that packets come by, and the loop that runs them through the engine. The daemon ends with it.
type capturing struct {
	d      *Daemon
	source Source
}

// Name implements Part.
func (c *capturing) Name() string { return "capture" }

// Open opens the rings of the interfaces, or the capture to be replayed.
func (c *capturing) Open(context.Context) (err error) {
	opt, is := &c.d.opt, &c.d.running.Capture
	c.d.work.Checksums, _ = engine.ChecksumsByName(is.Checksums) // checked when the settings were read
	c.d.work.TunnelEnds = tunnelEnds(c.d.running, opt.Simulate == "", c.d.log)
	if opt.Simulate != "" {
		c.source, err = Simulate(opt.Simulate, opt.Speed)
		return err
	}
	filter, err := Filter(is.Ignore, opt.Loaded.Plan)
	if err != nil {
		return err
	}
	c.source, err = afpacket.Open(afpacket.Config{
		Interfaces: is.Interfaces, Rings: Workers(c.d.running), RingBytes: int(is.Ring), SnapLength: is.Snaplen,
		Promiscuous: is.Promiscuous, Filter: filter,
	})
	return err
}

// Run is the loop.
func (c *capturing) Run(ctx context.Context) error {
	defer c.d.stop()
	return c.d.loop.run(ctx)
}

// Close closes the source.
func (c *capturing) Close(context.Context) error { return c.source.Close() }

// names are the interfaces, or the capture that is replayed.
func (c *capturing) names() string {
	if c.d.opt.Simulate != "" {
		return c.d.opt.Simulate
	}
	var names []string
	for _, s := range c.source.Stats().Interfaces {
		names = append(names, s.Name)
	}
	return strings.Join(names, ",")
}

// happened logs what happened to an interface.
func (c *capturing) happened(e *afpacket.Event) {
	level := slog.LevelInfo
	switch e.Kind {
	case afpacket.EventDown, afpacket.EventGone, afpacket.EventFailed:
		level = slog.LevelWarn
	}
	args := []any{"interface", e.Interface, "event", e.Kind.String()}
	if e.Err != nil {
		args = append(args, "error", e.Err)
	}
	c.d.log.Log(context.Background(), level, "interface "+e.Kind.String(), args...)
}

// lost logs that packets are lost, or that this is over.
func (c *capturing) lost(n *lossNews) {
	args := []any{"lost", n.lost, "since", n.since.UTC().Format(time.RFC3339)}
	if n.ended {
		c.d.log.Info("packets are no longer lost", append(args, "for", n.took.Round(time.Millisecond).String())...)
		return
	}
	c.d.log.Warn("packets are being lost; rules see less than there is", args...)
}

// stepped logs that the system's clock was set.
func (c *capturing) stepped(by time.Duration) {
	if by < 0 {
		c.d.log.Warn("the system's clock was set back; windows go on as if it had not been", "by", by.Abs().Round(time.Millisecond).String())
		return
	}
	c.d.log.Warn("the system's clock was set ahead; windows expire as after a pause", "by", by.Round(time.Millisecond).String())
}

// filter has the kernel drop what no plan can look at. A filter that cannot be set is no reason to stop: more packets
// come then than are needed.
func (c *capturing) filter(settings *config.Config, plans ...*engine.Plan) {
	s, ok := c.source.(filterer)
	if !ok {
		return
	}
	f, err := Filter(settings.Capture.Ignore, plans...)
	if err == nil {
		err = s.SetFilter(f)
	}
	if err != nil {
		c.d.log.Error("the kernel's filter was not changed; packets that no rule looks at may come along", "error", err)
	}
}

// health returns nil where packets are being read, and what is wrong otherwise.
func (c *capturing) health() error {
	l := c.d.loop
	select {
	case <-l.ended:
		return errStopped
	default:
	}
	beat := l.beat.Load()
	if beat == 0 {
		return errors.New("capture has not started")
	}
	if now := time.Now(); !l.alive(now) {
		return fmt.Errorf("the packet loop has not moved for %v", now.Sub(time.Unix(0, beat)).Round(time.Second))
	}
	up, down := 0, ""
	for _, i := range c.source.Stats().Interfaces {
		if i.Up {
			up++
		} else {
			down = i.Name
		}
	}
	if up == 0 && down != "" {
		return fmt.Errorf("all interfaces are down (last: %s)", down)
	}
	return nil
}

// Report tells what was captured and what the engine made of it.
func (c *capturing) Report(ctx context.Context, s *api.Status) {
	v, err := c.d.view(ctx, false)
	if err != nil {
		s.Trouble = append(s.Trouble, err.Error())
	}
	n := &v.stats
	s.Simulated = c.d.opt.Simulate
	s.Packets = api.PacketCounts{Seen: n.Packets, Bytes: n.Bytes, Unknown: n.Unknown, Malformed: n.Malformed, Late: n.Late,
		Refused: n.Refused, RefusedFor: refusedFor(n), Fragments: n.Fragments, NanosecondsEach: v.each}
	s.Alerts = api.AlertCounts{Raised: n.Alerts, BySeverity: v.bySeverity, Suppressed: n.Suppressed, CooldownsLost: n.CooldownsLost,
		ExpressionFailures: n.Failures, DuringLoss: v.lossy}
	s.State = api.StateCounts{Keys: n.Keys, Bytes: n.StateBytes, Evictions: n.Evictions, Saturated: n.Saturated}
	is := c.source.Stats()
	s.Capture = api.CaptureCounts{Received: is.Received, Dropped: is.Dropped, Stalls: is.Stalls, RecentlyDropped: v.recent, LosingLost: v.losingLost, Missed: is.Missed}
	for _, i := range is.Interfaces {
		state := api.InterfaceState{Name: i.Name, Up: i.Up, Received: i.Received, Dropped: i.Dropped, Stalls: i.Stalls, Missed: i.Missed, Reopened: i.Reopened}
		if i.Err != nil {
			state.Error = i.Err.Error()
		}
		if !i.Up {
			s.Trouble = append(s.Trouble, strings.TrimSuffix(fmt.Sprintf("interface %s is not up: %s", i.Name, state.Error), ": "))
		}
		s.Interfaces = append(s.Interfaces, state)
	}
	if !v.losing.IsZero() {
		since := v.losing.UTC()
		s.Capture.LosingSince = &since
		s.Trouble = append(s.Trouble, fmt.Sprintf("losing packets since %s: %d so far, %d in the last %d s",
			since.Local().Format(time.DateTime), v.losingLost, v.recent, lossSeconds))
	} else if v.recent > 0 {
		s.Trouble = append(s.Trouble, fmt.Sprintf("%d packets were lost in the last %d s", v.recent, lossSeconds))
	}
}

// Metrics implements measured.
func (c *capturing) Metrics() []Metric {
	return []Metric{
		{"ruleids_packets_total", "counter", nil, "Packets processed."},
		{"ruleids_bytes_total", "counter", nil, "Bytes processed, as on the wire."},
		{"ruleids_packets_undecodable_total", "counter", []string{"reason"}, "Packets of an unknown link type, or with a broken or cut layer."},
		{"ruleids_packets_refused_total", "counter", []string{"reason"}, "Packets that no host accepts, so that rules which would have counted them did not; one may have several faults."},
		{"ruleids_fragments_total", "counter", nil, "Fragments of IP packets."},
		{"ruleids_packets_late_total", "counter", nil, "Packets older than one before them."},
		{"ruleids_packet_seconds", "gauge", nil, "Time that a packet takes from its bytes to its last window, estimated from samples."},
		{"ruleids_capture_received_total", "counter", []string{"interface"}, "Packets received into a ring."},
		{"ruleids_capture_dropped_total", "counter", []string{"interface"}, "Packets dropped because a ring was full."},
		{"ruleids_capture_stalls_total", "counter", []string{"interface"}, "Times that a ring was full."},
		{"ruleids_capture_missed_total", "counter", []string{"interface"}, "Packets that the card or the kernel dropped before they came to a ring."},
		{"ruleids_capture_losing", "gauge", nil, "1 where packets were lost in the last ten seconds, in a ring or before it."},
		{"ruleids_capture_up", "gauge", []string{"interface"}, "1 where packets can come from the interface."},
		{"ruleids_alerts_total", "counter", []string{"severity"}, "Alerts raised."},
		{"ruleids_alerts_suppressed_total", "counter", nil, "Alerts suppressed by a cooldown."},
		{"ruleids_cooldowns_lost_total", "counter", nil, "Cooldowns that ended before their time for want of room."},
		{"ruleids_expression_failures_total", "counter", nil, "Evaluations of an expression that failed and so had no value."},
		{"ruleids_alerts_during_loss_total", "counter", nil, "Alerts raised while packets were being lost."},
		{"ruleids_rule_alerts_total", "counter", []string{"rule"}, "Alerts of a rule, since the rule was loaded."},
		{"ruleids_rule_matched_total", "counter", []string{"rule"}, "Packets that passed a rule's where, since the rule was loaded."},
		{"ruleids_state_keys", "gauge", nil, "Keys with state in windows."},
		{"ruleids_state_bytes", "gauge", nil, "Bytes that windows hold."},
		{"ruleids_state_evictions_total", "counter", nil, "Keys that lost their state to make room."},
		{"ruleids_state_saturated_total", "counter", nil, "Times that a window let go of its oldest events for want of memory."},
	}
}

// Collect implements measured. Where the loop does not answer, what it would give is left out.
func (c *capturing) Collect(send func(name string, value float64, labels ...string)) {
	for _, i := range c.source.Stats().Interfaces {
		send("ruleids_capture_received_total", float64(i.Received), i.Name)
		send("ruleids_capture_dropped_total", float64(i.Dropped), i.Name)
		send("ruleids_capture_stalls_total", float64(i.Stalls), i.Name)
		send("ruleids_capture_missed_total", float64(i.Missed), i.Name)
		send("ruleids_capture_up", one(i.Up), i.Name)
	}
	v, err := c.d.view(context.Background(), false)
	if err != nil {
		return
	}
	send("ruleids_capture_losing", one(v.recent > 0))
	s := &v.stats
	send("ruleids_packets_total", float64(s.Packets))
	send("ruleids_bytes_total", float64(s.Bytes))
	send("ruleids_packets_undecodable_total", float64(s.Unknown), "unknown link type")
	send("ruleids_packets_undecodable_total", float64(s.Malformed), "malformed")
	for i, f := range packet.Faults() {
		send("ruleids_packets_refused_total", float64(s.Faults[i]), f.String())
	}
	send("ruleids_fragments_total", float64(s.Fragments))
	send("ruleids_packets_late_total", float64(s.Late))
	send("ruleids_packet_seconds", v.each/1e9)
	for _, severity := range scale.Severities() {
		send("ruleids_alerts_total", float64(v.bySeverity[severity]), severity.String())
	}
	send("ruleids_alerts_suppressed_total", float64(s.Suppressed))
	send("ruleids_cooldowns_lost_total", float64(s.CooldownsLost))
	send("ruleids_expression_failures_total", float64(s.Failures))
	send("ruleids_alerts_during_loss_total", float64(v.lossy))
	for _, rule := range s.Rules {
		send("ruleids_rule_alerts_total", float64(rule.Alerts), rule.Name)
		send("ruleids_rule_matched_total", float64(rule.Matched), rule.Name)
	}
	send("ruleids_state_keys", float64(s.Keys))
	send("ruleids_state_bytes", float64(s.StateBytes))
	send("ruleids_state_evictions_total", float64(s.Evictions))
	send("ruleids_state_saturated_total", float64(s.Saturated))
}

// refusedFor returns how many packets were refused for each fault that there was.
func refusedFor(s *engine.Stats) map[string]uint64 {
	m := map[string]uint64{}
	for i, f := range packet.Faults() {
		if n := s.Faults[i]; n > 0 {
			m[f.String()] = n
		}
	}
	return m
}
