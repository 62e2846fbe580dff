package main

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
)

// nearJSON is a key that came close to firing, keys and values as in the JSON of alerts.
type nearJSON struct {
	Key       map[string]any `json:"key"`
	Values    map[string]any `json:"values"`
	Aggregate string         `json:"aggregate,omitempty"` // which was furthest from its bound
	Value     any            `json:"value,omitempty"`
	Bound     any            `json:"bound,omitempty"`
	Came      *engine.Came   `json:"came,omitempty"` // in a sequence
	Memory    string         `json:"memory,omitempty"`
	Timestamp string         `json:"timestamp"`
	Packet    uint64         `json:"pcap_cnt"`
}

// writeExplanationJSON writes an explanation as one line.
func writeExplanationJSON(w io.Writer, ex *engine.Explanation) error {
	closest := make([]nearJSON, len(ex.Closest))
	for i := range ex.Closest {
		n := &ex.Closest[i]
		closest[i] = nearJSON{
			Key: namedMap(n.Key), Values: namedMap(n.Values), Packet: n.Packet, Came: n.Came,
			Timestamp: time.Unix(0, n.Time).UTC().Format(alert.TimestampLayout),
		}
		if n.Aggregate != "" {
			closest[i].Aggregate, closest[i].Value, closest[i].Bound = n.Aggregate, jsonNumber(n.Value), jsonNumber(n.Bound)
			closest[i].Memory = n.Memory
		}
	}
	stops := ex.Stops
	if stops == nil {
		stops = []engine.Stop{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Rule       string        `json:"rule"`
		Enabled    bool          `json:"enabled"`
		On         string        `json:"on"`
		Silent     bool          `json:"silent"`
		Packets    uint64        `json:"packets"`
		Stops      []engine.Stop `json:"stops"`
		Passed     uint64        `json:"passed"`
		When       string        `json:"when,omitempty"`
		Alerts     uint64        `json:"alerts"`
		Suppressed uint64        `json:"suppressed"`
		Failures   uint64        `json:"failures"`
		Closest    []nearJSON    `json:"closest"`

		Models []engine.ModelExplanation `json:"models,omitempty"`

		Steps  []engine.StepCount        `json:"steps,omitempty"`
		Levels map[alert.Severity]uint64 `json:"levels,omitempty"`
		Learnt uint64                    `json:"learnt,omitempty"`
	}{ex.Rule, ex.Enabled, ex.On, ex.Silent, ex.Packets, stops, ex.Passed, ex.When, ex.Alerts, ex.Quiet, ex.Failures, closest, ex.Models, ex.Steps, ex.Levels, ex.Learnt})
}

func namedMap(list []alert.Named) map[string]any {
	m := make(map[string]any, len(list))
	for _, n := range list {
		m[n.Name] = n.Value
		if f, ok := n.Value.(float64); ok {
			m[n.Name] = jsonNumber(f)
		}
	}
	return m
}

// jsonNumber is null for what JSON has no number for.
func jsonNumber(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}
