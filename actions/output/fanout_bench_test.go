package output

import (
	"path/filepath"
	"testing"
)

// BenchmarkSend measures what the packet loop pays for an alert.
func BenchmarkSend(b *testing.B) {
	f, err := New([]Spec{{"eve", newEVE(filepath.Join(b.TempDir(), "eve.json"))}, {"csv", newCSV(filepath.Join(b.TempDir(), "alerts.csv"))}}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	a := numbered(1)
	b.ReportAllocs()
	for b.Loop() {
		f.Send(a)
	}
	b.StopTimer()
	if err := f.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	written, lost := uint64(0), uint64(0)
	for _, s := range f.Status() {
		written, lost = written+s.Written, lost+s.Lost
	}
	b.ReportMetric(float64(written)/b.Elapsed().Seconds(), "written/s")
	b.ReportMetric(float64(lost)/float64(b.N), "lost/op")
}
