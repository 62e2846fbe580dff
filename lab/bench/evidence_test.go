package main

import (
	"context"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/capture/evidence"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
)

// BenchmarkEvidence measures all shipped rules without evidence, with evidence of packets as a capture file is read, and of packets
// that are copied as those of interfaces are, on mixed traffic in turns; and the ratios to the first.
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
	keeps := []func(*evidence.Recorder, *capture.Batch) []packet.Frame{
		func(_ *evidence.Recorder, b *capture.Batch) []packet.Frame { return b.Frames },
		(*evidence.Recorder).Hold,
		func(r *evidence.Recorder, b *capture.Batch) []packet.Frame {
			r.Add(b.Frames, 0)
			return b.Frames
		},
	}
	took := make([]float64, len(keeps))
	packets := 0
	for b.Loop() {
		for i, keep := range keeps {
			cfg := engine.Config{Workers: 1, Seed: 1}
			var rec *evidence.Recorder
			emit := func(*alert.Alert) {}
			if i > 0 {
				opt := evidence.Options{Wait: true}
				setting.Defaults(&opt.Config)
				opt.Dir = b.TempDir()
				if rec, err = evidence.New(opt); err != nil {
					b.Fatal(err)
				}
				cfg.Emitted, emit = rec.Emitted, rec.Alert
			}
			e := engine.New(plan, cfg)
			began := processorTime()
			n, err := batches(file, 0, func(b *capture.Batch) { e.Process(keep(rec, b), emit) })
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
	each := float64(packets) / float64(len(keeps))
	for i, name := range []string{"off", "held", "copied"} {
		b.ReportMetric(took[i]/each, name+"-cpu-ns/packet")
		if i > 0 {
			b.ReportMetric(took[i]/took[0], name+"-ratio")
		}
	}
	b.ReportMetric(0, "ns/op")
}
