package agent

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/internal/scale"
)

// metricsHandler serves /metrics for Prometheus and /healthz for supervisors.
func (d *Daemon) metricsHandler() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newCollector(d))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := d.Health(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// A Metric is a row of the table of metrics.
type Metric struct {
	Name   string
	Kind   string // "counter" or "gauge"
	Labels []string
	Help   string
}

// The metrics. Names follow the naming practices of Prometheus.
var metrics = []Metric{
	{"ruleids_build_info", "gauge", []string{"version"}, "1, with the version of the program."},
	{"ruleids_healthy", "gauge", nil, "1 where packets are being read and rules are loaded, as /healthz says."},
	{"ruleids_packets_total", "counter", nil, "Packets that rules looked at."},
	{"ruleids_bytes_total", "counter", nil, "Their bytes on the wire."},
	{"ruleids_packets_undecodable_total", "counter", []string{"reason"}, "Packets of an unknown link type, or with a broken or cut layer."},
	{"ruleids_packets_late_total", "counter", nil, "Packets older than one before them."},
	{"ruleids_packet_seconds", "gauge", nil, "Time that a packet takes from its bytes to its last window, estimated from samples."},
	{"ruleids_capture_received_total", "counter", []string{"interface"}, "Packets that found room in a ring."},
	{"ruleids_capture_dropped_total", "counter", []string{"interface"}, "Packets that were lost for want of room in a ring."},
	{"ruleids_capture_stalls_total", "counter", []string{"interface"}, "Times that a ring was full."},
	{"ruleids_capture_missed_total", "counter", []string{"interface"}, "Packets that the card or the kernel dropped before they came to a ring."},
	{"ruleids_capture_losing", "gauge", nil, "1 where packets were lost in the last ten seconds, in a ring or before it."},
	{"ruleids_capture_up", "gauge", []string{"interface"}, "1 where packets can come from the interface."},
	{"ruleids_alerts_total", "counter", []string{"severity"}, "Alerts raised."},
	{"ruleids_alerts_suppressed_total", "counter", nil, "Times that a rule would have fired in a cooldown."},
	{"ruleids_cooldowns_lost_total", "counter", nil, "Cooldowns that ended before their time for want of room."},
	{"ruleids_expression_failures_total", "counter", nil, "Evaluations of an expression that failed and so had no value."},
	{"ruleids_alerts_during_loss_total", "counter", nil, "Alerts raised while packets were being lost."},
	{"ruleids_rule_alerts_total", "counter", []string{"rule"}, "Alerts of a rule, since the rule was loaded."},
	{"ruleids_rule_matched_total", "counter", []string{"rule"}, "Packets that passed a rule's where, since the rule was loaded."},
	{"ruleids_state_keys", "gauge", nil, "Keys with state in windows."},
	{"ruleids_state_bytes", "gauge", nil, "Bytes that windows hold."},
	{"ruleids_state_evictions_total", "counter", nil, "Keys that lost their state to make room."},
	{"ruleids_state_saturated_total", "counter", nil, "Times that a window let go of its oldest events for want of memory."},
	{"ruleids_rules_loaded", "gauge", nil, "Rules that run."},
	{"ruleids_rules_broken", "gauge", nil, "1 while the rule files have errors and the rules before run on."},
	{"ruleids_rules_reloads_total", "counter", []string{"result"}, "Reloads, by result: ok or failed."},
	{"ruleids_rules_last_load_timestamp_seconds", "gauge", nil, "When the rules that run were loaded."},
	{"ruleids_output_written_total", "counter", []string{"kind", "name"}, "Alerts that an output wrote."},
	{"ruleids_output_lost_total", "counter", []string{"kind", "name"}, "Alerts that an output could not take."},
	{"ruleids_output_queued", "gauge", []string{"kind", "name"}, "Alerts that wait in the queue of an output."},
	{"ruleids_response_enforcing", "gauge", nil, "1 where decisions are done, 0 where they are recorded."},
	{"ruleids_decisions", "gauge", []string{"kind"}, "Decisions that hold, by kind: block or quarantine; recorded ones would hold but for the mode."},
	{"ruleids_decisions_limit", "gauge", nil, "Decisions that there may be."},
	{"ruleids_decision_requests_total", "counter", []string{"outcome"}, "Requests for decisions, of rules and of people, by outcome."},
	{"ruleids_decisions_expired_total", "counter", nil, "Decisions whose time was over."},
	{"ruleids_decisions_guarded_total", "counter", nil, "Decisions taken back because their target became protected."},
	{"ruleids_actions_lost_total", "counter", nil, "Actions of alerts that were left out because decisions took too long."},
	{"ruleids_response_failing", "gauge", []string{"part"}, "1 where a part of responses fails: journal, firewall, audit or host."},
	{"ruleids_firewall_repairs_total", "counter", nil, "Times that someone had changed the firewall and it was put back."},
	{"ruleids_notifier_failing", "gauge", []string{"kind", "name"}, "1 where the last try of a notifier failed."},
	{"ruleids_notifier_sent_total", "counter", []string{"kind", "name"}, "Messages that a notifier sent."},
	{"ruleids_notifier_lost_total", "counter", []string{"kind", "name"}, "Alerts that a notifier could not tell of."},
	{"ruleids_notifier_queued", "gauge", []string{"kind", "name"}, "Alerts that wait to be told."},
	{"ruleids_bot_commands_total", "counter", []string{"name"}, "Commands of administrators, by the notifier that they came by."},
	{"ruleids_bot_refused_total", "counter", []string{"name"}, "Commands of people who are no administrators."},
	{"ruleids_honeypot_connections_total", "counter", []string{"name", "service"}, "Connections to a honeypot that were served."},
	{"ruleids_honeypot_refused_total", "counter", []string{"name", "service"}, "Connections to a honeypot that there was no room for."},
	{"ruleids_honeypot_events_total", "counter", []string{"name", "service"}, "Events of a honeypot."},
	{"ruleids_honeypot_events_lost_total", "counter", nil, "Events of honeypots that rules did not see, for want of room."},
	{"ruleids_reputation_healthy", "gauge", []string{"source"}, "0 where a source of reputation needs a human or time."},
	{"ruleids_reputation_queued", "gauge", []string{"source"}, "Indicators that wait to be asked about."},
	{"ruleids_reputation_requests_total", "counter", []string{"source"}, "Requests that were sent."},
	{"ruleids_reputation_failures_total", "counter", []string{"source"}, "Requests without an answer to use."},
	{"ruleids_reputation_dropped_total", "counter", []string{"source"}, "Indicators that were given up."},
}

// Metrics returns the table of metrics beside those of the Go runtime and of the process.
func Metrics() []Metric { return append([]Metric(nil), metrics...) }

// A collector gathers the metrics when they are asked for.
type collector struct {
	daemon *Daemon
	descs  map[string]*prometheus.Desc
}

func newCollector(d *Daemon) *collector {
	c := &collector{daemon: d, descs: map[string]*prometheus.Desc{}}
	for _, m := range metrics {
		c.descs[m.Name] = prometheus.NewDesc(m.Name, m.Help, m.Labels, nil)
	}
	return c
}

// Describe sends the descriptions of all metrics.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range metrics {
		ch <- c.descs[m.Name]
	}
}

// Collect sends the metrics as they are. Where the loop does not answer, those that it would give are left out.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	send := func(name string, value float64, labels ...string) {
		kind := prometheus.GaugeValue
		for _, m := range metrics {
			if m.Name == name && m.Kind == "counter" {
				kind = prometheus.CounterValue
			}
		}
		ch <- prometheus.MustNewConstMetric(c.descs[name], kind, value, labels...)
	}
	d := c.daemon
	send("ruleids_build_info", 1, d.opt.Version)
	send("ruleids_healthy", one(d.Health() == nil))
	for _, i := range d.opt.Source.Stats().Interfaces {
		send("ruleids_capture_received_total", float64(i.Received), i.Name)
		send("ruleids_capture_dropped_total", float64(i.Dropped), i.Name)
		send("ruleids_capture_stalls_total", float64(i.Stalls), i.Name)
		send("ruleids_capture_missed_total", float64(i.Missed), i.Name)
		send("ruleids_capture_up", one(i.Up), i.Name)
	}
	r := d.rulesStatus(d.loaded.Load())
	send("ruleids_rules_loaded", float64(r.Loaded))
	send("ruleids_rules_broken", one(r.Broken))
	send("ruleids_rules_reloads_total", float64(r.Reloads), "ok")
	send("ruleids_rules_reloads_total", float64(r.FailedReloads), "failed")
	send("ruleids_rules_last_load_timestamp_seconds", float64(r.Since.UnixNano())/1e9)
	for _, o := range d.outputs() {
		send("ruleids_output_written_total", float64(o.Written), o.Kind, o.Name)
		send("ruleids_output_lost_total", float64(o.Lost), o.Kind, o.Name)
		send("ruleids_output_queued", float64(o.Queued), o.Kind, o.Name)
	}
	c.collectResponses(send)
	v, err := d.view(context.Background(), false)
	if err != nil {
		return
	}
	send("ruleids_capture_losing", one(v.recent > 0))
	s := &v.stats
	send("ruleids_packets_total", float64(s.Packets))
	send("ruleids_bytes_total", float64(s.Bytes))
	send("ruleids_packets_undecodable_total", float64(s.Unknown), "unknown link type")
	send("ruleids_packets_undecodable_total", float64(s.Malformed), "malformed")
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

// collectResponses sends the metrics of responses.
func (c *collector) collectResponses(send func(name string, value float64, labels ...string)) {
	if r := c.daemon.responseStatus(); r != nil {
		send("ruleids_response_enforcing", one(r.Mode == decision.Enforce))
		send("ruleids_decisions", float64(r.Blocks), string(decision.Block))
		send("ruleids_decisions", float64(r.Quarantines), string(decision.Quarantine))
		send("ruleids_decisions", float64(r.Recorded), string(decision.Recorded))
		send("ruleids_decisions_limit", float64(r.Limit))
		for outcome, n := range r.Outcomes {
			send("ruleids_decision_requests_total", float64(n), string(outcome))
		}
		send("ruleids_decisions_expired_total", float64(r.Expired))
		send("ruleids_decisions_guarded_total", float64(r.Guarded))
		send("ruleids_actions_lost_total", float64(r.Lost))
		for _, part := range []string{"journal", "firewall", "audit", "host"} {
			send("ruleids_response_failing", one(r.Failing[part] != ""), part)
		}
		send("ruleids_firewall_repairs_total", float64(r.Repairs))
	}
	for _, n := range c.daemon.notifierStatus() {
		send("ruleids_notifier_failing", one(n.State == "failing"), n.Kind, n.Name)
		send("ruleids_notifier_sent_total", float64(n.Sent), n.Kind, n.Name)
		send("ruleids_notifier_lost_total", float64(n.Lost), n.Kind, n.Name)
		send("ruleids_notifier_queued", float64(n.Queued), n.Kind, n.Name)
	}
	for _, b := range c.daemon.botStatus() {
		name := strings.Join(b.Notifiers, ",")
		send("ruleids_bot_commands_total", float64(b.Commands), name)
		send("ruleids_bot_refused_total", float64(b.Refused), name)
	}
	for _, h := range c.daemon.honeypotStatus() {
		send("ruleids_honeypot_connections_total", float64(h.Accepted), h.Name, h.Service)
		send("ruleids_honeypot_refused_total", float64(h.Refused), h.Name, h.Service)
		send("ruleids_honeypot_events_total", float64(h.Events), h.Name, h.Service)
	}
	send("ruleids_honeypot_events_lost_total", float64(c.daemon.loop.trap.lost.Load()))
	for _, s := range c.daemon.reputationStatus() {
		send("ruleids_reputation_healthy", one(s.Healthy), s.Source)
		send("ruleids_reputation_queued", float64(s.Queued), s.Source)
		send("ruleids_reputation_requests_total", float64(s.Requests), s.Source)
		send("ruleids_reputation_failures_total", float64(s.Failures), s.Source)
		send("ruleids_reputation_dropped_total", float64(s.Dropped), s.Source)
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
