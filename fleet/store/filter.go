package store

import (
	"context"
	"database/sql"
	"slices"
	"sort"
	"strings"

	"github.com/ruleids/ruleids/fleet/query"
)

// A filter is the terms of a query for the facts of a day.
type filter struct {
	kinds []func(*traits) bool
	is    []bool // of facts.traits: those for which kinds hold; nil where there are none
	tests []func(*fact) bool
	none  bool // no alert of the day can match
	// words and without are what the index of words is asked for: alerts must be among the one, and not among the other; "" for
	// all, and for none.
	words, without string
}

// asksWords reports whether the index of words is to be asked.
func (f *filter) asksWords() bool { return f.words != "" || f.without != "" }

// all reports whether the terms that are not words hold of every alert.
func (f *filter) all() bool { return f.is == nil && len(f.tests) == 0 }

// has reports whether terms of what many alerts have in common hold. There may be more traits by now, of alerts that came after
// those were looked at.
func (f *filter) has(place uint32) bool {
	return f.is == nil || int(place) < len(f.is) && f.is[place]
}

// match reports whether the terms that are not words hold.
func (f *filter) match(x *fact) bool {
	if !f.has(x.traits) {
		return false
	}
	for _, test := range f.tests {
		if !test(x) {
			return false
		}
	}
	return true
}

// filter makes the filter of a query.
func (d *day) filter(ctx context.Context, q *query.Query, known *facts) (*filter, error) {
	f := &filter{}
	var words, without []string
	for i := range q.Terms {
		t := &q.Terms[i]
		switch t.Field {
		case query.Rule:
			f.names(d.known(nameRule, t.Words), t.Not, func(x *traits) uint32 { return x.rule })
		case query.Category:
			f.names(d.known(nameCategory, t.Words), t.Not, func(x *traits) uint32 { return x.category })
		case query.Agent:
			f.names(d.known(nameAgent, t.Words), t.Not, func(x *traits) uint32 { return x.agent })
		case query.Proto:
			up := make([]string, len(t.Words))
			for i, w := range t.Words {
				up[i] = strings.ToUpper(w)
			}
			f.names(d.known(nameProto, up), t.Not, func(x *traits) uint32 { return x.proto })
		case query.Severity:
			var is [256]bool
			for _, s := range t.Levels {
				is[s] = true
			}
			f.kinds = append(f.kinds, func(x *traits) bool { return is[x.severity] != t.Not })
		case query.SrcPort:
			f.tests = append(f.tests, func(x *fact) bool { return slices.Contains(t.Numbers, x.sport) != t.Not })
		case query.DstPort:
			f.tests = append(f.tests, func(x *fact) bool { return slices.Contains(t.Numbers, x.dport) != t.Not })
		case query.Port:
			f.tests = append(f.tests, func(x *fact) bool {
				return (slices.Contains(t.Numbers, x.sport) || slices.Contains(t.Numbers, x.dport)) != t.Not
			})
		case query.Src, query.Dst, query.IP:
			f.addresses(t, known)
		case query.Attack, query.Text:
			var alts []string
			for _, w := range t.Words {
				m, err := d.expand(ctx, w)
				if err != nil {
					return nil, err
				}
				if m != "" {
					alts = append(alts, "("+m+")")
				}
			}
			switch m := strings.Join(alts, " OR "); {
			case t.Not && m != "":
				without = append(without, m)
			case !t.Not && m == "":
				f.none = true
			case !t.Not:
				words = append(words, "("+m+")")
			}
		}
	}
	f.words, f.without = strings.Join(words, " AND "), strings.Join(without, " OR ")
	if len(f.kinds) > 0 && !f.none {
		any := false
		f.is = make([]bool, len(known.traits))
		for i := range f.is {
			f.is[i] = !slices.ContainsFunc(f.kinds, func(test func(*traits) bool) bool { return !test(&known.traits[i]) })
			any = any || f.is[i]
		}
		f.none = !any
	}
	return f, nil
}

func (f *filter) names(ids []int64, not bool, of func(*traits) uint32) {
	if len(ids) == 0 {
		f.none = f.none || !not
		return
	}
	f.kinds = append(f.kinds, func(x *traits) bool { return slices.Contains(ids, int64(of(x))) != not })
}

// addresses tests addresses: each that the day has is looked at once, not once for each alert.
func (f *filter) addresses(t *query.Term, known *facts) {
	is, any := make([]bool, len(known.addrs)), false
	for _, p := range t.Prefixes {
		if p.IsSingleIP() {
			if place, ok := known.places[p.Addr()]; ok {
				is[place], any = true, true
			}
			continue
		}
		for i, a := range known.addrs[1:] {
			if p.Contains(a) {
				is[i+1], any = true, true
			}
		}
	}
	if !any {
		f.none = f.none || !t.Not
		return
	}
	// There may be more addresses by now, of alerts that came after those were looked at.
	has := func(place uint32) bool { return int(place) < len(is) && is[place] }
	switch not := t.Not; t.Field {
	case query.Src:
		f.tests = append(f.tests, func(x *fact) bool { return has(x.src) != not })
	case query.Dst:
		f.tests = append(f.tests, func(x *fact) bool { return has(x.dst) != not })
	default:
		f.tests = append(f.tests, func(x *fact) bool { return (has(x.src) || has(x.dst)) != not })
	}
}

// maxExpanded is how many words the beginning of a word is written out as.
const maxExpanded = 200

// expand writes a text for FTS5: each of its words begins a word of an alert. What begins few words is written out as those, since
// FTS5 can walk through their alerts from any place; of a beginning it collects all first. "" where no alert of the day can match.
func (d *day) expand(ctx context.Context, text string) (string, error) {
	var out []string
	for w := range wordsOf(text) {
		if !ascii(w) {
			out = append(out, `"`+w+`"*`)
			continue
		}
		rows, err := d.db.QueryContext(ctx, `SELECT text FROM term WHERE text >= ? AND text < ? LIMIT ?`, w, w+"\x7f", maxExpanded+1)
		if err != nil {
			return "", err
		}
		terms, err := column[string](rows)
		if err != nil {
			return "", err
		}
		switch {
		case len(terms) == 0:
			return "", nil
		case len(terms) > maxExpanded:
			out = append(out, `"`+w+`"*`)
		default:
			out = append(out, `("`+strings.Join(terms, `" OR "`)+`")`)
		}
	}
	return strings.Join(out, " AND "), nil
}

func column[T any](rows *sql.Rows) (out []T, err error) {
	defer rows.Close()
	for rows.Next() {
		var x T
		if err := rows.Scan(&x); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// walk calls yield with the facts with ids in [from, to) that a query finds, the newest first, until it returns false. Facts are
// locked only while some are looked at, not while the index of words is asked: alerts must not wait for that.
func (d *day) walk(ctx context.Context, q *query.Query, from, to ID, yield func(*fact) bool) error {
	var f *filter
	var few []fact
	finished, all := false, 0
	err := d.look(ctx, func(known *facts) (err error) {
		if f, err = d.filter(ctx, q, known); err != nil {
			return err
		}
		rows := known.between(from, to)
		all = len(rows)
		if finished = f.none || len(rows) == 0; finished {
			return nil
		}
		if finished = !f.asksWords(); finished {
			for i := len(rows) - 1; i >= 0; i-- {
				if f.match(&rows[i]) && !yield(&rows[i]) {
					break
				}
			}
			return nil
		}
		for i := len(rows) - 1; i >= 0 && len(few) <= fewCandidates; i-- {
			if f.match(&rows[i]) {
				few = append(few, rows[i])
			}
		}
		return nil
	})
	switch {
	case err != nil || finished:
		return err
	case len(few) <= fewCandidates && len(few) <= all/lookup:
		return d.each(ctx, f, few, yield)
	case f.words == "":
		return d.walkWithout(ctx, f, from, to, yield)
	}
	return d.walkWords(ctx, f, from, to, yield)
}

// fewCandidates is how many alerts are looked up in the index of words one by one; part is how many are looked at while facts are
// locked.
const (
	fewCandidates = 200
	part          = 1024
	// lookup is how many steps along the index of words take as long as to look one alert up there.
	lookup = 64
)

// walkWords walks along the index of words.
func (d *day) walkWords(ctx context.Context, f *filter, from, to ID, yield func(*fact) bool) error {
	s, without := d.stream(ctx, f.words, from, to), d.stream(ctx, f.without, from, to)
	var kept []ID
	for {
		ids, err := s.next()
		if err != nil || len(ids) == 0 {
			return err
		}
		ids = ids[:min(len(ids), part)]
		kept = append(kept[:0], ids...)
		s.taken(len(ids))
		if f.without != "" {
			n := 0
			for _, id := range kept {
				has, err := without.has(id)
				if err != nil {
					return err
				}
				if !has {
					kept[n] = id
					n++
				}
			}
			kept = kept[:n]
		}
		more := true
		if err := d.look(ctx, func(known *facts) error {
			rows := known.rows
			for _, id := range kept {
				at := searchBack(rows, id)
				if at < len(rows) && rows[at].id == id && f.match(&rows[at]) {
					if more = yield(&rows[at]); !more {
						break
					}
				}
				rows = rows[:at]
			}
			return nil
		}); err != nil || !more {
			return err
		}
	}
}

// walkWithout walks along the facts, and leaves out those with words.
func (d *day) walkWithout(ctx context.Context, f *filter, from, to ID, yield func(*fact) bool) error {
	without := d.stream(ctx, f.without, from, to)
	list := make([]fact, 0, part)
	for {
		list = list[:0]
		if err := d.look(ctx, func(known *facts) error {
			rows := known.between(from, to)
			for i := len(rows) - 1; i >= 0 && len(list) < part; i-- {
				if f.match(&rows[i]) {
					list = append(list, rows[i])
				}
			}
			return nil
		}); err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			x := &list[i]
			if has, err := without.has(x.id); err != nil {
				return err
			} else if !has && !yield(x) {
				return nil
			}
		}
		to = list[len(list)-1].id
	}
}

// search returns the place of the first row with an id or a later one.
func search(rows []fact, id ID) int {
	return sort.Search(len(rows), func(i int) bool { return rows[i].id >= id })
}

// searchBack does as search, for ids that are likely to be near the end.
func searchBack(rows []fact, id ID) int {
	end, step := len(rows), 1
	for step <= end && rows[end-step].id >= id {
		end -= step
		step *= 2
	}
	begin := max(0, end-step)
	return begin + search(rows[begin:end], id)
}

// each looks candidates up in the index of words.
func (d *day) each(ctx context.Context, f *filter, list []fact, yield func(*fact) bool) error {
	has := func(words string, id ID) (bool, error) {
		var n int
		err := d.db.QueryRowContext(ctx, `SELECT count(*) FROM word WHERE word MATCH ? AND rowid = ?`, words, int64(id)).Scan(&n)
		return n > 0, err
	}
	for i := range list {
		x := &list[i]
		if f.words != "" {
			if ok, err := has(f.words, x.id); err != nil {
				return err
			} else if !ok {
				continue
			}
		}
		if f.without != "" {
			if ok, err := has(f.without, x.id); err != nil {
				return err
			} else if ok {
				continue
			}
		}
		if !yield(x) {
			return nil
		}
	}
	return nil
}
