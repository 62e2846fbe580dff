package engine

import (
	"math"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// The canonical texts of the cells with the time of the packet before, and with where it came from.
const (
	lastText  = "last"
	placeText = "place"
)

// keep gives a group a cell of one word, for a window of a span, and returns its place.
func (g *group) keep(text string, span int64, have map[string]int) int {
	at, ok := have[text]
	if !ok {
		at = len(g.cells)
		have[text] = at
		g.cells = append(g.cells, cell{text: text, cond: predTrue, state: window.Cell{Kind: window.Raw, Words: 1}})
	}
	g.cells[at].state.Span = max(g.cells[at].state.Span, span)
	return at
}

// measure notes when and from where the packet at hand came, and how far that is from the packet before of its key.
func (w *worker) measure(g *group, t *window.Table, row window.Row) {
	last := t.Words(row, g.base+g.last)
	before := last[0]
	w.gap = gap(last, w.p.Time)
	if g.place < 0 {
		return
	}
	w.moved = -1
	here, known := w.whereabouts(g.places)
	if last[0] == before && before != 0 && w.gap != 0 {
		return // it is older than the packet before
	}
	word := &t.Words(row, g.base+g.place)[0]
	if known && *word != 0 {
		w.moved = geo.Distance(unpackPlace(*word), here)
	}
	*word = 0
	if known {
		*word = packPlace(here)
	}
}

// whereabouts returns where the source of the packet at hand is.
func (s *scope) whereabouts(db *geo.DB) (geo.Place, bool) {
	if db == nil || s.p.Layers&packet.LayerIP == 0 {
		return geo.Place{}, false
	}
	e := s.place(db, s.p.Src)
	return geo.Place{Latitude: e.latitude, Longitude: e.longitude, Located: e.located}, e.located
}

// microdegrees are what places are kept in: a tenth of a metre.
const microdegrees = 1e6

// packPlace returns a place in a word, which is not 0.
func packPlace(p geo.Place) uint64 {
	return uint64(math.Round((p.Latitude+90)*microdegrees)+1)<<32 | uint64(math.Round((p.Longitude+180)*microdegrees))
}

func unpackPlace(word uint64) geo.Place {
	return geo.Place{Latitude: float64(word>>32-1)/microdegrees - 90, Longitude: float64(uint32(word))/microdegrees - 180, Located: true}
}

// gap returns the nanoseconds since the packet before of a key, and makes the one at hand that. It is -1 where there
// was none, and for a packet that is older: time never runs backwards.
func gap(last []uint64, now int64) int64 {
	const never = 1 << 63 // the time MinInt64 is that of no packet: the word is 0 then
	before, at := int64(last[0]^never), now
	if last[0] != 0 && at < before {
		return -1
	}
	known := last[0] != 0
	last[0] = uint64(at) ^ never
	if !known {
		return -1
	}
	if d := at - before; d >= 0 {
		return d
	}
	return math.MaxInt64 // 292 years and more
}

// readsGap reports whether expressions read gap(), and whether they read moved().
func readsGap(es ...ast.Expr) (gap, moved bool) {
	for _, e := range es {
		ast.Walk(e, func(x ast.Expr) bool {
			if g, ok := x.(*ast.GapExpr); ok {
				gap, moved = gap || !g.Moved, moved || g.Moved
			}
			return true
		})
	}
	return gap, moved
}
