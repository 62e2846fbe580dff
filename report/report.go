// Package report makes a page of what rules found: one HTML file that needs nothing else, to look at, to print, and to mail.
//
// Whatever is in alerts and logins is text there and nothing else: names and messages are the words of strangers. The page
// asks for nothing from any network, and its policy forbids it to.
package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

const (
	// listed is how many rows of a ranking are shown.
	listed = 10
	// rowsMost is how many alerts and logins are listed one by one: those that matter most, and the newest.
	rowsMost = 1000
	// keysMost bounds the sources and names that are counted: a flood of forged ones takes no memory without end.
	keysMost = 1 << 16
)

// A Collector takes alerts and logins as they come, and keeps what the page shows of them. It must not be used by two
// goroutines at once.
type Collector struct {
	alerts   uint64
	severity [scale.SeverityCritical + 1]uint64
	rules    map[string]*ruleCount
	sources  counts
	timeline timeline
	rows     []alertRow // the worst, and of those the newest

	logins     [3]uint64 // success, failure, probe
	loginTimes timeline
	failedUser counts
	failedFrom counts
	loginRows  []loginRow

	first, last int64
	seen        bool
}

type ruleCount struct {
	severity    scale.Severity
	category    string
	description string
	alerts      uint64
}

// counts are how often names came, with a bound on the names.
type counts struct {
	by     map[string]*tally
	others uint64
}

type tally struct {
	n     uint64
	words map[string]uint64
}

// wordsMost bounds what is kept with a name, as the rules of a source.
const wordsMost = 8

func (c *counts) add(name, word string) {
	if c.by == nil {
		c.by = map[string]*tally{}
	}
	t := c.by[name]
	if t == nil {
		if len(c.by) >= keysMost {
			c.others++
			return
		}
		t = &tally{words: map[string]uint64{}}
		c.by[name] = t
	}
	t.n++
	if _, ok := t.words[word]; ok || len(t.words) < wordsMost {
		t.words[word]++
	}
}

// ranked is a name of counts.
type ranked struct {
	Name  string
	N     uint64
	Words []string
}

// top returns the n names that came most often.
func (c *counts) top(n int) []ranked {
	out := make([]ranked, 0, len(c.by))
	for name, t := range c.by {
		words := slices.SortedFunc(maps.Keys(t.words), func(a, b string) int { return cmp.Or(cmp.Compare(t.words[b], t.words[a]), cmp.Compare(a, b)) })
		out = append(out, ranked{Name: name, N: t.n, Words: words})
	}
	slices.SortFunc(out, func(a, b ranked) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	return out[:min(n, len(out))]
}

type alertRow struct {
	time                         int64
	severity                     scale.Severity
	rule, from, to, text, detail string
	fromIs, toIs                 string // whose hosts these are
}

type loginRow struct {
	time                                             int64
	result, user, service, host, method, reason, src string
}

// NewCollector returns a Collector ready for use.
func NewCollector() *Collector { return &Collector{rules: map[string]*ruleCount{}} }

// See takes down that there was a packet or an event, at a time in nanoseconds since 1970.
func (c *Collector) See(at int64) {
	if !c.seen {
		c.first, c.last, c.seen = at, at, true
	}
	c.first, c.last = min(c.first, at), max(c.last, at)
}

// Alert takes an alert.
func (c *Collector) Alert(a *alert.Alert) {
	c.See(a.Time)
	c.alerts++
	c.severity[a.Severity]++
	r := c.rules[a.Rule]
	if r == nil {
		r = &ruleCount{category: a.Category, description: a.Description}
		c.rules[a.Rule] = r
	}
	r.alerts++
	r.severity = max(r.severity, a.Severity)
	c.timeline.add(a.Time, int(a.Severity)-1)
	row := alertRow{time: a.Time, severity: a.Severity, rule: a.Rule, text: a.Message, detail: facts(a)}
	row.text = cmp.Or(row.text, a.Description)
	if a.Assets != nil {
		row.fromIs, row.toIs = a.Assets.Src.String(), a.Assets.Dst.String()
	}
	if a.Layers&(packet.LayerIP|packet.LayerARPIPv4) != 0 {
		row.from = a.Src.String()
		c.sources.add(row.from, a.Rule)
		if a.Layers&packet.LayerIP == 0 || a.IPVersion != 0 || !a.Dst.Netip().IsUnspecified() {
			row.to = a.Dst.String()
		}
	}
	c.rows = append(c.rows, row)
	if len(c.rows) >= 2*rowsMost {
		c.rows = worst(c.rows)
	}
}

// worst returns the rows that are listed.
func worst(rows []alertRow) []alertRow {
	slices.SortStableFunc(rows, func(a, b alertRow) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(b.time, a.time))
	})
	return rows[:min(len(rows), rowsMost)]
}

// Login takes a login.
func (c *Collector) Login(a *packet.Auth) {
	c.See(a.Time)
	row := loginRow{time: a.Time, result: a.Result, user: a.User, service: a.Service, host: a.Host, method: a.Method, reason: a.Reason}
	if a.Src.Addr().IsValid() {
		row.src = a.Src.Addr().String()
	}
	i := slices.Index(packet.AuthResults(), a.Result)
	if i < 0 {
		return
	}
	c.logins[i]++
	if a.Result == packet.AuthProbe {
		return
	}
	c.loginTimes.add(a.Time, i)
	if a.Result == packet.AuthFailure {
		if a.User != "" {
			c.failedUser.add(a.User, row.src)
		}
		if row.src != "" {
			c.failedFrom.add(row.src, a.User)
		}
	}
	c.loginRows = append(c.loginRows, row)
	if len(c.loginRows) >= 2*rowsMost {
		c.loginRows = slices.Clone(c.loginRows[len(c.loginRows)-rowsMost:])
	}
}

// Input is what the page says of where all this came from.
type Input struct {
	Title   string
	Files   []string // captures and logs, by their names
	Version string
	Made    time.Time
	Stats   engine.Stats
	// Near are what explain says of the rules that were near to firing; nil for none.
	Near []engine.Explanation
	// Hosts is the map of hosts and services; none where there were no packets.
	Hosts []assets.Host
}

// timeline counts by time, in steps that grow with the span.
type timeline struct {
	step int // in steps
	bins map[int64]*[4]uint64
}

// steps are the widths of columns, each a multiple of the one before.
var steps = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour,
	12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour, 364 * 24 * time.Hour, 3640 * 24 * time.Hour, 36400 * 24 * time.Hour}

// binsMost is how many columns a chart has at most.
const binsMost = 120

func (t *timeline) add(at int64, kind int) {
	if t.bins == nil {
		t.bins = map[int64]*[4]uint64{}
	}
	t.bin(at, kind, 1)
	for t.span() > binsMost && t.step < len(steps)-1 {
		t.step++
		old := t.bins
		t.bins = map[int64]*[4]uint64{}
		for i, b := range old {
			for k, n := range b {
				if n > 0 {
					t.bin(i*int64(steps[t.step-1]), k, n)
				}
			}
		}
	}
}

func (t *timeline) bin(at int64, kind int, n uint64) {
	i := floorDiv(at, int64(steps[t.step]))
	b := t.bins[i]
	if b == nil {
		b = new([4]uint64)
		t.bins[i] = b
	}
	b[kind] += n
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// span returns how many columns there are from the first to the last.
func (t *timeline) span() int64 {
	lo, hi := int64(1<<62), int64(-1<<62)
	for i := range t.bins {
		lo, hi = min(lo, i), max(hi, i)
	}
	return hi - lo + 1
}
