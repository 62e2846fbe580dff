package engine

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/alert"
)

// TestPeakClasses holds classes to be exact for small integers, and within 3% for all else.
func TestPeakClasses(t *testing.T) {
	for v := 1.0; v < 1e12; v = math.Nextafter(v*1.01, math.Inf(1)) {
		if got := PeakValue(PeakClass(v)); got > v || got < v*0.969 {
			t.Fatalf("%v is in the class of %v", v, got)
		}
	}
	for v := 0.0; v <= 64; v++ {
		if got := PeakValue(PeakClass(v)); got != v {
			t.Errorf("%v is in the class of %v", v, got)
		}
	}
	for _, v := range []float64{-1, math.NaN(), math.Inf(1), 1e300, 1e-300} {
		if c := PeakClass(v); c < 0 || c >= peakSpan {
			t.Errorf("%v is in class %d", v, c)
		}
	}
}

const peakRules = `rule "scan" {
  severity = "low"
  where    = "tcp.flags.syn and not tcp.flags.ack"
  by       = ["ip.src"]
  window "10s" {
    ports = "distinct(tcp.dstport)"
    n     = "count()"
  }
  threshold = 5
  when      = "ports >= threshold and n > 2"
}
rule "all" {
  severity = "low"
  where    = "tcp"
  window "10s" { n = "count()" }
  threshold = 5
  when      = "n > threshold"
}
`

// TestPeaks counts the largest value of each spell of each key, whatever the number of workers, over a reload.
func TestPeaks(t *testing.T) {
	for _, workers := range []int{1, 3} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			e := New(compile(t, peakRules, Options{Peaks: true}), Config{Workers: workers, Seed: 1})
			scan := func(src string, at float64, ports int) {
				for i := range ports {
					e.Process(frames(seg{at: at + float64(i)/1000, src: src, dst: "192.0.2.1", dport: uint16(1000 + i), flags: 2}), func(*alert.Alert) {})
				}
			}
			counts := map[float64]int64{}
			tail := map[string]float64{}
			take := func() {
				for _, c := range e.TakePeaks().Counts() {
					if c.Rule != "scan" || c.Strict || c.Day != 0 {
						t.Errorf("%+v", c)
					}
					for class, n := range c.Counts {
						counts[PeakValue(class)] += n
					}
					for _, p := range c.Tail {
						tail[fmt.Sprint(p.Key[0].Value)] = max(tail[fmt.Sprint(p.Key[0].Value)], p.Value)
					}
				}
			}
			scan("10.0.0.1", 0, 4)
			take()
			scan("10.0.0.1", 1, 12) // the spell goes on, above what is exact for the threshold
			scan("10.0.0.2", 2, 2)  // where the rest of when never holds
			e.Swap(compile(t, peakRules+"rule \"more\" {\n  severity = \"low\"\n  where = \"udp\"\n}\n", Options{Peaks: true}))
			scan("10.0.0.3", 3, 3)
			scan("10.0.0.1", 60, 3) // another spell
			take()
			for v, n := range counts {
				if n == 0 {
					delete(counts, v)
				}
			}
			if d := cmp.Diff(map[float64]int64{12: 1, 3: 2}, counts); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(map[string]float64{"10.0.0.1": 12, "10.0.0.3": 3}, tail); d != "" {
				t.Error(d)
			}
			if left := e.TakePeaks().Counts(); left != nil {
				t.Errorf("taken twice: %v", left)
			}
		})
	}
}
