package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// Alerts that an output lost are trouble, for a time: whoever asks for the status every few minutes is to learn of them.
func TestLostAlertsAreTrouble(t *testing.T) {
	ago := func(d time.Duration) *time.Time {
		at := time.Now().Add(-d)
		return &at
	}
	for name, c := range map[string]struct {
		output api.OutputStatus
		want   string
	}{
		"lost now":   {api.OutputStatus{Kind: "stdout", Name: "out", Lost: 104_852, LastLost: ago(time.Second)}, `output stdout "out" lost alerts, 104852 so far`},
		"lost once":  {api.OutputStatus{Kind: "stdout", Name: "out", Lost: 5, LastLost: ago(lossLasts + time.Minute)}, ""},
		"never lost": {api.OutputStatus{Kind: "stdout", Name: "out", Written: 9}, ""},
	} {
		s := &api.Status{Outputs: []api.OutputStatus{c.output}}
		outputTrouble(s)
		if got := strings.Join(s.Trouble, "; "); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
