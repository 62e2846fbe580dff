package engine

import (
	"strconv"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// Reputation tells what is known about indicators.
type Reputation interface {
	// Standing returns what a source knows about an indicator, an address or a name. near says how near the rule that
	// asks is to firing: in percent of the way to its threshold as it is written, so that what matters most can be
	// found out first. Standing must not block: it returns that of a clean indicator and remembers to ask when it does not know yet.
	//
	// It is called for the first packet of an indicator that a rule looks at. After that the answer is used until
	// Version changes, the indicator has come nearer by a tenth of the way, or a second of packet time has passed.
	Standing(source, indicator string, near uint8) Standing
	// Version changes after an answer of Standing did, by anything but time. It is called for every packet that an
	// escalating rule looks at.
	Version() uint64
}

// Tier is what reputation says of an indicator.
type Tier = scale.Tier

// Standing is a tier, and the numbers of engines that it comes of.
type Standing = scale.Standing

// scales returns what each tier makes of a threshold, but for one below 1, which tiers raise: that stays, so that none
// is above the one before.
func scales(threshold float64) *[scale.NumTiers]float64 {
	var out [scale.NumTiers]float64
	for t := range out {
		out[t] = min(threshold, Tier(t).Scale(threshold))
	}
	return &out
}

// atThreshold is the nearness of what fires.
const atThreshold = 100

// nearness returns what part of the way to a limit a value has come, in percent up to atThreshold.
func nearness(value, limit float64) float64 {
	switch {
	case value >= limit:
		return atThreshold
	case value > 0: // and less than the limit
		return atThreshold * value / limit
	}
	return 0 // or NaN
}

// An inquiry is what rules ask reputation about: an expression of a packet, of one source. Rules that ask for the
// same share it.
type inquiry struct {
	index   int // in scope.answers
	source  string
	present int32 // that the packet has what the indicator is made of
	text    *placeholder
	value   func(*scope) uint64 // a number for the indicator, mostly without making its text
}

// inquiry returns the inquiry of a rule's escalate block; nil where there is nothing to ask.
func (b *builder) inquiry(r *rules.Rule) *inquiry {
	if !b.opt.Escalate || r.Escalate == nil {
		return nil
	}
	id := strconv.Quote(r.Escalate.Source) + " " + b.canon(r.Escalate.Indicator)
	if q := b.inquiries[id]; q != nil {
		return q
	}
	text := b.placeholder(r.Escalate.Text, r.Escalate.Indicator)
	q := &inquiry{index: len(b.inquiries), source: r.Escalate.Source, present: b.presence(r.Escalate.Indicator), text: &text, value: b.observation(r.Escalate.Indicator)}
	b.inquiries[id] = q
	return q
}

// indicator returns what is asked about; "" where the packet does not have it.
func (q *inquiry) indicator(s *scope) string {
	if !s.test(q.present) {
		return ""
	}
	return q.text.text(s)
}

// An answer is the tier that an inquiry found for the packet at hand. It stays the same until the rules are done
// with the packet, so that an alert tells of the tier that fired it.
type answer struct {
	turn uint64 // of the packet
	near uint8
	what Standing
}

// tier returns the tier of a rule's indicator in the packet at hand, to which the rule has come as near as said.
func (s *scope) tier(r *rule, near uint8) Tier { return s.standing(r, near).Tier }

// standing is tier, with the numbers of engines.
func (s *scope) standing(r *rule, near uint8) Standing {
	if r.inquiry == nil || s.rep == nil {
		return Standing{}
	}
	a := &s.answers[r.inquiry.index]
	switch {
	case a.turn != s.turn:
		*a = answer{turn: s.turn, near: near, what: s.ask(r.inquiry, near)}
	case near > a.near: // another rule is nearer: for the source to know
		a.near = near
		s.ask(r.inquiry, near)
	}
	return a.what
}

// threshold returns a rule's threshold for the indicator of the packet at hand, to which the rule has come as near
// as said.
func (s *scope) threshold(r *rule, near uint8) float64 {
	if r.Threshold == nil {
		return 0
	}
	return s.tier(r, near).Scale(r.Threshold.Value)
}

// A recent is what was found for an indicator that a worker met not long ago.
type recent struct {
	hash    uint64 // of source and indicator
	version uint64 // of Reputation
	until   int64  // packet clock
	near    uint8  // as Reputation was told
	what    Standing
}

// nearStep is by how much nearer an indicator has to have come for Reputation to be told again, in percent.
const nearStep = 10

const (
	// recents is how many indicators a worker remembers, a power of two: those of the packets of a moment on a
	// busy link, in memory that stays in the second cache.
	recents = 1 << 12
	// recentLife is how long an answer is used, in nanoseconds of packet time. So answers that lapse by time are
	// noticed, and what is met for long is told of more often than what is met once.
	recentLife = int64(1e9)
)

// ask returns the standing of an indicator: what was found a moment ago, or what Reputation says.
func (s *scope) ask(q *inquiry, near uint8) Standing {
	if !s.test(q.present) {
		return Standing{}
	}
	hash := window.Hash(s.seed, []uint64{uint64(q.index), q.value(s)})
	version := s.rep.Version() // before Standing: what changes in between is noticed next time
	at := hash % recents       // or its neighbour, in the same line of the cache
	if s.recents[at].hash != hash && (s.recents[at^1].hash == hash || s.recents[at^1].until < s.recents[at].until) {
		at ^= 1
	}
	m := &s.recents[at]
	if m.hash == hash && m.version == version && s.p.Clock < m.until && near < m.near+nearStep {
		return m.what
	}
	what := s.rep.Standing(q.source, q.text.text(s), near)
	*m = recent{hash: hash, version: version, until: s.p.Clock + recentLife, near: near, what: what}
	return what
}

// againstScaled takes a comparison of what a packet has with a threshold that reputation scales apart, the packet's
// value on the left. Aggregates are not of the packet alone.
func (b *builder) againstScaled(c *ast.CompareExpr) (x ast.Expr, o ast.Op, ok bool) {
	x, y, o := c.X, c.Y, c.Op
	if _, isLimit := x.(*ast.ThresholdExpr); isLimit {
		x, y, o = y, x, o.Mirror()
	}
	if _, ok := y.(*ast.ThresholdExpr); !ok || b.scaled == nil || ast.Has[*ast.AggregateExpr](x) {
		return nil, 0, false
	}
	return x, o, true
}

// nearing returns a function for a comparison of what a packet has with a threshold that reputation scales, which asks
// for the tier where it matters: not below what any tier makes of the threshold. It returns nil for other comparisons.
func (b *builder) nearing(c *ast.CompareExpr) func(*scope) bool {
	x, o, ok := b.againstScaled(c)
	if !ok || o != ast.OpGe && o != ast.OpGt {
		return nil
	}
	r, value, limits := b.scaled, b.floatFunc(x), scales(b.scaled.Threshold.Value)
	return func(s *scope) bool {
		v := value(s)
		return v >= limits[scale.TierCritical] && compareFloats(o, v, s.threshold(r, uint8(nearness(v, limits[scale.TierClean]))))
	}
}
