package api

import (
	"time"

	"github.com/ruleids/ruleids/alert"
)

// A RuleStatus is one rule that runs, as GET /rules answers.
type RuleStatus struct {
	Name        string         `json:"name"`
	Severity    alert.Severity `json:"severity"`
	Category    string         `json:"category"`
	Matched     uint64         `json:"matched"` // packets that passed where
	Alerts      uint64         `json:"alerts"`
	Suppressed  uint64         `json:"suppressed"`
	Nanoseconds float64        `json:"nanoseconds_per_packet"` // for each packet that came, estimated from samples
	Keys        uint64         `json:"keys"`
	Evictions   uint64         `json:"evictions"`
	LastAlert   *time.Time     `json:"last_alert"` // in packet time; null for none
	LastKey     map[string]any `json:"last_key"`   // of that alert
}

// A Top is what GET /top answers: counts so far, of which a client makes rates, and the busiest keys.
type Top struct {
	Time    time.Time `json:"time"`
	Packets uint64    `json:"packets"`
	Bytes   uint64    `json:"bytes"`
	Dropped uint64    `json:"dropped"`
	Alerts  uint64    `json:"alerts"`
	Keys    uint64    `json:"keys"`
	Rules   []TopRule `json:"rules"` // those with alerts, most first
	Hottest []TopKey  `json:"hottest"`
}

// TopRule is a rule with its alerts.
type TopRule struct {
	Rule    string `json:"rule"`
	Alerts  uint64 `json:"alerts"`
	Matched uint64 `json:"matched"`
}

// A TopKey is a key with the packets of it that passed the rule's where, estimated from samples; packets of long
// ago count less. The true number is within Error of Packets in 19 cases of 20; 0 is for an exact one.
type TopKey struct {
	Rule    string         `json:"rule"`
	Key     map[string]any `json:"key"`
	Packets float64        `json:"packets"`
	Error   float64        `json:"error"`
}
