package decision

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/ruleids/ruleids/internal/host"
)

// List returns the decisions that hold and those that would hold but for the mode (Recorded), sorted by number.
func (b *Store) List() []Decision {
	out, mode := b.held()
	for i := range out {
		out[i].Recorded = out[i].Recorded || mode != Enforce
	}
	return out
}

// held returns all decisions as the journal has them, sorted by number, and the mode.
func (b *Store) held() ([]Decision, Mode) {
	// Decisions do not change once they are made. While they are gathered no other is made, so no more is done then.
	b.mu.RLock()
	held := make([]*Decision, 0, b.active.decisions+b.recorded.decisions)
	for _, l := range []*ledger{b.active, b.recorded} {
		for _, s := range l.states {
			if s.decision != nil {
				held = append(held, s.decision)
			}
		}
	}
	mode := b.config.Mode
	b.mu.RUnlock()
	slices.SortFunc(held, func(d, e *Decision) int { return cmp.Compare(d.ID, e.ID) })
	out := make([]Decision, len(held))
	for i, d := range held {
		out[i] = *d
	}
	return out, mode
}

// Need says which hosts the program talks to from now on. Rules decide nothing about their addresses, and what was decided
// before is taken back.
func (b *Store) Need(names []host.Name) {
	if h, ok := b.host.(interface{ SetNames([]host.Name) }); ok {
		h.SetNames(names)
	}
}

// Told takes down what the log of this host's SSH server says of a login. The peer of a session is protected, and one that only
// tries to log in is not for long; the log tells them apart at once.
func (b *Store) Told(peer netip.Addr, entered bool) {
	if h, ok := b.host.(interface{ Told(netip.Addr, bool) }); ok {
		h.Told(peer, entered)
	}
}

// KeptOut returns, in words, which hosts that the program talks to are kept out, because a person insisted or a prefix
// covers them.
func (b *Store) KeptOut() []string {
	info, _ := b.host.Info()
	if info == nil {
		return nil
	}
	var out []string
	for _, n := range info.Needed {
		for _, d := range b.Covering(TargetOf(n.Addr)) {
			if !d.Recorded {
				out = append(out, fmt.Sprintf("%s, %s, is kept out: %s", n.What, n.Addr, &d))
				break
			}
		}
	}
	return out
}

// Covering returns the decisions that keep a target out, or would, the narrowest first and those that hold before
// those that would.
func (b *Store) Covering(t Target) []Decision {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var out []Decision
	if !t.IsValid() {
		return nil
	}
	for _, l := range []*ledger{b.active, b.recorded} {
		for around := range l.deciding.around(t) {
			if d := l.get(around); d != nil {
				c := *d
				c.Recorded = c.Recorded || b.config.Mode != Enforce
				out = append(out, c)
			}
		}
	}
	return out
}
