package main

import (
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// TestTallyIsBounded: alerts of ever new sources take no more memory, and the source that has most of
// them is still the first.
func TestTallyIsBounded(t *testing.T) {
	tally := newTally()
	fire := func(n uint64) {
		tally.add(&alert.Alert{Rule: "r", Severity: scale.SeverityHigh, Layers: packet.LayerIP, Src: packet.Addr{Lo: n}})
	}
	for n := range uint64(10 * tallySources) {
		fire(n + 2)
		if n%100 == 0 {
			fire(1)
		}
	}
	if n := len(tally.sources); n > tallySources {
		t.Errorf("%d sources are kept", n)
	}
	top := tally.topSources(1)
	if want := uint64(10*tallySources/100 + 1); len(top) != 1 || top[0].addr.Lo != 1 || top[0].alerts != want {
		t.Errorf("top: %+v, want address 1 with %d alerts", top, want)
	}
}
