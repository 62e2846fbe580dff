package engine

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// A million keys in one period stay within the memory that the plan states, and so does what they leave behind.
func TestModelOfAMillionKeys(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	const keys = 1_000_000
	plan := compile(t, `
model "m" {
  by       = ["ip.src"]
  every    = "1h"
  max_keys = 1000000
  features = { bytes = "log2(sum(ip.len))", packets = "count()" }
}
rule "r" {
  severity = "low"
  on       = "model"
  where    = "model.score >= 0.999"
}`, Options{})
	bound := plan.Describe().Models[0].Bound
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	e := New(plan, Config{Seed: 1})
	o := &office{Rand: rand.New(rand.NewPCG(1, 1))}
	emit := func(*alert.Alert) {}
	for host := range keys {
		o.send(0, host, 1, 80, 60)
		o.frames[len(o.frames)-1].Time = int64(host) * 1000
		if len(o.frames) == 4096 || host == keys-1 {
			e.Process(o.frames, emit)
			o.frames = o.frames[:0]
		}
	}
	if n := e.Stats().Keys; n < keys*99/100 {
		t.Errorf("%d keys are kept", n)
	}
	if used := heap() - before; used > bound {
		t.Errorf("a million keys take %d bytes, and the plan states %d", used, bound)
	}
	o.send(0, 1, 1, 80, 60)
	o.frames[0].Time = int64(3600) * second
	e.Process([]packet.Frame{o.frames[0]}, emit)
	if n, _, _ := e.Models()[0].Learning(); n < keys*99/100 {
		t.Errorf("%d samples of a million keys", n)
	}
	if used := heap() - before; used > bound {
		t.Errorf("after the period it takes %d bytes, and the plan states %d", used, bound)
	}
}
