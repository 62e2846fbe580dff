package engine

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// A reuser is a source that hands out frames in slices of random lengths and writes over what it returned for a
// buffer as soon as it is asked for that buffer again.
type reuser struct {
	rand    *rand.Rand
	frames  []packet.Frame
	buffers [][]packet.Frame
	longest int
}

func (r *reuser) next(buffer int) []packet.Frame {
	b := r.buffers[buffer]
	for i := range b {
		for j := range b[i].Data {
			b[i].Data[j] = 0xff
		}
		b[i] = packet.Frame{Time: 1 << 60}
	}
	n := min(1+r.rand.IntN(1+r.rand.IntN(r.longest)), len(r.frames))
	b = b[:0]
	for _, f := range r.frames[:n] {
		f.Data = slices.Clone(f.Data)
		b = append(b, f)
	}
	r.buffers[buffer], r.frames = b, r.frames[n:]
	return b
}

// TestRun runs random rules over a source that reuses its buffers, with slices from one frame to several times what
// all slots hold: the alerts and counts are those of one worker that was given all at once, and hold nothing of the
// buffers.
func TestRun(t *testing.T) {
	for seed := range uint64(2) {
		g := grammar{Rand: rand.New(rand.NewPCG(seed, 21))}
		plan := g.ruleSets(t, 1)[0]
		traffic := g.traffic(4000)
		for len(traffic) < 12_000 {
			again := slices.Clone(traffic[:4000])
			for i := range again {
				again[i].Time += int64(len(traffic)) * second
			}
			traffic = append(traffic, again...)
		}
		cfg := Config{Seed: 1}
		single := New(plan, cfg)
		want := run(single, traffic)
		for _, workers := range []int{1, 2, 3, 5} {
			for _, longest := range []int{3, 12_000} {
				cfg.Workers = workers
				e := New(plan, cfg)
				r := &reuser{rand: g.Rand, frames: traffic, buffers: make([][]packet.Frame, e.Buffers()), longest: longest}
				var alerts []*alert.Alert
				e.Run(r.next, func(a *alert.Alert) { alerts = append(alerts, a) })
				for i := range r.buffers {
					r.next(i)
				}
				got := make([]string, len(alerts))
				for i, a := range alerts {
					got[i] = line(a)
				}
				if !slices.Equal(want, got) {
					t.Fatalf("seed %d, %d workers, up to %d frames: %d alerts, want %d", seed, workers, longest, len(got), len(want))
				}
				if d := cmp.Diff(single.Stats(), e.Stats(), cmpopts.IgnoreFields(Stats{}, "StateBytes")); d != "" {
					t.Fatalf("seed %d, %d workers, up to %d frames: counts differ (-one +several):\n%s", seed, workers, longest, d)
				}
			}
		}
	}
}

// TestRunWaitsForEmit holds the first alert back until the other workers have got as far as they can: they do not
// gather alerts without end.
func TestRunWaitsForEmit(t *testing.T) {
	const total = 200_000
	e := New(compile(t, `rule "all" {
  description = "d"
  severity = "low"
  where = "tcp"
  cooldown = "0s"
}`, Options{}), Config{Workers: 2})
	few := slices.Repeat(frames(seg{src: "10.0.0.1", dst: "10.0.0.2", dport: 1}), 1000)
	var read atomic.Int64
	alerts, furthest := int64(0), int64(0)
	e.Run(func(int) []packet.Frame {
		if read.Add(int64(len(few))) > total {
			return nil
		}
		return few
	}, func(*alert.Alert) {
		if alerts == 0 {
			for range 200_000 {
				if read.Load() > total/2 {
					break
				}
				runtime.Gosched()
			}
		}
		furthest = max(furthest, read.Load()-alerts)
		alerts++
	})
	if alerts != total {
		t.Errorf("%d alerts of %d packets", alerts, total)
	}
	if most := int64(2*(maxWaiting+len(e.slots)*maxPart) + e.Buffers()*len(few)); furthest > most {
		t.Errorf("%d packets were read beyond an alert that was not emitted, more than %d", furthest, most)
	}
}

// TestRunWithoutFrames ends at once, whatever the number of workers, and goes on with what comes later.
func TestRunWithoutFrames(t *testing.T) {
	for workers := range 4 {
		e := New(compile(t, strings.Replace(scanRule, "threshold = 3", "threshold = 2", 1), Options{}), Config{Workers: workers})
		var got []string
		for i := range 3 {
			e.Run(func(int) []packet.Frame { return nil }, collectInto(&got))
			e.Run(cut(frames(syn(float64(i), "10.0.0.1", uint16(i)))), collectInto(&got))
		}
		if s := fmt.Sprint(got); e.Stats().Packets != 3 || len(got) != 1 {
			t.Errorf("%d workers: %d packets, alerts %s", workers, e.Stats().Packets, s)
		}
	}
}
