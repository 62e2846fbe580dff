package main

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/capture/evidence"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
)

// ringBatches is how many batches of a capture, of 256 KiB, stand for the ring of an interface: 64 MiB, which no cache holds. The
// oldest keptBatches of them stay as they are, as those of rings do.
const (
	ringBatches = 256
	keptBatches = 80
)

// A keep has a recorder keep a batch, and returns its frames.
type keep func(r *evidence.Recorder, b *capture.Batch, number uint64) []packet.Frame

// BenchmarkEvidence measures all shipped rules without evidence, with evidence of packets as a capture file is read, of packets that
// stay in the ring of an interface, and of packets that are copied, on mixed traffic in turns; and the ratios to the first. Packets
// come to a ring each time but for a capture file.
func BenchmarkEvidence(b *testing.B) {
	file := captureOf(b, mixedTraffic, *mixedPackets)
	rs, err := ruleSet("")
	if err != nil {
		b.Fatal(err)
	}
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		b.Fatal(err)
	}
	off := func(_ *evidence.Recorder, b *capture.Batch, _ uint64) []packet.Frame { return b.Frames }
	ways := []struct {
		name string
		ring int // batches
		keep keep
		base int // the way that it is compared with
	}{
		{"file", 1, off, 0},
		{"held", 1, func(r *evidence.Recorder, b *capture.Batch, _ uint64) []packet.Frame { return r.Hold(b) }, 0},
		{"ring", ringBatches, off, 2},
		{"borrowed", ringBatches, func(r *evidence.Recorder, b *capture.Batch, number uint64) []packet.Frame {
			if number > keptBatches {
				r.Forget(number-keptBatches, true)
			}
			used, _ := b.Size()
			return r.Borrow(&b.Frames, number, used, 0)
		}, 2},
		{"copied", ringBatches, func(r *evidence.Recorder, b *capture.Batch, _ uint64) []packet.Frame {
			r.Add(b.Frames, 0)
			return b.Frames
		}, 2},
	}
	took := make([]float64, len(ways))
	packets := 0
	for b.Loop() {
		for i, way := range ways {
			cfg := engine.Config{Workers: 1, Seed: 1}
			var rec *evidence.Recorder
			emit := func(*alert.Alert) {}
			if i != way.base {
				opt := evidence.Options{Wait: way.ring == 1} // as a run of captures has it, and the daemon
				setting.Defaults(&opt.Config)
				opt.Dir = b.TempDir()
				if rec, err = evidence.New(opt); err != nil {
					b.Fatal(err)
				}
				cfg.Emitted, emit = rec.Emitted, rec.Alert
			}
			e := engine.New(plan, cfg)
			ring := make([]capture.Batch, way.ring)
			began := processorTime()
			n, err := around(file, ring, func(b *capture.Batch, number uint64) { e.Process(way.keep(rec, b, number), emit) })
			if err == nil && rec != nil {
				err = rec.Close(context.Background())
			}
			if err != nil {
				b.Fatal(err)
			}
			took[i] += processorTime() - began
			packets += n
		}
	}
	each := float64(packets) / float64(len(ways))
	for i, way := range ways {
		b.ReportMetric(took[i]/each, way.name+"-cpu-ns/packet")
		if i != way.base {
			b.ReportMetric(took[i]/took[way.base], way.name+"-ratio")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// around reads a capture to batches in turn, and returns how many packets it has.
func around(file string, ring []capture.Batch, f func(b *capture.Batch, number uint64)) (n int, err error) {
	r, err := capture.Open(file)
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Close() }() // it was only read from
	for number := uint64(1); ; number++ {
		b := &ring[number%uint64(len(ring))]
		if err := r.Read(b); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		n += len(b.Frames)
		f(b, number)
	}
}
