package afpacket

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// TestKeep reads far more than the ring has room for. The frames of Batches stay as they are until they are to be forgotten, nothing
// is lost meanwhile, and poll waits when all was read.
func TestKeep(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	page := os.Getpagesize()
	s := open(t, Config{Interfaces: []string{"lvb"}, RingBytes: 16 * page, KeepBytes: 8 * page, BlockBytes: page})
	kept := map[uint64][]packet.Frame{}
	numbers := map[uint64][]int{}
	refused, forced, most := 0, 0, 0
	s.Keep(func(batch uint64, must bool) bool {
		if refused++; refused%3 == 0 && !must { // somebody looks there
			return false
		}
		if must {
			forced++
		}
		for n, frames := range kept {
			for i := range frames {
				if got := number(frames[i]); got != numbers[n][i] {
					t.Fatalf("packet %d of batch %d is %d now", numbers[n][i], n, got)
				}
			}
			if n <= batch {
				delete(kept, n)
			}
		}
		return true
	})
	from := newSender(t, "lva")
	const all, each = 3000, 12
	next := 0
	var b live.Batch
	for sent := 0; sent < all || next < sent; {
		for n := 0; n < each && sent < all; n++ {
			from.send(numbered(sent, 7, 9))
			sent++
		}
		if err := s.Read(&b, 20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if len(b.Frames) == 0 {
			continue
		}
		if b.Number == 0 || b.Room < page || kept[b.Number] != nil {
			t.Fatalf("batch %d in %d bytes", b.Number, b.Room)
		}
		for _, f := range b.Frames {
			if number(f) != next {
				t.Fatalf("packet %d, want %d", number(f), next)
			}
			numbers[b.Number] = append(numbers[b.Number], next)
			next++
		}
		kept[b.Number], b.Frames = b.Frames, nil
		most = max(most, len(kept))
	}
	if most < 4 {
		t.Errorf("%d batches were kept at most", most)
	}
	s.Release()
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(s.rings[0].fd), Events: unix.POLLIN}}, 0); n != 0 || err != nil {
		t.Errorf("poll returns %d, %v, although everything was read", n, err)
	}
	if st := s.Stats(); st.Dropped != 0 {
		t.Errorf("%d packets were lost", st.Dropped)
	}
	before := forced
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if forced != before+1 || len(kept) != 0 {
		t.Errorf("closed with %d batches in use", len(kept))
	}
}
