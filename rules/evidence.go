package rules

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/setting"
)

// Evidence says which packets around an alert of the rule are kept, where the settings have any kept; what the rule does not
// say is as the settings have it.
type Evidence struct {
	Enabled       bool
	Before, After *int          // packets of the key; nil for what the settings say
	Bytes         *setting.Size // of a file
	Range         hcl.Range     // of the block's header
}

// maxEvidence bounds before and after, as the settings do.
const maxEvidence = 10000

// evidence reads the block.
func (rb *ruleBuilder) evidence(b *block) {
	rb.known(b, []string{"enabled", "before", "after", "bytes"}, nil)
	rb.noLabel(b)
	e := &Evidence{Enabled: rb.boolValue(b, "enabled", true), Range: b.header()}
	if first := rb.r.Evidence; first != nil {
		rb.report(diag.DuplicateName, b.header(), "The rule %q already has an evidence block in %s.", rb.r.Name, place(first.Range))
		return
	}
	e.Before, e.After = rb.packets(b, "before"), rb.packets(b, "after")
	if text, at, ok := rb.stringValue(b, "bytes"); ok {
		var size setting.Size
		if err := size.UnmarshalText([]byte(text)); err != nil {
			rb.report(diag.BadValue, at, "%s.", diag.Capital(err.Error()))
		} else if size < 4<<10 || size > 1<<30 {
			rb.report(diag.BadValue, at, "bytes is out of range: use 4KiB to 1GiB.")
		} else {
			e.Bytes = &size
		}
	}
	rb.r.Evidence = e
}

// packets reads a number of packets; nil where there is none, or an error.
func (rb *ruleBuilder) packets(b *block, name string) *int {
	v, at, ok := rb.numberValue(b, name)
	if !ok {
		return nil
	}
	n := int(v)
	if v != float64(n) || n < 0 || n > maxEvidence {
		rb.report(diag.BadValue, at, "%s is a number of packets from 0 to %d.", name, maxEvidence)
		return nil
	}
	return &n
}
