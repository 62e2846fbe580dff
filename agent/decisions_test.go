package agent

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
)

// TestRequestsAreShort refuses a request that is longer than any has reason to be, before it is in memory.
func TestRequestsAreShort(t *testing.T) {
	r := start(t, "", nil)
	q := api.DecisionRequest{Kind: decision.Block, Target: target(t, "198.51.100.7"), Reason: strings.Repeat("x", maxBody)}
	if a, err := r.client.Decide(t.Context(), q); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("%v, %+v", err, a)
	}
	q.Reason = "short"
	if a, err := r.client.Decide(t.Context(), q); err != nil || a.Outcome != decision.Recorded {
		t.Errorf("%v, %+v", err, a)
	}
}
