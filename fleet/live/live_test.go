package live

import (
	"fmt"
	"testing"
)

// TestAfter: a watcher gets every event once, in order, and is told where it missed some.
func TestAfter(t *testing.T) {
	r := New()
	if events, missed, more := r.After(0, 10); len(events) != 0 || missed || more == nil {
		t.Fatal(events, missed)
	}
	_, _, more := r.After(0, 10)
	for n := range 25_000 {
		r.Add("alert", fmt.Append(nil, n+1))
	}
	select {
	case <-more:
	default:
		t.Error("nobody was woken")
	}
	events, missed, _ := r.After(24_990, 5)
	if missed || len(events) != 5 || events[0].Seq != 24_991 || string(events[0].Data) != "24991" {
		t.Errorf("%v %v", events, missed)
	}
	events, missed, _ = r.After(3, 1)
	if !missed || len(events) != 1 || events[0].Seq != 15_002 || string(events[0].Data) != "15002" {
		t.Errorf("%+v %v", events, missed)
	}
	if events, missed, _ := r.After(99_999, 5); !missed || len(events) != 0 {
		t.Errorf("an event that never was: %v %v", events, missed)
	}
}
