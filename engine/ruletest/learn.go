package ruletest

import (
	"fmt"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
)

// learnFrom reads what models learn from before a test: a capture, or packets.
//
//	learn_from = "pcap/usual.pcap"
//	learn_from { packets { … } }
func (r *reader) learnFrom(body *block) *Test {
	blocks := body.blocks("learn_from")
	a := body.attr("learn_from")
	switch {
	case a != nil:
		t := &Test{pcapAt: a.Expr.Range(), Range: a.NameRange}
		if t.pcap = r.text(a); t.pcap != "" && !filepath.IsAbs(t.pcap) {
			t.pcap = filepath.Join(r.dir, filepath.FromSlash(t.pcap))
		}
		if len(blocks) > 0 {
			r.report(diag.BadValue, a.NameRange, "Models learn from a capture or from packets; remove one of them.")
		}
		return t
	case len(blocks) > 0:
		return r.learnBlock(blocks)
	}
	return nil
}

func (r *reader) learnBlock(blocks []*hclsyntax.Block) *Test {
	t := &Test{Range: blocks[0].DefRange()}
	if len(blocks) > 1 {
		r.report(diag.DuplicateName, blocks[1].TypeRange, "There is a learn_from block already; one may have several packets blocks.")
	}
	body := r.enter(blocks[0].Body, "A learn_from block")
	for _, p := range body.blocks("packets") {
		t.packets = append(t.packets, r.packets(p))
	}
	if len(t.packets) == 0 {
		r.report(diag.MissingAttribute, t.Range, "There is nothing to learn from; add a packets block.")
	}
	body.finish()
	return t
}

// learned plays what models learn from and returns what they have learned then, however short it was. Those that have seen too
// few samples go on to learn; that none has seen enough is an error.
func (t *Test) learned(plan *engine.Plan) (map[string]*model.Model, hcl.Diagnostics) {
	if t.learn == nil {
		return nil, nil
	}
	eng := engine.New(plan, engine.Config{Seed: 1})
	emit := func(*alert.Alert) {}
	diags := t.learn.play(nil, player{
		frames: func(frames []packet.Frame) { eng.Process(frames, emit) },
		event:  func(ev *packet.Packet) { eng.Post(ev, emit) },
	})
	if diags.HasErrors() {
		return nil, diags
	}
	eng.EndPeriods(emit)
	out := map[string]*model.Model{}
	few, learned := "", false
	for _, m := range eng.Models() {
		spec := m.Spec()
		out[spec.Name] = m
		if n, _, learning := m.Learning(); learning && n < spec.MinSamples {
			few += fmt.Sprintf(" The model %q has %d samples of this, and learns from %d at least.", spec.Name, n, spec.MinSamples)
			continue
		}
		m.Freeze()
		learned = true
	}
	switch {
	case len(out) == 0:
		return nil, hcl.Diagnostics{diag.New(diag.BadValue, t.learn.Range, "No rule looks at a model, so that there is nothing to learn.")}
	case !learned:
		return nil, hcl.Diagnostics{diag.New(diag.BadValue, t.learn.Range, "Nothing is learned.%s Add packets, or give the model min_samples.", few)}
	}
	return out, nil
}
