package ruletest

import (
	"fmt"
	"math"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// packets is one packets block: count packets of one kind, the first at start, then one every so
// often. It does not change after it was read.
type packets struct {
	count        int
	start, every time.Duration
	base         spec      // with everything that is the same in all packets
	varying      []varying // what depends on i
}

// varying is an attribute that differs from packet to packet.
type varying struct {
	param *param
	expr  hclsyntax.Expression
}

// maxSpan bounds a timeline, so that times stay within 64 bits of nanoseconds.
const maxSpan = 100 * 365 * 24 * time.Hour

// packets reads a packets block. The first and the last packet are made at once, so that mistakes in
// expressions are found when the file loads.
func (r *reader) packets(b *hclsyntax.Block) *packets {
	p := &packets{count: 1}
	body := r.enter(b.Body, "A packets block")
	if len(b.Labels) > 0 {
		r.report(diag.BadName, b.LabelRanges[0], "A packets block has no name; write packets { … }.")
	}
	if a := body.attr("count"); a != nil {
		p.count = int(r.integer(a, 0, maxCount))
	}
	if a := body.attr("start"); a != nil {
		p.start = r.duration(a)
	}
	if a := body.attr("every"); a != nil {
		p.every = r.duration(a)
		if n := p.count - 1; n > 0 && p.every > (maxSpan-min(p.start, maxSpan))/time.Duration(n) {
			r.report(diag.BadValue, a.Expr.Range(), "%d packets every %v take more than a hundred years.", p.count, p.every)
		}
	}
	if p.start > maxSpan {
		r.report(diag.BadValue, body.body.Attributes["start"].Expr.Range(), "A packet cannot come later than a hundred years after the first.")
	}
	var found []*hclsyntax.Block
	for _, kind := range kinds {
		found = append(found, body.blocks(kind.name)...)
	}
	body.finish()
	rng := hcl.RangeBetween(b.TypeRange, b.OpenBraceRange)
	switch {
	case len(found) == 0:
		r.report(diag.MissingAttribute, rng, "The block does not say what packets there are; add one of %s { … }.", kindNames())
		return p
	case len(found) > 1:
		r.report(diag.BadValue, found[1].TypeRange, "A packets block has packets of one kind; put this one in a packets block of its own.")
		return p
	}
	before := r.errors()
	r.kind(p, found[0])
	if r.errors() > before || p.count == 0 {
		return p
	}
	m := p.maker()
	for _, i := range []int{0, p.count - 1} {
		var diags hcl.Diagnostics
		if p.frames() {
			_, diags = m.append(nil, i)
		} else {
			_, diags = m.event(i)
		}
		if diags.HasErrors() {
			r.diags = append(r.diags, diags...)
			break
		}
	}
	return p
}

// kind reads the block of a packet kind.
func (r *reader) kind(p *packets, b *hclsyntax.Block) {
	kind := kindByName(b.Type)
	p.base = kind.defaults
	p.base.at = b.TypeRange
	body := r.enter(b.Body, "A "+b.Type+" packet")
	if len(b.Labels) > 0 {
		r.report(diag.BadName, b.LabelRanges[0], "A %s packet has no name; write %s { … }.", b.Type, b.Type)
	}
	for i := range kind.params {
		pr := &kind.params[i]
		a := body.attr(pr.name)
		switch {
		case a == nil && pr.required:
			r.report(diag.MissingAttribute, b.TypeRange, "A %s packet needs %s.", b.Type, pr.name)
		case a == nil:
		case dependsOnI(a.Expr):
			p.varying = append(p.varying, varying{pr, a.Expr})
		default:
			v, diags := a.Expr.Value(&hcl.EvalContext{Variables: map[string]cty.Value{"i": cty.Zero}, Functions: functions})
			if !r.constants(diags) {
				continue
			}
			if err := pr.apply(&p.base, v); err != nil {
				r.report(diag.BadValue, a.Expr.Range(), "%s %v.", pr.name, err)
			}
		}
	}
	body.finish()
}

func dependsOnI(e hclsyntax.Expression) bool {
	for _, v := range e.Variables() {
		if v.RootName() == "i" {
			return true
		}
	}
	return false
}

// A maker makes the packets of a block. It is for one goroutine.
type maker struct {
	p     *packets
	synth *synthesizer
	ctx   *hcl.EvalContext
	ends  []int
}

func (p *packets) maker() *maker {
	return &maker{p: p, synth: &synthesizer{}, ctx: &hcl.EvalContext{Variables: make(map[string]cty.Value, 1), Functions: functions}}
}

// spec returns what packet i is to be.
func (m *maker) spec(i int) (spec, hcl.Diagnostics) {
	s := m.p.base
	if len(m.p.varying) > 0 {
		m.ctx.Variables["i"] = cty.NumberIntVal(int64(i))
	}
	for _, v := range m.p.varying {
		x, diags := evaluate(v.expr, int64(i), m.ctx)
		if diags.HasErrors() {
			return s, withCode(diags)
		}
		if err := v.param.apply(&s, x); err != nil {
			return s, invalid(v.expr.Range(), "%s %v, for i = %d.", v.param.name, err, i)
		}
	}
	return s, nil
}

// append appends the bytes of packet i to dst, and says in m.ends where each of its frames ends.
func (m *maker) append(dst []byte, i int) ([]byte, hcl.Diagnostics) {
	s, diags := m.spec(i)
	if diags.HasErrors() {
		return dst, diags
	}
	var out []byte
	var err error
	if s.talks() {
		out, m.ends, err = m.synth.appendTalk(dst, &s, i)
	} else {
		out, err = m.synth.append(dst, &s)
		m.ends = append(m.ends[:0], len(out))
	}
	if err != nil {
		return dst, m.failed(&s, err, i)
	}
	return out, nil
}

// event returns event i of a block of events that are not frames, without its time.
func (m *maker) event(i int) (*packet.Packet, hcl.Diagnostics) {
	s, diags := m.spec(i)
	if diags.HasErrors() {
		return nil, diags
	}
	event := s.event
	switch s.kind {
	case authKind:
		event = s.login
	case connectionKind:
		event = s.connection
	case alertKind:
		event = s.alertEvent
	}
	ev, err := event()
	if err != nil {
		return nil, m.failed(&s, err, i)
	}
	return ev, nil
}

// failed says that packet i cannot be made.
func (m *maker) failed(s *spec, err error, i int) hcl.Diagnostics {
	if len(m.p.varying) > 0 {
		return invalid(s.at, "%v, for i = %d.", err, i)
	}
	return invalid(s.at, "%v.", err)
}

// frames reports whether the block makes frames, and not other events.
func (p *packets) frames() bool {
	return p.base.kind != honeypotKind && p.base.kind != authKind && p.base.kind != connectionKind && p.base.kind != alertKind
}

func invalid(rng hcl.Range, format string, args ...any) hcl.Diagnostics {
	return hcl.Diagnostics{diag.New(diag.BadValue, rng, format, args...)}
}

// apply sets what an attribute stands for.
func (pr *param) apply(s *spec, v cty.Value) error {
	if v.IsNull() || !v.IsKnown() {
		return fmt.Errorf("cannot be null")
	}
	return pr.set(s, v)
}

// time returns when packet i comes, from the start of the timeline.
func (p *packets) time(i int) int64 {
	if i >= p.count {
		return math.MaxInt64
	}
	return int64(p.start) + int64(i)*int64(p.every)
}
