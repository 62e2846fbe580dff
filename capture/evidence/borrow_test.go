package evidence

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// Frames that stay in the memory of a source for a while have the evidence that copies of them have, whatever comes to that memory
// when the source was given it back.
func TestBorrow(t *testing.T) {
	const all, batch, kept = 40_000, 1000, 8
	run := func(borrow bool, wait bool) (out []string) {
		o := options(t, 40, 3)
		o.Memory, o.Wait = 4<<20, wait
		r := open(t, o)
		var lists [kept][]packet.Frame
		var memory [kept][]byte
		var alerts []*alert.Alert
		for n := 1; n <= all; n += batch {
			lease := uint64(n/batch + 1)
			slot := lease % kept
			if borrow && lease > kept && !r.Forget(lease-kept, true) {
				t.Fatal("a source that must have its memory does not get it")
			}
			for i := range memory[slot] {
				memory[slot][i] = 0xff
			}
			list := lists[slot][:0]
			data := memory[slot][:0]
			for i := n; i < n+batch; i++ {
				f := udp(i, byte(i%200), 201, i%400 < 200)
				f.Data = slices.Insert(f.Data, len(f.Data)-16, make([]byte, 350)...)
				data = append(data, f.Data...)
				f.Data = data[len(data)-len(f.Data) : len(data) : len(data)]
				f.Length = uint32(len(f.Data))
				list = append(list, f)
			}
			if memory[slot] = data; cap(data) == len(data) {
				t.Log("memory grew") // frames before lie in what was there before, which stays
			}
			frames := list
			switch dense := n/batch%7 != 3; { // some batches are small enough to be copied
			case !borrow:
				r.Add(list, 0)
			case dense:
				frames = r.Borrow(&list, lease, len(data), 0)
				if len(frames) != batch || len(list) != 0 {
					t.Fatalf("%d frames, and a list of %d", len(frames), len(list))
				}
			default:
				r.Borrow(&list, lease, 4*len(data), 0)
			}
			lists[slot] = list
			if n/batch%5 == 0 {
				number := n + batch/2
				key := fmt.Sprintf("192.0.2.%d", number%200)
				if number%400 < 200 {
					key = fmt.Sprintf("2001:db8::%x", number%200)
				}
				alerts = append(alerts, of(frames[batch/2], uint64(number), key))
				r.Alert(alerts[len(alerts)-1])
			}
			r.Emitted(uint64(n + batch - 1))
		}
		shut(t, r)
		if s := r.Stats(); s.Lost != 0 || s.Pending != 0 || wait && s.Skipped != 0 {
			t.Errorf("%+v", s)
		}
		for _, a := range alerts {
			ns := numbers(t, a.Evidence)
			ns = slices.DeleteFunc(ns, func(n int) bool { return n < int(a.Number)-3000 }) // how far back differs with what a chunk takes
			if wait && len(ns) < min(4, int(a.Number)/400+1) {
				t.Errorf("alert at frame %d: %d frames", a.Number, len(ns))
			}
			out = append(out, fmt.Sprint(ns))
		}
		return out
	}
	if copied, borrowed := run(false, true), run(true, true); !slices.Equal(copied, borrowed) {
		t.Errorf("copied %v, borrowed %v", copied, borrowed)
	}
	run(true, false) // what is in the files are frames that came, with their own times: numbers looks at these
}

// A source that can wait gets its memory when nobody looks at it.
func TestForget(t *testing.T) {
	o := options(t, 1, 1)
	o.Wait = false
	r := open(t, o)
	list := []packet.Frame{udp(1, 7, 9, false)}
	r.Borrow(&list, 1, len(list[0].Data), 0)
	if len(r.lent) != 1 {
		t.Fatalf("%d chunks borrowed", len(r.lent))
	}
	c := r.lent[0].chunk
	c.mu.Lock()
	if r.Forget(1, false) {
		t.Error("memory is given back that is being read")
	}
	c.mu.Unlock()
	before := &c.frames[0].Data[0]
	if !r.Forget(1, false) || &c.frames[0].Data[0] == before || c.lease != 0 {
		t.Error("memory that nobody reads is not given back")
	}
	shut(t, r)
}
