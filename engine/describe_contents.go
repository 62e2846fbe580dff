package engine

import (
	"cmp"
	"slices"
)

// describeContents sums up the literals of each field, sorted by its name.
func (p *Plan) describeContents() []ContentDescription {
	byField := map[string]*ContentDescription{}
	p.branches(func(br *branch) {
		if br.contents == nil {
			return
		}
		for i := range br.contents.fields {
			f := &br.contents.fields[i]
			d := byField[f.field.Name]
			if d == nil {
				d = &ContentDescription{Field: f.field.Name}
				byField[d.Field] = d
			}
			d.Literals += f.index.Len()
			d.Searches++
			d.Bytes += int64(f.index.Bytes() + 4*(len(f.first)+len(f.users)))
		}
	})
	out := make([]ContentDescription, 0, len(byField))
	for _, d := range byField {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(x, y ContentDescription) int { return cmp.Compare(x.Field, y.Field) })
	return out
}

// unguarded lists the slow conditions on texts that are evaluated without a literal having been found before, those that
// are always evaluated first.
func (p *Plan) unguarded() []Unguarded {
	type place struct{ text, by string }
	found := map[place]*Unguarded{}
	seen := map[*branch]bool{}
	var visit func(br *branch, by string)
	visit = func(br *branch, by string) {
		if br == nil || seen[br] {
			return
		}
		seen[br] = true
		for _, e := range br.always {
			p.slow(e.cond, func(n *predicate) {
				at := place{n.source, by}
				u := found[at]
				if u == nil {
					u = &Unguarded{Text: n.source, Nanoseconds: int(n.cost), By: by}
					found[at] = u
				}
				for _, r := range e.group.rules {
					if i, known := slices.BinarySearch(u.Rules, r.Name); !known {
						u.Rules = slices.Insert(u.Rules, i, r.Name)
					}
				}
			})
		}
		below := func(brs []*branch, name string) {
			for _, k := range brs {
				visit(k, name)
			}
		}
		if br.dport != nil {
			below(br.dport.branches, "dst.port")
		}
		if br.sport != nil {
			below(br.sport.branches, "src.port")
		}
		if br.dst != nil {
			below(br.dst.branches, "ip.dst")
		}
		if br.src != nil {
			below(br.src.branches, "ip.src")
		}
		for _, f := range br.forks {
			visit(f.yes, by)
			visit(f.no, by)
		}
	}
	for dns := range p.table {
		for _, br := range p.table[dns] {
			visit(br, "")
		}
	}
	out := make([]Unguarded, 0, len(found))
	for _, u := range found {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(x, y Unguarded) int { return cmp.Or(cmp.Compare(x.By, y.By), cmp.Compare(x.Text, y.Text)) })
	return out
}

// slow calls f for the slow leaves of a condition.
func (p *Plan) slow(i int32, f func(*predicate)) {
	n := &p.preds[i]
	if n.op == opFunc && n.cost >= slowCost {
		f(n)
	}
	for _, k := range n.kids {
		p.slow(k, f)
	}
}
