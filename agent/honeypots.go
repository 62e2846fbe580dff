package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/event/honeypot"
	"github.com/ruleids/ruleids/packet"
)

// honeypots are services that serve no legitimate traffic. What clients do there are events for rules.
type honeypots struct {
	d   *Daemon
	set *honeypot.Set
}

// Name implements Part.
func (h *honeypots) Name() string { return "honeypots" }

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

// troubleLasts is for how long a honeypot's last error is told.
const troubleLasts = time.Minute

func (h *honeypots) status() []api.HoneypotStatus {
	out := []api.HoneypotStatus{}
	for _, s := range h.set.Stats() {
		x := api.HoneypotStatus{Name: s.Name, Service: s.Service, Address: s.Address, Open: s.Open, Accepted: s.Accepted, Refused: s.Refused, Events: s.Events, Unlogged: s.Lost}
		if time.Since(s.LastErrorTime) < troubleLasts {
			x.Error = s.LastError
		}
		out = append(out, x)
	}
	return out
}

// Report implements reporter.
func (h *honeypots) Report(_ context.Context, s *api.Status) {
	s.Honeypots, s.LostEvents = h.status(), h.d.loop.lostEvents.Load()
	for _, x := range s.Honeypots {
		if x.Error != "" {
			s.Trouble = append(s.Trouble, fmt.Sprintf("honeypot %q: %s", x.Name, x.Error))
		}
	}
}

// Metrics implements measured.
func (h *honeypots) Metrics() []Metric {
	return []Metric{
		{"ruleids_honeypot_connections_total", "counter", []string{"name", "service"}, "Connections to a honeypot that were served."},
		{"ruleids_honeypot_refused_total", "counter", []string{"name", "service"}, "Connections to a honeypot refused for want of room."},
		{"ruleids_honeypot_events_total", "counter", []string{"name", "service"}, "Events of a honeypot."},
		{"ruleids_honeypot_events_lost_total", "counter", nil, "Events of honeypots that rules did not see, for want of room."},
	}
}

// Collect implements measured.
func (h *honeypots) Collect(send func(name string, value float64, labels ...string)) {
	for _, x := range h.status() {
		send("ruleids_honeypot_connections_total", float64(x.Accepted), x.Name, x.Service)
		send("ruleids_honeypot_refused_total", float64(x.Refused), x.Name, x.Service)
		send("ruleids_honeypot_events_total", float64(x.Events), x.Name, x.Service)
	}
	send("ruleids_honeypot_events_lost_total", float64(h.d.loop.lostEvents.Load()))
}

// honeypotLogs opens the honeypots' logs and host keys, with the rights that the daemon keeps: those that it will open them
// with again.
type honeypotLogs struct {
	idle
	of *honeypots
}

// Name implements Part.
func (l *honeypotLogs) Name() string { return "honeypot logs" }

// Open implements opener.
func (l *honeypotLogs) Open(context.Context) error { return l.of.set.Prepare() }
