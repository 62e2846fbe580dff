package afpacket

import (
	"fmt"
	"testing"
	"time"

	"github.com/ruleids/ruleids/capture/live"
)

// BenchmarkRead measures what Read takes for a frame that is in a ring, in ns, with one ring and with several
// that it merges.
func BenchmarkRead(b *testing.B) {
	for _, rings := range []int{1, 4} {
		b.Run(fmt.Sprint("rings=", rings), func(b *testing.B) {
			enterNamespace(b)
			veth(b, "lva", "lvb")
			s := open(b, Config{Interfaces: []string{"lvb"}, Rings: rings, RingBytes: 64 << 20, BlockTimeout: time.Second})
			from := newSender(b, "lva")
			const n = 20000
			var frames [][]byte
			for i := range n {
				frames = append(frames, numbered(i, byte(i), uint16(i%1000)))
			}
			var batch live.Batch
			read := 0
			for b.Loop() {
				b.StopTimer()
				from.send(frames...)
				b.StartTimer()
				// The last block is not full; it comes with the next round.
				for {
					if err := s.Read(&batch, 0); err != nil {
						b.Fatal(err)
					}
					if len(batch.Frames) == 0 {
						break
					}
					read += len(batch.Frames)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(read, 1)), "ns/frame")
		})
	}
}
