package main

import (
	"context"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture/evidence"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
)

// BenchmarkEvidence measures all shipped rules without evidence and with it, on mixed traffic in turns, and the ratio of the two.
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
	var took [2]float64
	packets := 0
	for b.Loop() {
		for i := range took {
			cfg := engine.Config{Workers: 1, Seed: 1}
			var rec *evidence.Recorder
			if i == 1 {
				opt := evidence.Options{Wait: true}
				setting.Defaults(&opt.Config)
				opt.Dir = b.TempDir()
				if rec, err = evidence.New(opt); err != nil {
					b.Fatal(err)
				}
				cfg.Emitted = rec.Emitted
			}
			e := engine.New(plan, cfg)
			began := processorTime()
			n, err := frames(file, 0, func(fs []packet.Frame) {
				if rec != nil {
					rec.Add(fs, 0)
				}
				e.Process(fs, func(a *alert.Alert) {
					if rec != nil {
						rec.Alert(a)
					}
				})
			})
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
	each := float64(packets) / 2
	b.ReportMetric(took[0]/each, "off-cpu-ns/packet")
	b.ReportMetric(took[1]/each, "on-cpu-ns/packet")
	b.ReportMetric(took[1]/took[0], "ratio")
	b.ReportMetric(0, "ns/op")
}
