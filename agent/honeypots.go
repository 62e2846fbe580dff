package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/event/honeypot"
	"github.com/ruleids/ruleids/packet"
)

// honeypots are services that serve no legitimate traffic. What clients do there are events for rules.
type honeypots struct {
	d   *Daemon
	set *honeypot.Set
}

// Open listens, while ports below 1024 can be had. A simulation has none.
func (h *honeypots) Open(context.Context) (err error) {
	specs := h.d.running.HoneypotSpecs()
	if h.d.opt.Simulate != "" && len(specs) > 0 {
		h.d.log.Info("a simulation opens no honeypots")
		specs = nil
	}
	h.set, err = honeypot.Listen(specs)
	return err
}

// Run serves clients.
func (h *honeypots) Run(ctx context.Context) error {
	if err := h.set.Serve(ctx, honeypot.Options{Log: h.d.log, Events: h.catch}); err != nil {
		h.d.log.Error("the honeypots ended", "error", err)
	}
	return nil
}

// Close ends the connections.
func (h *honeypots) Close(ctx context.Context) error { return h.set.Close(ctx) }

// Reopen implements reopener.
func (h *honeypots) Reopen() error {
	h.set.Reopen()
	return nil
}

// catch takes an event to the loop. It never waits.
func (h *honeypots) catch(e honeypot.Event) {
	p := packet.Honeypot{Time: e.Time.UnixNano(), Src: e.Src, Dst: e.Dst, Service: e.Service, Action: e.Action, User: e.User, Client: e.Client}
	h.d.loop.offer(p.Event())
}

// Report implements reporter.
func (h *honeypots) Report(_ context.Context, s *api.Status) {
	s.Honeypots = h.set.Status()
	for _, x := range s.Honeypots {
		name := fmt.Sprintf("honeypot %q", x.Name)
		fails(s, name, x.Error)
		loses(s, name, "events for its log", x.Lost, x.LastLost, "the disk is too slow for them")
	}
	l := h.d.loop
	if s.LostEvents = l.lostEvents.Load(); s.LostEvents > 0 {
		s.LastLostEvent = time.Unix(0, l.lostEventAt.Load()).UTC()
	}
	loses(s, "the packet loop", "events of honeypots", s.LostEvents, s.LastLostEvent, "rules did not see them")
}

// Metrics implements measured.
func (h *honeypots) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	honeypotConnections := t.add("ruleids_honeypot_connections_total", "Connections to a honeypot that were served.", "name", "service")
	honeypotRefused := t.add("ruleids_honeypot_refused_total", "Connections to a honeypot refused for want of room.", "name", "service")
	honeypotEvents := t.add("ruleids_honeypot_events_total", "Events of a honeypot.", "name", "service")
	honeypotEventsLost := t.add("ruleids_honeypot_events_lost_total", "Events of honeypots that rules did not see, for want of room.")
	return func(ch chan<- prometheus.Metric) {
		for _, x := range h.set.Status() {
			honeypotConnections(ch, float64(x.Accepted), x.Name, x.Service)
			honeypotRefused(ch, float64(x.Refused), x.Name, x.Service)
			honeypotEvents(ch, float64(x.Events), x.Name, x.Service)
		}
		honeypotEventsLost(ch, float64(h.d.loop.lostEvents.Load()))
	}
}

// honeypotLogs opens the honeypots' logs and host keys, with the rights that the daemon keeps: those that it will open them
// with again.
type honeypotLogs struct {
	idle
	of *honeypots
}

// Open implements opener.
func (l *honeypotLogs) Open(context.Context) error { return l.of.set.Prepare() }
