package api

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/fleet/cluster"
	"github.com/ruleids/ruleids/fleet/store"
)

// counts are what the API counts.
type counts struct {
	requests, refused, logins atomic.Uint64
	streams                   atomic.Int64
}

// Health says how the server is.
type Health struct {
	OK      bool         `json:"ok"`
	Version string       `json:"version"`
	Uptime  float64      `json:"uptime_seconds"`
	Agents  int          `json:"agents"`
	Online  int          `json:"online"`
	Store   store.Status `json:"store"`
	// Cluster is how the connection to the other servers is; it is left out where this one is alone.
	Cluster *cluster.Status `json:"cluster,omitempty"`
}

// fault says what is wrong; "" for nothing.
func (h *Health) fault() string {
	switch {
	case h.Store.Error != "":
		return "alerts cannot be stored: " + h.Store.Error
	case h.Cluster != nil && !h.Cluster.Connected:
		return h.Cluster.Error
	}
	return ""
}

func (a *API) health() Health {
	h := Health{Version: a.opt.Version, Uptime: time.Since(a.opt.Started).Seconds(), Store: a.opt.Store.Status()}
	for _, x := range a.opt.Roster.List(false) {
		h.Agents++
		if x.Online {
			h.Online++
		}
	}
	if a.opt.Cluster != nil {
		s := a.opt.Cluster()
		h.Cluster = &s
	}
	h.OK = h.fault() == ""
	return h
}

// health answers everybody whether the server works, and those who may ask how.
func (c *call) health() (any, error) {
	h := c.api.health()
	if c.who == nil {
		if !h.OK {
			return nil, fault{503, "alerts cannot be stored"}
		}
		return map[string]bool{"ok": true}, nil
	}
	if !h.OK {
		return nil, fault{503, h.fault()}
	}
	return h, nil
}

// metrics writes metrics as Prometheus reads them.
func (c *call) metrics() (any, error) {
	h := c.api.health()
	n := &c.api.counts
	connected, leads := false, true
	if h.Cluster != nil {
		connected, leads = h.Cluster.Connected, h.Cluster.Leader
	}
	var b bytes.Buffer
	for _, m := range []struct {
		name, kind, help string
		value            float64
	}{
		{"ruleids_server_up_seconds", "gauge", "Seconds since the server started.", h.Uptime},
		{"ruleids_server_agents", "gauge", "Agents that are not revoked.", float64(h.Agents)},
		{"ruleids_server_agents_online", "gauge", "Agents that are online.", float64(h.Online)},
		{"ruleids_server_alerts_stored_total", "counter", "Alerts stored since the start.", float64(h.Store.Stored)},
		{"ruleids_server_alerts_duplicate_total", "counter", "Alerts that came again and were left out.", float64(h.Store.Duplicates)},
		{"ruleids_server_store_bytes", "gauge", "Bytes of all files of alerts.", float64(h.Store.Bytes)},
		{"ruleids_server_store_days", "gauge", "Days of which there are alerts.", float64(h.Store.Days)},
		{"ruleids_server_store_failing", "gauge", "1 where alerts cannot be stored.", one(h.Store.Error != "")},
		{"ruleids_server_cluster_connected", "gauge", "1 where a NATS server is connected that several servers share the work over.", one(connected)},
		{"ruleids_server_leader", "gauge", "1 where this server looks after rule sets, and raises the alerts of rules on alerts.", one(leads)},
		{"ruleids_server_decisions", "gauge", "Decisions for all that hold.", float64(len(c.api.opt.Shared.List()))},
		{"ruleids_server_requests_total", "counter", "Requests of people and programs.", float64(n.requests.Load())},
		{"ruleids_server_requests_refused_total", "counter", "Requests that were not answered as asked.", float64(n.refused.Load())},
		{"ruleids_server_logins_failed_total", "counter", "Log-ins with a wrong password, or one too many.", float64(n.logins.Load())},
		{"ruleids_server_streams", "gauge", "Readers of the stream of what happens.", float64(n.streams.Load())},
	} {
		fmt.Fprintf(&b, "# HELP %[1]s %[2]s\n# TYPE %[1]s %[3]s\n%[1]s %[4]g\n", m.name, m.help, m.kind, m.value)
	}
	c.w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = c.w.Write(b.Bytes()) // who asked may be gone
	return nil, nil
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
