package store

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/internal/scale"
)

// begin begins to count.
func begin(q *query.Query, step time.Duration) *counting {
	step = max(step.Truncate(time.Minute), time.Minute)
	long := q.Until.Sub(q.Since)
	if long/step > maxSlots {
		step = (long / maxSlots).Truncate(time.Minute) + time.Minute
	}
	c := &counting{rolled: rolledUp(q), total: totals(q), byHour: long > 24*time.Hour, names: [3]map[string]int{{}, {}, {}}, sources: map[netip.Addr]int{}}
	if c.rolled && !c.total && c.byHour {
		step = (step + time.Hour - 1).Truncate(time.Hour)
	}
	c.q = *q
	c.q.Since, c.q.Until = q.Since.UTC().Truncate(time.Minute), q.Until.UTC().Add(time.Minute-1).Truncate(time.Minute)
	c.step = step
	c.out = &Stats{Since: c.q.Since, Until: q.Until.UTC(), Severity: map[string]int{}, Techniques: []Count{}, Hours: make([]int, 24), Step: step.Seconds(), Timeline: []Slot{}}
	for t := c.q.Since.Truncate(step); t.Before(q.Until); t = t.Add(step) {
		c.out.Timeline = append(c.out.Timeline, Slot{Time: t})
	}
	return c
}

// end returns what was counted.
func (c *counting) end(top int) *Stats {
	for _, sev := range scale.Severities() {
		c.out.Severity[sev.String()] = c.out.levels[sev]
	}
	c.out.Categories, c.out.Rules, c.out.Agents = topOf(c.names[0], top), topOf(c.names[1], top), topOf(c.names[2], top)
	bySource := map[string]int{}
	for a, n := range c.sources {
		bySource[a.Unmap().String()] += n
	}
	c.out.Sources = topOf(bySource, top)
	return c.out
}

// A counting is statistics on their way.
type counting struct {
	q       query.Query // its times are whole minutes
	rolled  bool        // counts by the hour can answer
	total   bool        // counts by the minute can answer, but for names
	byHour  bool        // the timeline may be as coarse as counts by the hour
	step    time.Duration
	out     *Stats
	names   [3]map[string]int // categories, rules, agents
	sources map[netip.Addr]int
}

func (c *counting) count(ctx context.Context, d *day) error {
	if c.total {
		if err := c.minutes(ctx, d); err != nil {
			return err
		}
	}
	for _, p := range pieces(d.date, c.q.Since, c.q.Until) {
		if !p.from.Before(p.to) {
			continue
		}
		if p.whole && c.rolled {
			if err := c.hours(ctx, d, p, !c.total && c.byHour); err != nil {
				return err
			}
			if err := c.raw(ctx, d, p, !c.total && !c.byHour, false); err != nil {
				return err
			}
			continue
		}
		if err := c.raw(ctx, d, p, !c.total, true); err != nil {
			return err
		}
	}
	return nil
}

// raw counts alerts one by one: their sources, and where it is asked their times and names.
func (c *counting) raw(ctx context.Context, d *day, p piece, slots, names bool) error {
	from, to := firstAt(p.from), firstAt(p.to)
	minutes := make([][scale.SeverityCritical + 1]int, int(p.to.Sub(p.from)/time.Minute)+1)
	var sums, sources []int // by the places of traits and addresses
	weight := 1
	var f *filter
	var addrs []netip.Addr
	var kinds []traits
	var hits []fact
	prepare := func(known *facts) {
		addrs, kinds = known.addrs, known.traits
		sources, sums = make([]int, len(addrs)), make([]int, len(kinds))
	}
	add := func(x *fact) {
		sources[x.src] += weight
		if severity := kinds[x.traits].severity; slots && int(severity) < len(minutes[0]) {
			minutes[int64(x.id-from)>>idBits/60_000_000][severity] += weight
		}
		if names {
			sums[x.traits] += weight
		}
	}
	err := d.look(ctx, func(known *facts) (err error) {
		if f, err = d.filter(ctx, &c.q, known); err != nil || f.none || f.asksWords() {
			return err
		}
		prepare(known)
		rows := known.between(from, to)
		switch {
		case f.all() && !slots && !names && len(rows) == len(known.rows):
			copy(sources, known.bySource)
		case !slots && !names:
			for i := range rows {
				if f.match(&rows[i]) {
					sources[rows[i].src]++
				}
			}
		default:
			for i := range rows {
				if f.match(&rows[i]) {
					add(&rows[i])
				}
			}
		}
		return nil
	})
	if err != nil || f.none {
		return err
	}
	if f.asksWords() {
		if weight, err = d.oneIn(ctx, f, from, to); err != nil {
			return err
		}
		c.out.Sampled = max(c.out.Sampled, weight*min(weight-1, 1))
		for begin := p.from; begin.Before(p.to); {
			end, next := p.to, p.to
			if weight > 1 {
				next = earlier(begin.Truncate(c.step).Add(c.step), p.to)
				end = begin.Add(next.Sub(begin) / time.Duration(weight))
			}
			if err := d.walk(ctx, &c.q, firstAt(begin), firstAt(end), func(x *fact) bool {
				hits = append(hits, *x)
				return true
			}); err != nil {
				return err
			}
			begin = next
		}
		if err := d.look(ctx, func(known *facts) error {
			prepare(known)
			for i := range hits {
				add(&hits[i])
			}
			return nil
		}); err != nil {
			return err
		}
	}
	for i := range minutes {
		for severity, n := range minutes[i] {
			if n > 0 {
				c.slot(p.from.Unix()+60*int64(i), severity, n)
			}
		}
	}
	c.named(d, kinds, sums)
	if len(sources) > 0 {
		sources[0] = 0 // of alerts without one
	}
	least := atLeast(sources, maxSources)
	for i, n := range sources {
		if n >= least {
			c.sources[addrs[i]] += n
		}
	}
	return nil
}

// maxSources is how many sources of a piece are looked at for the largest.
const maxSources = 1000

// atLeast returns what the most-th largest count is, at least 1 and at most 4095.
func atLeast(counts []int, most int) int {
	if len(counts) <= most {
		return 1
	}
	var by [4096]int // of so many alerts; the last: of at least so many
	for _, n := range counts {
		by[min(n, len(by)-1)]++
	}
	for n := len(by) - 1; n > 1; n-- {
		if most -= by[n]; most <= 0 {
			return n
		}
	}
	return 1
}

// mostHits is how many alerts with words are counted of a day; tests change it.
var mostHits = 5_000

// oneIn returns of how many alerts with words one is to be counted, so that there are about mostHits of them.
func (d *day) oneIn(ctx context.Context, f *filter, from, to ID) (int, error) {
	if f.words == "" || strings.Contains(f.words, "*") {
		return 1, nil // the beginning of very many words takes as long to find for a part
	}
	var n int
	var oldest ID
	if err := d.db.QueryRowContext(ctx, `SELECT count(*), coalesce(min(id), 0) FROM (SELECT rowid AS id FROM word WHERE word MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?)`,
		f.words, int64(from), int64(to), mostHits+1).Scan(&n, (*int64)(&oldest)); err != nil || n <= mostHits {
		return 1, err
	}
	weight := 1
	err := d.look(ctx, func(known *facts) error {
		if seen := len(known.between(oldest, to)); seen > 0 {
			weight = (len(known.between(from, to)) + seen - 1) / seen
		}
		return nil
	})
	return weight, err
}

// slot adds a count of a time (seconds since 1970) and severity.
func (c *counting) slot(at int64, severity, n int) {
	c.out.Total += n
	c.out.Hours[at/3600%24] += n
	if severity >= 0 && severity < len(c.out.levels) {
		c.out.levels[severity] += n
	}
	if i := int(time.Unix(at, 0).Sub(c.out.Timeline[0].Time) / c.step); i >= 0 && i < len(c.out.Timeline) {
		c.out.Timeline[i].add(severity, n)
	}
}
