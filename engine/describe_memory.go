package engine

import (
	"time"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/rules/ast"
)

// A MemoryDescription is what the rules with some events remember under one name or several.
type MemoryDescription struct {
	Rules         []string `json:"rules"`
	Asks          string   `json:"asks"` // "first(ip.src)"
	Where         string   `json:"where"`
	Span          string   `json:"span"`
	Learn         []string `json:"learn"` // of each rule
	MaxKeys       int      `json:"max_keys"`
	BytesPerValue int64    `json:"bytes_per_value"`
	Bound         int64    `json:"bytes_bound"`
}

func (p *Plan) describeMemories(d *Description) {
	for _, g := range p.groups {
		for i, c := range g.memories {
			m := MemoryDescription{Where: ast.Plain(g.rules[0].Where), Span: time.Duration(c.span).String(), MaxKeys: c.most,
				BytesPerValue: memoryBytes, Bound: window.SeenBound(c.most)}
			for _, r := range g.rules {
				for k, f := range r.refs {
					if f.fn == ast.FuncFirst && f.cell == i {
						m.Asks = r.Aggregates[k].Text
						m.Rules = append(m.Rules, r.Name)
						m.Learn = append(m.Learn, time.Duration(f.learn).String())
					}
				}
			}
			d.Memories = append(d.Memories, m)
			d.Bound += m.Bound
		}
	}
}
