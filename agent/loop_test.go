package agent

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/capture/live"
)

// TestAlertsComeAtTheSamePacket runs a scan through the loop in batches of all sizes, with one worker and with
// several: sampling single packets changes no alert.
func TestAlertsComeAtTheSamePacket(t *testing.T) {
	for i, size := range []int{1, 2, 3, 7, 40} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			r := start(t, fmt.Sprintf("capture {\n  workers = %d\n}\n", 1+i%3), map[string]string{"scan.hcl": scanRule})
			for i := 0; i < 40; i += size {
				b := live.Batch{}
				for j := i; j < min(40, i+size); j++ {
					b.Frames = append(b.Frames, syn(t, "198.51.100.7", 1000+j, j*10))
				}
				r.source.send(t, b)
			}
			got := r.outputs.of("scan")
			if len(got) != 1 || got[0].Number != 5 || got[0].Agent != "sensor" {
				t.Errorf("%d alerts, want one at packet 5: %+v", len(got), got)
			}
			s, err := r.client.Status(context.Background())
			if err != nil || s.Packets.Seen != 40 || s.Alerts.Raised != 1 || s.Alerts.Suppressed != 35 {
				t.Errorf("%v, status %+v %+v", err, s.Packets, s.Alerts)
			}
		})
	}
}

// TestAlertsSayThatPacketsWereLost marks the alerts of a time with losses, and no others.
func TestAlertsSayThatPacketsWereLost(t *testing.T) {
	r := start(t, "", map[string]string{"p.hcl": portRule("p", "23")})
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, 0)))
	lossy := batchOf(syn(t, "10.0.0.2", 23, 1))
	lossy.Lost, lossy.Losing = 7, true
	r.source.send(t, lossy)
	got := r.outputs.of("p")
	if len(got) != 2 || got[0].CaptureLoss != 0 || got[1].CaptureLoss != 7 {
		t.Fatalf("alerts %+v", got)
	}
	s, err := r.client.Status(context.Background())
	if err != nil || s.Alerts.DuringLoss != 1 || s.Capture.RecentlyDropped != 7 || len(s.Trouble) != 1 {
		t.Errorf("%v, alerts %+v, capture %+v, trouble %q", err, s.Alerts, s.Capture, s.Trouble)
	}
}

func TestLossMeterForgets(t *testing.T) {
	var m lossMeter
	at := time.Unix(1_800_000_000, 0)
	add := func(after time.Duration, lost uint64, losing bool) uint64 {
		at = at.Add(after)
		m.add(&live.Batch{Lost: lost, Losing: losing}, at)
		return m.recent()
	}
	for i, c := range []struct {
		after  time.Duration
		lost   uint64
		losing bool
		want   uint64
	}{
		{0, 0, false, 0},
		{time.Second, 0, true, 1},
		{time.Second, 5, true, 5},
		{3 * time.Second, 2, false, 7},
		{6 * time.Second, 0, false, 7},
		{time.Second, 0, false, 2},
		{3 * time.Second, 0, false, 0},
		{time.Hour, 4, false, 4},
		{100 * time.Hour, 3, false, 3},
		{10 * time.Second, 0, false, 0},
	} {
		if got := add(c.after, c.lost, c.losing); got != c.want {
			t.Errorf("step %d: %d packets lost lately, want %d", i, got, c.want)
		}
	}
}

// TestStopEndsEverything ends the loop while it waits: outputs are closed, questions are refused.
func TestStopEndsEverything(t *testing.T) {
	r := start(t, "", map[string]string{"p.hcl": portRule("p", "23")})
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, 0)))
	if err := r.Health(); err != nil {
		t.Error(err)
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if len(r.outputs.of("p")) != 1 || !r.outputs.closed {
		t.Errorf("%d alerts, outputs closed: %v", len(r.outputs.of("p")), r.outputs.closed)
	}
	if err := r.Health(); !errors.Is(err, errStopped) {
		t.Errorf("health after the end: %v", err)
	}
	if _, err := r.Rules(context.Background()); !errors.Is(err, errStopped) {
		t.Errorf("rules after the end: %v", err)
	}
	if _, err := r.client.Status(context.Background()); err == nil {
		t.Error("the control socket still answers")
	}
}

// TestStuckLoopIsSeen blocks the loop: questions are refused in time, and health says so.
func TestStuckLoopIsSeen(t *testing.T) {
	r := start(t, "", map[string]string{"p.hcl": portRule("p", "23")})
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, 0)))
	entered, release := make(chan struct{}), make(chan struct{})
	go func() { _ = r.loop.do(context.Background(), func() { close(entered); <-release }) }()
	<-entered
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := r.Top(ctx); !errors.Is(err, errBusy) {
		t.Errorf("top: %v", err)
	}
	if s := r.Status(ctx); len(s.Trouble) == 0 || s.Trouble[0] != errBusy.Error() {
		t.Errorf("trouble %q", s.Trouble)
	}
	if r.loop.alive(time.Now().Add(2 * stallAfter)) {
		t.Error("a loop that has not moved for ten seconds counts as alive")
	}
	close(release)
	if _, err := r.Top(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestSamplesStandForAll holds the weights of samples to add up to the packets, for batches of any size.
func TestSamplesStandForAll(t *testing.T) {
	r := start(t, "", map[string]string{"scan.hcl": scanRule})
	total, now := 0, time.Unix(1_800_000_000, 0)
	err := r.loop.do(context.Background(), func() {
		for _, n := range []int{1, 15, 16, 17, 100, 1023, 1024, 5000, 20000} {
			frames := batchOf().Frames
			for i := range n {
				frames = append(frames, syn(t, fmt.Sprintf("10.0.%d.%d", i>>8&3, i&255), i&0xffff, total+i))
			}
			now = now.Add(time.Second)
			r.loop.process(frames, now)
			total += n
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &r.loop.profile
	if math.Abs(p.packets-float64(total)) > float64(total)/20 {
		t.Errorf("samples stand for %.0f packets of %d", p.packets, total)
	}
	if s := r.loop.engine.Stats(); s.Packets != uint64(total) {
		t.Errorf("the engine saw %d packets of %d", s.Packets, total)
	}
	if c := p.cost("scan"); c <= 0 || c > 1e5 {
		t.Errorf("the rule costs %v ns a packet", c)
	}
}

func TestSketchFindsTheHeaviest(t *testing.T) {
	var s sketch
	s.init()
	key := func(i int) string { return fmt.Sprintf("10.0.%d.%d", i>>8, i&255) }
	for round := range 40 {
		for i := range 4000 { // far more than fit
			s.add("noise", keyOf(key(i)), 1)
		}
		for i := range 5 {
			s.add("rule", keyOf(fmt.Sprintf("heavy%d", i)), float64(100*(i+1)))
		}
		if len(s.least) > sketchSize || len(s.counts) != len(s.least) {
			t.Fatalf("round %d: %d keys, %d in the heap", round, len(s.counts), len(s.least))
		}
	}
	top := s.top(5)
	for i, h := range top {
		if want := fmt.Sprintf("heavy%d", 4-i); h.rule != "rule" || h.key[0].Value != want {
			t.Errorf("place %d is %s %v (%.0f), want %s", i, h.rule, h.key, h.count, want)
		}
	}
	s.forget(map[string]bool{"noise": true})
	if len(s.least) != 5 || len(s.top(100)) != 5 {
		t.Errorf("%d keys are left", len(s.least))
	}
	s.add("rule", keyOf("heavy9"), 1)
	if s.least[0].key[0].Value != "heavy9" {
		t.Error("the heap is out of order after keys were forgotten")
	}
}

// TestLossNews follows a spell of losses: it is told when it begins, then ever more seldom, and when it is over.
func TestLossNews(t *testing.T) {
	var m lossMeter
	start := time.Unix(1_800_000_000, 0)
	var told []string
	for second := range 3 * 3600 {
		now := start.Add(time.Duration(second) * time.Second)
		b := live.Batch{}
		// From the second second on for two hours, but for pauses of nine seconds.
		if second >= 2 && second < 2+2*3600 && second%10 == 2 {
			b.Lost = 3
		}
		m.add(&b, now)
		if n := m.news(&b, now); n != nil {
			told = append(told, fmt.Sprint(second, " ", n.ended, " ", n.lost, " ", n.since.Sub(start)))
		}
	}
	want := []string{
		"2 false 3 2s", "62 false 21 2s", "182 false 57 2s", "422 false 129 2s", "902 false 273 2s", "1862 false 561 2s",
		"3782 false 1137 2s", "7202 true 2160 2s",
	}
	if fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("told\n%q, want\n%q", told, want)
	}
	if s := m.since; !s.IsZero() {
		t.Errorf("the spell lasts since %v", s)
	}
}

// TestLossIsLoggedAndShown looks at what people get to see of losses.
func TestLossIsLoggedAndShown(t *testing.T) {
	r := start(t, "", map[string]string{"p.hcl": portRule("p", "23")})
	lossy := batchOf(syn(t, "10.0.0.2", 23, 1))
	lossy.Lost = 7
	r.source.send(t, lossy)
	r.source.send(t, lossy)
	r.log.wait(t, 0, "packets are being lost", "lost=7", "level=WARN")
	s, err := r.client.Status(context.Background())
	if err != nil || s.Capture.LosingSince == nil || s.Capture.LosingLost != 14 || len(s.Trouble) != 1 || !strings.HasPrefix(s.Trouble[0], "losing packets since ") {
		t.Errorf("%v, capture %+v, trouble %q", err, s.Capture, s.Trouble)
	}
}

// TestSketchSaysHowFarOff tells exact counts from estimates.
func TestSketchSaysHowFarOff(t *testing.T) {
	var s sketch
	s.init()
	for range 10 {
		s.add("exact", nil, 1)
	}
	s.add("sampled", nil, 344)
	for i := range sketchSize {
		s.add("filler", keyOf(strconv.Itoa(i)), 2)
	}
	for _, h := range s.top(2) {
		want := map[string]float64{"exact": 0, "sampled": 2 * math.Sqrt(344*343)}[h.rule]
		if h.off() != want {
			t.Errorf("%s: %v packets are off by %v, want %v", h.rule, h.count, h.off(), want)
		}
	}
	// The last of the fillers pushed out another, whose packets it may never have had.
	if h := s.counts["filler\x00"+keyText(keyOf(strconv.Itoa(sketchSize-1)))]; h == nil || h.count != 4 || h.off() < 2 {
		t.Errorf("the key that took a place: %+v", h)
	}
}

// TestHealthyFromTheStart asks before the loop has come to its first turn, as who is told that the daemon runs may.
func TestHealthyFromTheStart(t *testing.T) {
	l := &loop{source: newFakeSource(), ended: make(chan struct{})}
	c := &capturing{d: &Daemon{loop: l}, source: l.source}
	if c.health() == nil {
		t.Error("healthy before the start")
	}
	l.start()
	if err := c.health(); err != nil {
		t.Error(err)
	}
}
