package api

import (
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/rollout"
	"github.com/ruleids/ruleids/fleet/state"
)

// RuleList is the shipped rules and those of the newest rule set on its way or with all, by name.
type RuleList struct {
	Rules []RuleLine `json:"rules"`
}

// A RuleLine is one rule in a RuleList.
type RuleLine struct {
	Rule        string  `json:"rule"`
	Description string  `json:"description"`
	Severity    string  `json:"severity"`
	Category    string  `json:"category"`
	Enabled     bool    `json:"enabled"`    // as it is written; what agents' own files say of it is not known here
	Set         int64   `json:"set"`        // number of the rule set that has it; 0 for a shipped one
	Overridden  bool    `json:"overridden"` // by that rule set
	Cost        float64 `json:"cost"`       // nanoseconds for each packet, the mean of agents that told
	Agents      int     `json:"agents"`     // that told what it costs
}

// RuleText is what is written of a rule.
type RuleText struct {
	RuleLine
	Blocks []RuleBlock `json:"blocks"` // the rule, then overrides of it
	Page   string      `json:"page"`   // Markdown, of a shipped rule; "" where it has none
}

// A RuleBlock is a part of a rule file.
type RuleBlock struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

// known is what is written of rules, by name.
type known map[string]*RuleText

// read adds the rules or the overrides of a file. What does not parse is left out: it was checked before it came here.
func (k known) read(kind, file string, text []byte, set int64) {
	parsed, _ := hclsyntax.ParseConfig(text, file, hcl.InitialPos)
	if parsed == nil {
		return
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		return
	}
	for _, b := range body.Blocks {
		if len(b.Labels) != 1 || b.Type != kind {
			continue
		}
		in := b.Range()
		block := RuleBlock{file, in.Start.Line, string(text[in.Start.Byte:in.End.Byte])}
		r := k[b.Labels[0]]
		switch {
		case b.Type == "rule":
			r = &RuleText{RuleLine: RuleLine{Rule: b.Labels[0], Enabled: true, Set: set}, Blocks: []RuleBlock{block}}
			k[r.Rule] = r
		case r == nil:
			continue
		default:
			c := *r // the shipped one stays as it is
			c.Blocks, c.Overridden = append(slices.Clip(c.Blocks), block), true
			r = &c
			k[r.Rule] = r
		}
		for name, to := range map[string]*string{"description": &r.Description, "severity": &r.Severity, "category": &r.Category} {
			literal(b.Body.Attributes[name], to)
		}
		literal(b.Body.Attributes["enabled"], &r.Enabled)
	}
}

// literal reads the value of an attribute that is a constant.
func literal[T string | bool](a *hclsyntax.Attribute, to *T) {
	if a == nil {
		return
	}
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() || !v.IsWhollyKnown() || v.IsNull() {
		return
	}
	switch to := any(to).(type) {
	case *string:
		if v.Type().FriendlyName() == "string" {
			*to = v.AsString()
		}
	case *bool:
		if v.Type().FriendlyName() == "bool" {
			*to = v.True()
		}
	}
}

// shippedRules reads the shipped rules, once.
func (a *API) shippedRules() known {
	a.rulesOnce.Do(func() {
		a.rules = known{}
		for _, files := range a.opt.RuleFiles {
			_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || !strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, "_test.hcl") {
					return err
				}
				text, err := fs.ReadFile(files, name)
				if err == nil {
					a.rules.read("rule", name, text, 0)
				}
				return err
			})
		}
	})
	return a.rules
}

// known returns the rules that agents run as far as the server gave them, and the shipped ones. Who may not see rule sets sees the
// shipped ones alone.
func (c *call) known() (known, error) {
	k := maps.Clone(c.api.shippedRules())
	if c.who.Role.Includes(state.Analyst) {
		for _, x := range c.api.opt.Rollout.List() {
			if x.State != rollout.Canary && x.State != rollout.Quarter && x.State != rollout.All {
				continue
			}
			data, err := c.api.opt.State.Bundle(c.ctx(), x.Digest)
			if err != nil {
				return nil, err
			}
			files, err := bundle.Peek(data)
			if err != nil {
				return nil, err
			}
			for _, kind := range []string{"rule", "override"} { // rules first: an override may be in a file before
				for _, f := range files.Files {
					if strings.HasSuffix(f.Name, ".hcl") {
						k.read(kind, f.Name, []byte(f.Text), x.Number)
					}
				}
			}
			break
		}
	}
	return k, nil
}

func (c *call) rules() (any, error) {
	k, err := c.known()
	if err != nil {
		return nil, err
	}
	costs := c.api.opt.Roster.Costs()
	out := RuleList{Rules: []RuleLine{}}
	for _, name := range slices.Sorted(maps.Keys(k)) {
		line := k[name].RuleLine
		if cost, ok := costs[name]; ok {
			line.Cost, line.Agents = cost.Nanoseconds, cost.Agents
		}
		out.Rules = append(out.Rules, line)
	}
	return out, nil
}

func (c *call) rule() (any, error) {
	k, err := c.known()
	if err != nil {
		return nil, err
	}
	name := c.r.PathValue("rule")
	r := k[name]
	if r == nil {
		return nil, absent("no rule %q is shipped or in a rule set of this server; it may be in an agent's own files", name)
	}
	out := *r
	if cost, ok := c.api.opt.Roster.Costs()[name]; ok {
		out.Cost, out.Agents = cost.Nanoseconds, cost.Agents
	}
	if c.api.opt.Pages != nil && r.Set == 0 {
		page, _ := fs.ReadFile(c.api.opt.Pages, name+".md") // a rule on alerts has none
		out.Page = string(page)
	}
	return out, nil
}
