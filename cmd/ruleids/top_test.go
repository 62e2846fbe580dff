package main

import (
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// TestTopTellsEstimates shows an estimate as one, and an exact number as it is.
func TestTopTellsEstimates(t *testing.T) {
	at := time.Unix(1e9, 0)
	now := &api.Top{Time: at.Add(time.Second), Hottest: []api.TopKey{
		{Rule: "sampled", Key: map[string]any{"ip.src": "198.51.100.7"}, Packets: 344, Error: 687},
		{Rule: "exact", Key: map[string]any{"ip.src": "198.51.100.8"}, Packets: 10},
	}}
	text := topText(&api.Top{Time: at}, now, 0, 0, false)
	for _, want := range []string{"~344 ±687  sampled", "10         exact"} {
		if !strings.Contains(text, want) || strings.Contains(text, "~10") {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
