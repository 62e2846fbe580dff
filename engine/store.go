package engine

import (
	"math/bits"
	"slices"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
)

// A store is the state that groups with one key share: a table in which every row has the cells of all
// of them.
type store struct {
	index  int
	groups []*group
	config window.Config // of one shard
	shards int           // tables that the keys are spread over; fixed by the plan, so that the number of workers changes nothing
	always classSet      // classes of packets that all but surely concern one of the groups
}

// A classSet is a set of packet classes, each by what the packet says.
type classSet [numSaid * packet.NumClasses / 64]uint64

func (s *classSet) add(said, class int) {
	i := said*packet.NumClasses + class
	s[i>>6] |= 1 << (i & 63)
}

func (s *classSet) empty() bool { return *s == classSet{} }

func (s *classSet) len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// within reports whether s is a subset of o.
func (s *classSet) within(o *classSet) bool {
	for i := range s {
		if s[i]&^o[i] != 0 {
			return false
		}
	}
	return true
}

// stores gives every group its store. Groups share one when they have the same key and every packet
// that concerns the one by its class alone, but for exceptions, concerns the other too: an event then finds its row warm.
//
//	port_scan by ip.src of SYN; syn_ratio by ip.src of SYN, FIN and RST  ->  one row per source
func (b *builder) stores(p *Plan) []*store {
	always := make([]classSet, len(p.groups))
	for said := range p.table {
		for class, br := range p.table[said][:packet.ClassTCPReserved] {
			if br == nil {
				continue
			}
			for _, g := range br.likely {
				always[g.index].add(said, class)
			}
		}
	}
	// Those that most classes concern come first: one of few classes that came before would keep a third from both.
	order := slices.Clone(p.groups)
	slices.SortStableFunc(order, func(x, y *group) int { return always[y.index].len() - always[x.index].len() })
	byKey := map[string][]*store{}
	for _, g := range order {
		sure := &always[g.index]
		shares := len(g.cells) > 0 && !sure.empty() && !b.tuning.NoSharing && len(g.memories) == 0 && !g.turn
		if shares {
			for _, s := range byKey[g.keyed] {
				if sure.within(&s.always) || s.always.within(sure) {
					g.store = s
					break
				}
			}
		}
		if g.store == nil {
			g.store = &store{config: window.Config{KeyWords: g.words, MaxKeys: g.maxKeys}}
			if shares {
				byKey[g.keyed] = append(byKey[g.keyed], g.store)
			}
		}
		for i := range sure {
			g.store.always[i] |= sure[i]
		}
	}
	var out []*store
	for _, g := range p.groups {
		home := g.store
		if len(home.groups) == 0 {
			home.index = len(out)
			out = append(out, home)
		}
		g.base = len(home.config.Cells)
		home.groups = append(home.groups, g)
		for _, c := range g.cells {
			home.config.Cells = append(home.config.Cells, c.state)
		}
		home.config.Cells = append(home.config.Cells, g.state...)
		g.size = len(home.config.Cells) - g.base
		home.config.Keep = home.config.Keep || g.sampler != nil // rows end with their period
	}
	for _, s := range out {
		local := slices.ContainsFunc(s.groups, (*group).local)
		// Memories are of all keys, so that one worker at a time looks at an event of theirs.
		s.size(!slices.ContainsFunc(s.groups, func(g *group) bool { return len(g.memories) > 0 }) &&
			(local || slices.ContainsFunc(s.groups, func(g *group) bool { return !b.narrow(g.whole) })))
		for _, g := range s.groups {
			if g.lane = s.index; local { // all steps of a key come to one lane
				g.lane = 0
			}
		}
	}
	return out
}

// narrow reports whether a condition holds for few ports or addresses only, by itself alone.
func (b *builder) narrow(cond int32) bool {
	return b.guard(cond, offDstPort, opRange16) != predTrue || b.guard(cond, offDst, opAddr) != predTrue ||
		b.guard(cond, offSrc, opAddr) != predTrue || b.guard(cond, offSrcPort, opRange16) != predTrue
}

// size sets the bounds of a store. Where much traffic comes to it is spread over shards.
func (s *store) size(much bool) {
	c := &s.config
	s.shards = 1
	if much {
		s.shards = shardsOf(c.MaxKeys, c.KeyWords)
	}
	c.MaxBytes = int64(max(c.MaxKeys, 4096)) * keyBytes / int64(s.shards)
	c.MaxKeys = (c.MaxKeys + s.shards - 1) / s.shards
	switch least := leastNeed(c.Cells); {
	case least == 0:
		c.Spill = -1
	case least > spillNeed:
		c.Spill = c.MaxKeys
	}
}

// leastNeed is the smallest threshold that cells have; 0 where they have none.
func leastNeed(cells []window.Cell) (least int) {
	for _, c := range cells {
		if n := waits(c); n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// spillNeed is the threshold up to which the single events of an evicted key are remembered for long. Where a
// rule waits for more, the few that are lost with a row of no progress do not count: one event for each of the
// keys is room enough to know a key that comes back at such a rate.
const spillNeed = 512

// keyBytes is how much memory beyond its row a key may take when all keys of a table are busy; a few
// busy ones among many may take more.
const keyBytes = 2048

// shardsOf spreads a big table over shards that different workers may own. Small tables stay whole,
// since their bound would be shared out unevenly.
func shardsOf(maxKeys, words int) int {
	if words == 0 || maxKeys < 8192 {
		return 1
	}
	return 8
}

// shard returns the table of a key. Tables place keys by the upper bits of the hash.
func (s *store) shard(hash uint64) int {
	if s.shards == 1 {
		return 0
	}
	return int(hash & 7)
}
