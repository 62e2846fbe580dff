package study

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"time"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
)

const probes = `
rule "probes" {
  description = "d"
  severity    = "high"
  where       = "udp"
  by          = ["ip.src"]
  window "10s" {
    ports = "distinct(udp.dstport)"
    all   = "count()"
  }
  threshold = 5
  when      = "ports >= threshold and all < 100"
  cooldown  = "1h"
}
`

// load returns a Loader of rules.
func load(text string) Loader {
	return func(thresholds map[string]float64) (*rules.RuleSet, *engine.Plan, error) {
		set, plan, diags := engine.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(text)}, Thresholds: thresholds}, engine.Options{})
		if diags.HasErrors() {
			return nil, nil, diags
		}
		return set, plan, nil
	}
}

// write writes a capture in which source i sends UDP to as many ports as ports[i] says, one packet each in a millisecond.
func write(t *testing.T, path string, ports ...int) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := pcapgo.NewWriter(f)
	if err := w.WriteFileHeader(65535, layers.LinkTypeRaw); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for source, n := range ports {
		for port := range n {
			b := make([]byte, 28)
			b[0], b[8], b[9] = 0x45, 64, 17
			binary.BigEndian.PutUint16(b[2:], 28)
			copy(b[12:], []byte{10, 0, 0, byte(source), 192, 0, 2, 1})
			binary.BigEndian.PutUint16(b[20:], 40000)
			binary.BigEndian.PutUint16(b[22:], uint16(port))
			binary.BigEndian.PutUint16(b[24:], 8)
			if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: 28, Length: 28}, b); err != nil {
				t.Fatal(err)
			}
			at = at.Add(time.Millisecond)
		}
		at = at.Add(time.Hour)
	}
	return path
}

// TestTune finds thresholds for twelve sources that try 1 to 12 ports, an hour apart: half a day of traffic.
func TestTune(t *testing.T) {
	dir := t.TempDir()
	benign := write(t, filepath.Join(dir, "benign.pcap"), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	attack := write(t, filepath.Join(dir, "attack.pcap"), 9)
	flood := write(t, filepath.Join(dir, "flood.pcap"), 300) // 99 ports, then `all` is too large
	for _, test := range []struct {
		name     string
		captures []string
		budgets  []float64
		want     []Choice
		max      float64
	}{
		{"half a day", []string{benign}, []float64{0, 4, 100}, []Choice{{0, 13, 0, 0}, {4, 12, 1, 0}, {100, 1, 12, 1}}, 12},
		{"two captures", []string{benign, flood}, []float64{0, 4}, []Choice{{0, 100, 0, 0}, {4, 99, 1, 0}}, 99},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Tune(context.Background(), load(probes), func(*rules.Rule) bool { return true }, test.captures, []string{attack}, test.budgets)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Rules) != 1 {
				t.Fatalf("%d rules", len(got.Rules))
			}
			r := got.Rules[0]
			if d := cmp.Diff(test.want, r.Choices); d != "" {
				t.Error(d)
			}
			if r.Threshold != 5 || r.Max != test.max || r.Now.Caught != 1 || r.Now.Alerts != 7+len(test.captures) {
				t.Errorf("%+v", r)
			}
			if got.Days < 11./24 || got.Days > 12./24 {
				t.Errorf("%v days", got.Days)
			}
		})
	}
}

// TestTuneStrict has a rule that fires above its threshold, on what packets have and no window counts.
func TestTuneStrict(t *testing.T) {
	dir := t.TempDir()
	benign := write(t, filepath.Join(dir, "benign.pcap"), 3, 6)
	rule := strings.NewReplacer("ports >= threshold and all < 100", "threshold < udp.dstport", "  window \"10s\" {\n    ports = \"distinct(udp.dstport)\"\n    all   = \"count()\"\n  }\n", "").Replace(probes)
	got, err := Tune(context.Background(), load(rule), func(*rules.Rule) bool { return true }, []string{benign}, nil, []float64{0, 1000})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Choice{{0, 5, 0, 0}, {1000, 1, 2, 0}}, got.Rules[0].Choices); d != "" {
		t.Error(d)
	}
}

// TestCompare looks at each kind of change.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	captures := []string{write(t, filepath.Join(dir, "a.pcap"), 4, 8), write(t, filepath.Join(dir, "b.pcap"), 5)}
	other := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(probes) }
	for _, test := range []struct {
		name, old, new string
		want           []string
	}{
		{"nothing", probes, probes, nil},
		{"appears, later", probes, other("threshold = 5", "threshold = 4"), []string{"appears a.pcap 10.0.0.0 4", "earlier a.pcap 10.0.0.1 8", "earlier b.pcap 10.0.0.0 4"}},
		{"vanishes, later", probes, other("threshold = 5", "threshold = 6"), []string{"later a.pcap 10.0.0.1 10", "vanishes b.pcap 10.0.0.0 5"}},
		{"severity", probes, other(`"high"`, `"low"`), []string{"severity a.pcap 10.0.0.1 9", "severity b.pcap 10.0.0.0 5"}},
		{"more", probes, other(`"1h"`, `"0s"`), []string{"more a.pcap 10.0.0.1 9"}},
		{"fewer", other(`"1h"`, `"0s"`), probes, []string{"fewer a.pcap 10.0.0.1 9"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sets [2]*rules.RuleSet
			var runs [2][]Run
			for i, text := range []string{test.old, test.new} {
				set, plan, err := load(text)(nil)
				if err != nil {
					t.Fatal(err)
				}
				if runs[i], err = Replay(context.Background(), plan, captures); err != nil {
					t.Fatal(err)
				}
				sets[i] = set
			}
			d := Compare(sets[0], sets[1], runs[0], runs[1])
			var got []string
			for _, c := range d.Changes {
				got = append(got, fmt.Sprintf("%s %s %s %d", c.Kind, filepath.Base(c.Capture), c.Key["ip.src"], c.packet()))
			}
			if x := cmp.Diff(test.want, got); x != "" || d.Clean() != (test.want == nil) {
				t.Error(x)
			}
		})
	}
}

// TestCaptures finds captures by their names, and says where there are none.
func TestCaptures(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "x", "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b.pcap", "x/a.PCAPNG.gz", "notes.txt", "x/c.cap"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Captures([]string{dir, filepath.Join(dir, "b.pcap")})
	if d := cmp.Diff([]string{filepath.Join(dir, "b.pcap"), filepath.Join(dir, "x/a.PCAPNG.gz"), filepath.Join(dir, "x/c.cap")}, got); d != "" || err != nil {
		t.Error(d, err)
	}
	for path, want := range map[string]string{"x/empty": "no capture in this directory", "none": "no such file"} {
		if _, err := Captures([]string{filepath.Join(dir, path)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
