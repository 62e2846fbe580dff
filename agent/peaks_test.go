package agent

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

// TestTuning tells on the control socket how large values got, after a restart too, and starts over with a damaged file.
func TestTuning(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{"a.hcl": scanRule}
	scan := func(r *running, ports int) {
		var fs []packet.Frame
		for i := range ports {
			fs = append(fs, syn(t, "10.0.0.1", 1000+i, i))
		}
		r.source.send(t, batchOf(fs...))
	}
	has := func(r *running, keys int64, most float64) {
		t.Helper()
		got, err := r.client.Tuning(t.Context())
		must(t, err)
		if keys == 0 {
			if len(got.Rules) != 0 {
				t.Errorf("%+v", got)
			}
			return
		}
		if len(got.Rules) != 1 {
			t.Fatalf("%+v", got)
		}
		x, n := got.Rules[0], int64(0)
		for _, v := range x.Values {
			n += v.Keys
		}
		if x.Rule != "scan" || x.Threshold != 5 || n != keys || x.Values[len(x.Values)-1].Value != most || len(x.Tail) != 1 || x.Tail[0].Value != most || x.Tail[0].Key["ip.src"] != "10.0.0.1" {
			t.Errorf("%+v", x)
		}
	}
	r := startIn(t, root, "", files)
	scan(r, 4)
	has(r, 1, 4)
	scan(r, 17) // above the threshold
	has(r, 1, 17)
	must(t, r.stop())
	r = startIn(t, root, "", files)
	has(r, 1, 17)
	scan(r, 3)
	has(r, 2, 17)
	must(t, r.stop())
	must(t, os.WriteFile(filepath.Join(root, "peaks"), []byte("no such thing"), 0o600))
	r = startIn(t, root, "", files)
	r.log.wait(t, 0, "the record of how large values get cannot be read, and begins empty")
	has(r, 0, 0)
}

// TestPeaksOfDays adds counts of a day, forgets days that are over for a week, and what was measured otherwise.
func TestPeaksOfDays(t *testing.T) {
	p := newPeaks(&Daemon{opt: Options{Simulate: "x"}, loop: &loop{}})
	count := func(day int64, of string, class int, n int64) engine.PeakCount {
		return engine.PeakCount{Rule: "r", Of: of, Day: day, Counts: map[int]int64{class: n}, Tail: []engine.Peak{{Key: []alert.Named{{Name: "ip.src", Value: day}}, Value: float64(class)}}}
	}
	p.add([]engine.PeakCount{count(100, "a", 5, 2), count(101, "a", 5, 1)})
	p.add([]engine.PeakCount{count(101, "a", 5, -1), count(101, "a", 6, 1)})
	if d := p.rules["r"].Days; len(d) != 2 || d[0].Counts[5] != 2 || len(d[1].Counts) != 1 || d[1].Counts[6] != 1 || len(d[1].Tail) != 1 || d[1].Tail[0].Value != 6 {
		t.Errorf("%+v", d)
	}
	p.add([]engine.PeakCount{count(107, "a", 7, 1)})
	if d := p.rules["r"].Days; len(d) != 2 || d[0].Day != 101 {
		t.Errorf("%+v", d)
	}
	p.add([]engine.PeakCount{count(107, "b", 7, 1)})
	if d := p.rules["r"].Days; len(d) != 1 || d[0].Counts[7] != 1 {
		t.Errorf("%+v", d)
	}
	var many []api.TuneTail
	for i := range 3 * engine.PeakTail {
		many = append(many, api.TuneTail{Key: map[string]any{"k": i % 20}, Value: float64(i), Time: time.Time{}})
	}
	if got := tailOf(many); len(got) != engine.PeakTail || got[0].Value != 29 || got[9].Value != 20 {
		t.Errorf("%+v", got)
	}
}
