package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// What was lost is trouble, for a time: whoever asks for the status every few minutes is to learn of it.
func TestLossIsTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		last time.Time
		want string
	}{
		"lost now":   {time.Now().Add(-time.Second), `output stdout "out" lost alerts, 104852 so far`},
		"lost once":  {time.Now().Add(-lossLasts - time.Minute), ""},
		"never lost": {time.Time{}, ""},
	} {
		s := &api.Status{}
		loses(s, `output stdout "out"`, "alerts", 104_852, c.last, "it is slow")
		if got := strings.Join(s.Trouble, "; "); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
