package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
)

// where makes the condition of a query for a day. None says that nothing of the day can match; words are what the index of
// words is asked for.
type where struct {
	conds []string
	args  []any
	words string
	none  bool
	// narrow says that a condition finds little by its index: what words say of that is looked up, not the other way round.
	narrow bool
}

func (w *where) add(cond string, args ...any) {
	w.conds = append(w.conds, cond)
	w.args = append(w.args, args...)
}

func (w *where) text() string {
	if len(w.conds) == 0 {
		return "1"
	}
	return strings.Join(w.conds, " AND ")
}

// manyAddresses is the number of bits of a network from which on its addresses are looked for in order of time: what has
// more of them has too many alerts to be sorted.
const manyAddresses = 6

func (d *day) where(q *query.Query) *where {
	w := &where{}
	var words []string
	for i := range q.Terms {
		t := &q.Terms[i]
		switch t.Field {
		case query.Rule:
			w.names(d, "rule", nameRule, t)
		case query.Category:
			w.names(d, "+category", nameCategory, t)
		case query.Agent:
			w.names(d, "agent", nameAgent, t)
		case query.Proto:
			up := make([]string, len(t.Words))
			for i, x := range t.Words {
				up[i] = strings.ToUpper(x)
			}
			w.names(d, "+proto", nameProto, &query.Term{Not: t.Not, Words: up})
		case query.Severity:
			var list []any
			for _, s := range t.Levels {
				list = append(list, int(s))
			}
			column := "severity"
			if len(list) > 1 {
				column = "+severity" // a walk through all is in the order of time
			}
			w.in(column, list, t.Not)
		case query.SrcPort, query.DstPort, query.Port:
			var list []any
			for _, n := range t.Numbers {
				list = append(list, int(n))
			}
			switch t.Field {
			case query.SrcPort:
				w.in("+sport", list, t.Not)
			case query.DstPort:
				column := "dport"
				if len(list) > 1 {
					column = "+dport"
				}
				w.in(column, list, t.Not)
			default:
				w.either("+sport", "+dport", list, t.Not)
			}
		case query.Src, query.Dst, query.IP:
			w.prefixes(t)
		case query.Attack, query.Text:
			if t.Not {
				var alts []string
				for _, x := range t.Words {
					if m := match([]string{x}); m != "" {
						alts = append(alts, m)
					}
				}
				if len(alts) > 0 {
					w.add("id NOT IN (SELECT rowid FROM word WHERE word MATCH ?)", strings.Join(alts, " OR "))
				}
				continue
			}
			var alts []string
			for _, x := range t.Words {
				if m := match([]string{x}); m != "" {
					alts = append(alts, "("+m+")")
				}
			}
			if len(alts) > 0 {
				words = append(words, "("+strings.Join(alts, " OR ")+")")
			} else {
				w.none = true // marks alone are in no word
			}
		}
	}
	w.words = strings.Join(words, " AND ")
	if w.narrow && w.words != "" {
		w.add("EXISTS (SELECT 1 FROM word WHERE word MATCH ? AND word.rowid = alert.id)", w.words)
		w.words = ""
	}
	return w
}

// match writes words for FTS5: each begins a word of the text.
func match(texts []string) string {
	var out []string
	for _, text := range texts {
		for _, f := range strings.FieldsFunc(text, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' || r > 127)
		}) {
			out = append(out, `"`+f+`"*`)
		}
	}
	return strings.Join(out, " AND ")
}

func (w *where) names(d *day, column string, kind int, t *query.Term) {
	var list []any
	for _, id := range d.known(kind, t.Words) {
		list = append(list, id)
	}
	if len(list) > 1 && column[0] != '+' {
		column = "+" + column
	}
	w.in(column, list, t.Not)
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func (w *where) in(column string, list []any, not bool) {
	switch {
	case len(list) == 0 && not:
	case len(list) == 0:
		w.none = true
	case not:
		w.add(fmt.Sprintf("%s NOT IN (%s)", column, marks(len(list))), list...)
	case len(list) == 1:
		w.add(column+" = ?", list...)
	default:
		w.add(fmt.Sprintf("%s IN (%s)", column, marks(len(list))), list...)
	}
}

func (w *where) either(a, b string, list []any, not bool) {
	m := marks(len(list))
	cond := fmt.Sprintf("(%s IN (%s) OR %s IN (%s))", a, m, b, m)
	if not {
		cond = "NOT " + cond
	}
	w.add(cond, append(list[:len(list):len(list)], list...)...)
}

func (w *where) prefixes(t *query.Term) {
	var alts []string
	var args []any
	columns := []string{string(t.Field)}
	if t.Field == query.IP {
		columns = []string{"+src", "+dst"} // an index for each would have all found sorted; List asks for each end by itself
	}
	for _, p := range t.Prefixes {
		low, high := bounds(p)
		for _, c := range columns {
			if p.IsSingleIP() {
				alts, args = append(alts, c+" = ?"), append(args, low)
				continue
			}
			if p.Addr().BitLen()-p.Bits() > manyAddresses && c[0] != '+' {
				c = "+" + c
			}
			alts, args = append(alts, c+" BETWEEN ? AND ?"), append(args, low, high)
		}
	}
	if len(t.Prefixes) == 1 && t.Prefixes[0].IsSingleIP() && t.Field != query.IP && !t.Not {
		w.narrow = true
	}
	cond := "(" + strings.Join(alts, " OR ") + ")"
	if t.Not {
		cond = "coalesce(NOT " + cond + ", 1)"
	}
	w.add(cond, args...)
}

// bounds returns the first and the last address of a network.
func bounds(p netip.Prefix) (low, high []byte) {
	a := p.Masked().Addr()
	low, high = addrBytes(a), addrBytes(a)
	bits := p.Bits()
	if a.Is4() {
		bits += 96
	}
	for i := bits; i < 128; i++ {
		high[i/8] |= 1 << (7 - i%8)
	}
	return low, high
}

// span returns the ids [from, to) of a query and the dates of the first and the last day that it may be on.
func span(q *query.Query) (from, to ID, first, last string) {
	from, to, first, last = 0, math.MaxInt64, "0000", "9999"
	if !q.Since.IsZero() {
		from, first = firstAt(q.Since), q.Since.UTC().Format(dayForm)
	}
	if !q.Until.IsZero() {
		to, last = firstAt(q.Until), q.Until.UTC().Format(dayForm)
	}
	return from, to, first, last
}

// between returns the days that there are from first to last, the newest first.
func (s *Store) between(first, last string) ([]string, error) {
	all, err := s.files()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range all {
		if f.date >= first && f.date <= last {
			out = append(out, f.date)
		}
	}
	return out, nil
}

// List returns the newest alerts of a query that are older than before (0: the newest of all), the newest first, at most
// limit. next is what to give as before for those that follow; 0 where there are none.
func (s *Store) List(ctx context.Context, q *query.Query, before ID, limit int) (out []*Stored, next ID, err error) {
	if bySource, byTarget := ends(q); bySource != nil {
		return s.merge(ctx, bySource, byTarget, before, limit)
	}
	from, to, first, last := span(q)
	if before > 0 && before < to {
		to, last = before, min(last, before.Time().Format(dayForm))
	}
	dates, err := s.between(first, last)
	if err != nil {
		return nil, 0, err
	}
	for _, date := range dates {
		if len(out) > limit {
			break
		}
		err := s.read(ctx, date, func(d *day) error {
			w := d.where(q)
			if w.none {
				return nil
			}
			text := "SELECT id, received, agent, body FROM alert WHERE id >= ? AND id < ? AND " + w.text() + " ORDER BY id DESC LIMIT ?"
			args := append([]any{int64(from), int64(to)}, w.args...)
			if w.words != "" {
				text = "SELECT id, received, agent, body FROM word CROSS JOIN alert ON alert.id = word.rowid WHERE word MATCH ? AND word.rowid >= ? AND word.rowid < ? AND " + w.text() +
					" ORDER BY word.rowid DESC LIMIT ?"
				args = append([]any{w.words, int64(from), int64(to)}, w.args...)
			}
			rows, err := d.db.QueryContext(ctx, text, append(args, limit+1-len(out))...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				x := &Stored{}
				var id, received, agent int64
				if err := rows.Scan(&id, &received, &agent, &x.Body); err != nil {
					return err
				}
				x.ID, x.Received, x.Agent = ID(id), time.UnixMicro(received).UTC(), d.text(agent)
				out = append(out, x)
			}
			return rows.Err()
		})
		if err != nil {
			return nil, 0, err
		}
	}
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID
	}
	return out, next, nil
}

// ends makes two queries of one for single addresses at either end, each of which has an index that is in the order of time;
// nil where it is none.
func ends(q *query.Query) (bySource, byTarget *query.Query) {
	i := slices.IndexFunc(q.Terms, func(t query.Term) bool {
		return t.Field == query.IP && !t.Not && len(t.Prefixes) == 1 && t.Prefixes[0].IsSingleIP()
	})
	if i < 0 {
		return nil, nil
	}
	with := func(field query.Field) *query.Query {
		x := *q
		x.Terms = slices.Clone(q.Terms)
		x.Terms[i].Field = field
		return &x
	}
	return with(query.Src), with(query.Dst)
}

// merge lists what two queries find, each alert once.
func (s *Store) merge(ctx context.Context, a, b *query.Query, before ID, limit int) ([]*Stored, ID, error) {
	one, more, err := s.List(ctx, a, before, limit)
	if err != nil {
		return nil, 0, err
	}
	two, more2, err := s.List(ctx, b, before, limit)
	if err != nil {
		return nil, 0, err
	}
	all := append(one, two...)
	slices.SortFunc(all, func(x, y *Stored) int { return cmp.Compare(y.ID, x.ID) })
	all = slices.CompactFunc(all, func(x, y *Stored) bool { return x.ID == y.ID })
	next := ID(0)
	if len(all) > limit || more != 0 || more2 != 0 {
		all = all[:min(len(all), limit)]
		next = all[len(all)-1].ID
	}
	return all, next, nil
}

// Get returns one alert; nil where there is none.
func (s *Store) Get(ctx context.Context, id ID) (out *Stored, err error) {
	err = s.read(ctx, id.Time().Format(dayForm), func(d *day) error {
		rows, err := d.db.QueryContext(ctx, "SELECT received, agent, body FROM alert WHERE id = ?", int64(id))
		if err != nil {
			return err
		}
		defer rows.Close()
		if rows.Next() {
			var received, agent int64
			x := &Stored{ID: id}
			if err := rows.Scan(&received, &agent, &x.Body); err != nil {
				return err
			}
			x.Received, x.Agent = time.UnixMicro(received).UTC(), d.text(agent)
			out = x
		}
		return rows.Err()
	})
	return out, err
}

// read calls f with a day, where there is one.
func (s *Store) read(ctx context.Context, date string, f func(*day) error) error {
	d, err := s.open(ctx, date, false)
	if err != nil || d == nil {
		return err
	}
	defer s.leave(d)
	return f(d)
}
