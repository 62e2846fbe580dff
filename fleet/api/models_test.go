package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/scale"
)

// What models have learned comes from heartbeats, what was odd from alerts; a rule whose words are like those of a model is none.
func TestModels(t *testing.T) {
	w := newWorld(t)
	now := time.Now()
	odd := func(seq uint64, of *alert.Sample, message string) *store.Entry {
		a := &alert.Alert{Time: now.UnixNano(), Rule: "odd_printer", Description: "d", Severity: scale.SeverityLow, Message: message, Sample: of}
		return store.NewEntry(a, store.Origin{Agent: "x", Boot: 1, Seq: seq}, "berlin-edge", now)
	}
	if err := w.store.Append(t.Context(), []*store.Entry{
		odd(1, &alert.Sample{Model: "printer", Odd: "hosts 90 in 10 min; usually 1-4 (99 of 100)", Score: 1}, "m"),
		odd(2, nil, "the model.printer is odd"),
	}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Complete bool `json:"complete"`
		Models   []struct {
			Name   string            `json:"name"`
			Agents []api.AgentModel  `json:"agents"`
			Alerts int               `json:"alerts"`
			Odd    []json.RawMessage `json:"odd"`
		} `json:"models"`
	}
	w.get("/api/v1/models", &got)
	var names []string
	for _, m := range got.Models {
		names = append(names, m.Name)
		switch m.Name {
		case "printer":
			if len(m.Agents) != 0 || m.Alerts != 1 || len(m.Odd) != 1 || !strings.Contains(string(m.Odd[0]), "usually 1-4") {
				t.Errorf("printer: %+v", m)
			}
		default:
			if len(m.Agents) != 5 || m.Alerts == 0 || len(m.Odd) == 0 {
				t.Errorf("%s has %d agents, %d alerts of which %d are told", m.Name, len(m.Agents), m.Alerts, len(m.Odd))
			}
			for _, a := range m.Agents {
				if a.Model.Learning != (len(a.Model.Features) == 0) || a.Model.Learning != (a.Model.Baseline == "") {
					t.Errorf("%s of %s: %+v", m.Name, a.Agent, a.Model)
				}
			}
		}
	}
	if s := strings.Join(names, " "); s != "conversation_shape dns_client host_traffic printer" || !got.Complete {
		t.Errorf("models %s, complete %v", s, got.Complete)
	}
	w.get("/api/v1/models?agent=lisbon-edge&since=1m", &got)
	if m := got.Models[len(got.Models)-1]; m.Name == "printer" {
		t.Errorf("another agent's alerts are told: %+v", m)
	}
}
