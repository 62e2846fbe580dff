package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/engine/snapshot"
)

// TestPeaksOfEachVersion goes on with what versions of the program have kept of peaks, and leaves what a later one has kept as it
// is.
func TestPeaksOfEachVersion(t *testing.T) {
	const day = `{"day":20600,"counts":{"4":1},"tail":[{"key":{"ip.src":"10.0.0.1"},"value":4,"time":"2026-05-27T00:00:00Z"}]}`
	const text = `{"from":"2026-05-27T00:00:00Z","rules":{"scan":{"of":"ports","strict":false,"days":[` + day + `]}}}`
	root := t.TempDir()
	file := filepath.Join(root, "peaks")
	for _, section := range []string{"peaks", "peaks 1"} {
		must(t, snapshot.Write(file, []snapshot.Section{{Name: section, Data: []byte(text)}}))
		r := startIn(t, root, "", map[string]string{"a.hcl": scanRule})
		if got := r.peaks.rules["scan"]; got == nil || len(got.Days) != 1 || got.Days[0].Counts[4] != 1 {
			t.Errorf("%s: %+v", section, got)
		}
		must(t, r.stop())
	}
	must(t, snapshot.Write(file, []snapshot.Section{{Name: "peaks 2", Data: []byte("another form")}}))
	later, err := os.ReadFile(file)
	must(t, err)
	r := startIn(t, root, "", map[string]string{"a.hcl": scanRule})
	s, err := r.client.Status(t.Context())
	must(t, err)
	if len(s.Trouble) != 1 || !strings.Contains(s.Trouble[0], "later version of ruleids") {
		t.Errorf("trouble %q", s.Trouble)
	}
	must(t, r.stop())
	if now, err := os.ReadFile(file); err != nil || string(now) != string(later) {
		t.Errorf("it was changed: %v", err)
	}
}
