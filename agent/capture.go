package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// capturing is the part that packets come by, and the loop that runs them through the engine. The daemon ends with it.
type capturing struct {
	d      *Daemon
	source Source
}

// Open opens the rings of the interfaces, or the capture to be replayed.
func (c *capturing) Open(context.Context) (err error) {
	opt, is := &c.d.opt, &c.d.running.Capture
	c.d.work.Checksums, _ = engine.ChecksumsByName(is.Checksums) // checked when the settings were read
	c.d.work.TunnelEnds = tunnelEnds(c.d.running, opt.Simulate == "", c.d.log)
	if opt.Simulate != "" {
		c.source, err = Simulate(opt.Simulate, opt.Speed)
		return err
	}
	filter, err := Filter(is.Ignore, c.d.running.Assets.Enabled, opt.Loaded.Plan)
	if err != nil {
		return err
	}
	c.source, err = openInterfaces(c.d.running, filter)
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
func (c *capturing) happened(e *live.Event) {
	level := slog.LevelInfo
	switch e.Kind {
	case live.EventDown, live.EventGone, live.EventFailed, live.EventMissing:
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
	f, err := Filter(settings.Capture.Ignore, c.d.running.Assets.Enabled, plans...)
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
	if err != nil && s.Healthy { // what is not healthy has said why
		s.Trouble = append(s.Trouble, err.Error())
	}
	n := &v.stats
	s.Simulated = c.d.opt.Simulate
	s.Packets = api.PacketCounts{Seen: n.Packets, Bytes: n.Bytes, Unknown: n.Unknown, Malformed: n.Malformed, Late: n.Late, Leaps: n.Leaps,
		Refused: n.Refused, RefusedFor: refusedFor(n), Fragments: n.Fragments, NanosecondsEach: v.each}
	s.Alerts = api.AlertCounts{Raised: n.Alerts, BySeverity: v.bySeverity, Suppressed: n.Suppressed, CooldownsLost: n.CooldownsLost,
		ExpressionFailures: n.Failures, DuringLoss: v.lossy}
	s.State = api.StateCounts{Keys: n.Keys, Bytes: n.StateBytes, Evictions: n.Evictions, Saturated: n.Saturated}
	is := c.source.Stats()
	s.Capture = api.CaptureCounts{Received: is.Received, Dropped: is.Dropped, Stalls: is.Stalls, RecentlyDropped: v.recent, LosingLost: v.losingLost, Missed: is.Missed}
	for _, i := range is.Interfaces {
		state := api.InterfaceState{Name: i.Name, Up: i.Up, Received: i.Received, Dropped: i.Dropped, Stalls: i.Stalls, Missed: i.Missed, Elsewhere: i.Elsewhere, Reopened: i.Reopened, Limit: i.Limit}
		if i.Err != nil {
			state.Error = i.Err.Error()
		}
		if !i.Up {
			s.Trouble = append(s.Trouble, strings.TrimSuffix(fmt.Sprintf("interface %s is not up: %s", i.Name, state.Error), ": "))
		}
		if i.Limit != "" {
			s.Trouble = append(s.Trouble, fmt.Sprintf("interface %s is seen in part: %s", i.Name, i.Limit))
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

// Metrics implements measured. Where the loop does not answer, what it would give is left out.
func (c *capturing) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	packets := t.add("ruleids_packets_total", "Packets processed.")
	bytes := t.add("ruleids_bytes_total", "Bytes processed, as on the wire.")
	packetsUndecodable := t.add("ruleids_packets_undecodable_total", "Packets of an unknown link type, or with a broken or cut layer.", "reason")
	packetsRefused := t.add("ruleids_packets_refused_total", "Packets that no host accepts, so that rules which would have counted them did not; one may have several faults.", "reason")
	fragments := t.add("ruleids_fragments_total", "Fragments of IP packets.")
	packetsLate := t.add("ruleids_packets_late_total", "Packets older than one before them.")
	packetsLeaping := t.add("ruleids_packets_leaping_total", "Packets over a year ahead of those beside them, which count at the time of the one before.")
	packetSeconds := t.add("ruleids_packet_seconds", "Time that a packet takes from its bytes to its last window, estimated from samples.")
	captureReceived := t.add("ruleids_capture_received_total", "Packets received into a ring.", "interface")
	captureDropped := t.add("ruleids_capture_dropped_total", "Packets dropped because a ring was full.", "interface")
	captureStalls := t.add("ruleids_capture_stalls_total", "Times that a ring was full.", "interface")
	captureMissed := t.add("ruleids_capture_missed_total", "Packets that the card or the kernel dropped before they came to a ring.", "interface")
	captureElsewhere := t.add("ruleids_capture_elsewhere_total", "Frames for other hosts that were left out, as promiscuous = false asks.", "interface")
	captureLosing := t.add("ruleids_capture_losing", "1 where packets were lost in the last ten seconds, in a ring or before it.")
	captureUp := t.add("ruleids_capture_up", "1 where packets can come from the interface.", "interface")
	alerts := t.add("ruleids_alerts_total", "Alerts raised.", "severity")
	alertsSuppressed := t.add("ruleids_alerts_suppressed_total", "Alerts suppressed by a cooldown.")
	cooldownsLost := t.add("ruleids_cooldowns_lost_total", "Cooldowns that ended before their time for want of room.")
	expressionFailures := t.add("ruleids_expression_failures_total", "Evaluations of an expression that failed and so had no value.")
	alertsDuringLoss := t.add("ruleids_alerts_during_loss_total", "Alerts raised while packets were being lost.")
	ruleAlerts := t.add("ruleids_rule_alerts_total", "Alerts of a rule, since the rule was loaded.", "rule")
	ruleMatched := t.add("ruleids_rule_matched_total", "Packets that passed a rule's where, since the rule was loaded.", "rule")
	stateKeys := t.add("ruleids_state_keys", "Keys with state in windows.")
	stateBytes := t.add("ruleids_state_bytes", "Bytes that windows hold.")
	stateEvictions := t.add("ruleids_state_evictions_total", "Keys that lost their state to make room.")
	stateSaturated := t.add("ruleids_state_saturated_total", "Times that a window let go of its oldest events for want of memory.")
	return func(ch chan<- prometheus.Metric) {
		for _, i := range c.source.Stats().Interfaces {
			captureReceived(ch, float64(i.Received), i.Name)
			captureDropped(ch, float64(i.Dropped), i.Name)
			captureStalls(ch, float64(i.Stalls), i.Name)
			captureMissed(ch, float64(i.Missed), i.Name)
			captureElsewhere(ch, float64(i.Elsewhere), i.Name)
			captureUp(ch, one(i.Up), i.Name)
		}
		v, err := c.d.view(context.Background(), false)
		if err != nil {
			return
		}
		captureLosing(ch, one(v.recent > 0))
		s := &v.stats
		packets(ch, float64(s.Packets))
		bytes(ch, float64(s.Bytes))
		packetsUndecodable(ch, float64(s.Unknown), "unknown link type")
		packetsUndecodable(ch, float64(s.Malformed), "malformed")
		for i, f := range packet.Faults() {
			packetsRefused(ch, float64(s.Faults[i]), f.String())
		}
		fragments(ch, float64(s.Fragments))
		packetsLate(ch, float64(s.Late))
		packetsLeaping(ch, float64(s.Leaps))
		packetSeconds(ch, v.each/1e9)
		for _, severity := range scale.Severities() {
			alerts(ch, float64(v.bySeverity[severity]), severity.String())
		}
		alertsSuppressed(ch, float64(s.Suppressed))
		cooldownsLost(ch, float64(s.CooldownsLost))
		expressionFailures(ch, float64(s.Failures))
		alertsDuringLoss(ch, float64(v.lossy))
		for _, rule := range s.Rules {
			ruleAlerts(ch, float64(rule.Alerts), rule.Name)
			ruleMatched(ch, float64(rule.Matched), rule.Name)
		}
		stateKeys(ch, float64(s.Keys))
		stateBytes(ch, float64(s.StateBytes))
		stateEvictions(ch, float64(s.Evictions))
		stateSaturated(ch, float64(s.Saturated))
	}
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
