package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/internal/scale"
)

// A view is what the template shows: texts, and numbers of charts.
type view struct {
	Title, Span, Version, Made string
	Files                      []string
	Tiles                      []tile
	Verdict, VerdictClass      string

	Alerts  chart
	Rules   []ruleView
	Sources []bar
	Near    []nearView
	Rows    []rowView
	RowsOf  string

	HasLogins  bool
	LoginTiles []tile
	Logins     chart
	Users      []bar
	Addresses  []bar
	LoginRows  []loginView
	LoginsOf   string

	Hosts   []hostView
	HostsOf string
	Graph   graph
}

type hostView struct{ IP, Name, Hardware, System, Offers string }

type tile struct{ Label, Value, Note, Class string }

type bar struct {
	Name, Count, Note string
	Width             float64 // of 100
}

type ruleView struct {
	bar
	Severity, Category, Description string
}

type nearView struct {
	Rule, Key, Value, When string
	Width                  float64
}

type rowView struct{ Time, ISO, Severity, Rule, From, FromIs, To, ToIs, Text, Detail string }

type loginView struct{ Time, ISO, Result, User, Src, Service, Host, Method, Reason string }

// A chart is columns of stacked parts over time, in a box of 1000 by 100.
type chart struct {
	Label   string // for who cannot see it
	Parts   []part
	Legend  []legend
	Ticks   []string
	Most    string
	Columns bool
}

type part struct {
	X, Y, W, H float64
	Class      string
	Title      string
}

type legend struct{ Class, Name, Count string }

// facts writes key and values of an alert.
func facts(a *alert.Alert) string {
	var out []string
	for _, list := range [][]alert.Named{a.Key, a.Values} {
		for _, v := range list {
			out = append(out, v.Name+"="+fmt.Sprint(v.Value))
		}
	}
	if a.Suppressed > 0 {
		out = append(out, fmt.Sprintf("+%d suppressed", a.Suppressed))
	}
	return strings.Join(out, "  ")
}

// number writes a count with its thousands apart.
func number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// clean makes text of strangers safe to look at: what does not print is escaped.
func clean(s string) string { return string(printable.Append(nil, s)) }

func stamp(at int64, layout string) string { return time.Unix(0, at).UTC().Format(layout) }

// iso is how rows are sorted, and what a table gives to a spreadsheet.
const iso = "2006-01-02T15:04:05.000Z"

// view makes the page's view of what was collected.
func (c *Collector) view(in *Input) *view {
	v := &view{Title: clean(in.Title), Version: clean(in.Version), Made: in.Made.UTC().Format("2006-01-02 15:04 UTC"), Span: "nothing was read"}
	for _, f := range in.Files {
		v.Files = append(v.Files, clean(f))
	}
	day := "2006-01-02 15:04:05"
	if c.seen {
		v.Span = stamp(c.first, day) + " to " + stamp(c.last, day) + " UTC"
		if stamp(c.first, "2006-01-02") == stamp(c.last, "2006-01-02") {
			v.Span = stamp(c.first, "Monday, 2 January 2006, 15:04") + " to " + stamp(c.last, "15:04") + " UTC"
		}
	}
	v.alerts(c, in)
	v.near(in)
	v.logins(c)
	v.hosts(in)
	v.graph(in)
	return v
}

func (v *view) alerts(c *Collector, in *Input) {
	frames := in.Stats.Packets - min(in.Stats.Packets, c.logins[0]+c.logins[1]+c.logins[2])
	severe := c.severity[scale.SeverityCritical] + c.severity[scale.SeverityHigh]
	v.Tiles = []tile{
		{"Alerts", number(c.alerts), number(in.Stats.Suppressed) + " more in cooldowns", ""},
		{"Critical", number(c.severity[scale.SeverityCritical]), "act now", "critical"},
		{"High", number(c.severity[scale.SeverityHigh]), "look today", "high"},
		{"Sources", number(uint64(len(c.sources.by))), "with an alert", ""},
		{"Packets", number(frames), size(in.Stats.Bytes), ""},
	}
	switch {
	case c.alerts == 0:
		v.Verdict, v.VerdictClass = "No rule fired.", "ok"
	case c.severity[scale.SeverityCritical] > 0:
		v.Verdict, v.VerdictClass = plural(c.severity[scale.SeverityCritical], "alert")+" of "+number(c.alerts)+" "+are(c.severity[scale.SeverityCritical])+" critical.", "critical"
	case severe > 0:
		v.Verdict, v.VerdictClass = plural(severe, "alert")+" of "+number(c.alerts)+" "+are(severe)+" of high severity.", "high"
	default:
		v.Verdict, v.VerdictClass = plural(c.alerts, "alert")+", none of high severity.", "medium"
	}
	v.Alerts = c.timeline.chart("Alerts over time", scale.SeverityWords(), c.first, c.last)
	suppressed := map[string]uint64{}
	for _, r := range in.Stats.Rules {
		suppressed[r.Name] = r.Suppressed
	}
	var names []string
	most := uint64(1)
	for name, r := range c.rules {
		names = append(names, name)
		most = max(most, r.alerts)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := c.rules[a], c.rules[b]
		return cmp.Or(cmp.Compare(y.severity, x.severity), cmp.Compare(y.alerts, x.alerts), cmp.Compare(a, b))
	})
	for _, name := range names {
		r := c.rules[name]
		row := ruleView{bar: bar{Name: clean(name), Count: number(r.alerts), Width: share(r.alerts, most)}, Severity: r.severity.String(), Category: clean(r.category), Description: clean(r.description)}
		if n := suppressed[name]; n > 0 {
			row.Note = "+" + number(n)
		}
		v.Rules = append(v.Rules, row)
	}
	v.Sources = bars(c.sources.top(listed))
	rows := worst(slices.Clone(c.rows))
	for _, r := range rows {
		v.Rows = append(v.Rows, rowView{stamp(r.time, "01-02 15:04:05"), stamp(r.time, iso), r.severity.String(), clean(r.rule), r.from, clean(r.fromIs), r.to, clean(r.toIs), clean(r.text), clean(r.detail)})
	}
	if n := uint64(len(rows)); n < c.alerts {
		v.RowsOf = "The " + number(n) + " most severe and newest of " + number(c.alerts) + "."
	}
}

// near shows the rules that did not fire and came closest.
func (v *view) near(in *Input) {
	for _, x := range in.Near {
		if x.Alerts > 0 || len(x.Closest) == 0 || x.Closest[0].Bound <= 0 {
			continue
		}
		n := x.Closest[0]
		var key []string
		for _, k := range n.Key {
			key = append(key, fmt.Sprint(k.Value))
		}
		v.Near = append(v.Near, nearView{
			Rule: clean(x.Rule), Key: clean(strings.Join(key, " ")), Value: fmt.Sprintf("%s %s of %s", clean(n.Aggregate), strconv.FormatFloat(n.Value, 'g', 6, 64), strconv.FormatFloat(n.Bound, 'g', 6, 64)),
			When: stamp(n.Time, "01-02 15:04:05"), Width: min(100*n.Value/n.Bound, 100),
		})
	}
	slices.SortStableFunc(v.Near, func(a, b nearView) int { return cmp.Or(cmp.Compare(b.Width, a.Width), cmp.Compare(a.Rule, b.Rule)) })
	v.Near = v.Near[:min(len(v.Near), listed)]
}

func (v *view) logins(c *Collector) {
	total := c.logins[0] + c.logins[1] + c.logins[2]
	v.HasLogins = total > 0
	if total == 0 {
		return
	}
	v.LoginTiles = []tile{
		{"Succeeded", number(c.logins[0]), "", "ok"},
		{"Failed", number(c.logins[1]), "", "high"},
		{"Accounts", number(uint64(len(c.failedUser.by))), "that somebody failed to enter", ""},
		{"Addresses", number(uint64(len(c.failedFrom.by))), "that failed", ""},
		{"Probes", number(c.logins[2]), "connections without a name", ""},
	}
	v.Logins = c.loginTimes.chart("Logins over time", []string{"ok", "failed"}, c.first, c.last)
	for i, name := range []string{"succeeded", "failed"} {
		if i < len(v.Logins.Legend) {
			v.Logins.Legend[i].Name = name
		}
	}
	v.Users, v.Addresses = c.failedUser.failed("address", "addresses"), c.failedFrom.failed("account", "accounts")
	rows := c.loginRows[max(0, len(c.loginRows)-rowsMost):]
	for _, r := range slices.Backward(rows) {
		v.LoginRows = append(v.LoginRows, loginView{stamp(r.time, "01-02 15:04:05"), stamp(r.time, iso), r.result, clean(r.user), r.src, clean(r.service), clean(r.host), clean(r.method), clean(r.reason)})
	}
	if n := uint64(len(rows)); n < c.logins[0]+c.logins[1] {
		v.LoginsOf = "The newest " + number(n) + " of " + number(c.logins[0]+c.logins[1]) + "."
	}
}

// failed ranks what failed, and says of how many addresses, or accounts.
func (c *counts) failed(one, many string) []bar {
	list := c.top(listed)
	out := bars(list)
	for i, r := range list {
		switch n := len(r.Words); {
		case n == wordsMost:
			out[i].Note = number(uint64(n)) + " or more " + many
		case n == 1:
			out[i].Note = "1 " + one
		default:
			out[i].Note = number(uint64(n)) + " " + many
		}
	}
	return out
}

func bars(list []ranked) []bar {
	var out []bar
	for _, r := range list {
		out = append(out, bar{Name: clean(r.Name), Count: number(r.N), Note: clean(strings.Join(r.Words, ", ")), Width: share(r.N, list[0].N)})
	}
	return out
}

// share is a part of 100, and at least what can be seen.
func share(n, most uint64) float64 { return max(100*float64(n)/float64(max(most, 1)), 0.5) }

// chart draws the timeline from one time to another.
func (t *timeline) chart(label string, kinds []string, first, last int64) chart {
	c := chart{Label: label}
	totals := make([]uint64, len(kinds))
	step := int64(steps[t.step])
	lo, hi := floorDiv(first, step), floorDiv(last, step)
	// A quiet hour belongs to the picture, too, but not a thousand of them.
	if hi-lo+1 > binsMost && t.step < len(steps)-1 {
		wide := timeline{step: t.step + 1, bins: map[int64]*[4]uint64{}}
		for i, b := range t.bins {
			for k, n := range b {
				if n > 0 {
					wide.bin(i*step, k, n)
				}
			}
		}
		return wide.chart(label, kinds, first, last)
	}
	n := hi - lo + 1
	most := uint64(0)
	for _, b := range t.bins {
		sum := uint64(0)
		for k := range kinds {
			sum += b[k]
			totals[k] += b[k]
		}
		most = max(most, sum)
	}
	if most == 0 || n < 1 {
		return c
	}
	c.Columns, c.Most = true, number(most)+" in "+width(steps[t.step])
	w := 1000 / float64(n)
	layout := "15:04"
	switch {
	case steps[t.step] >= 24*time.Hour:
		layout = "2 Jan 2006"
	case last-first > int64(36*time.Hour):
		layout = "2 Jan 15:04"
	case last-first < int64(5*time.Minute):
		layout = "15:04:05"
	}
	for i := lo; i <= hi; i++ {
		b := t.bins[i]
		if b == nil {
			continue
		}
		y := 100.0
		for k, kind := range kinds {
			if b[k] == 0 {
				continue
			}
			h := max(100*float64(b[k])/float64(most), 0.8)
			y = max(y-h, 0)
			c.Parts = append(c.Parts, part{X: float64(i-lo)*w + w*0.08, Y: y, W: w * 0.84, H: h, Class: kind,
				Title: stamp(i*step, layout) + ": " + number(b[k]) + " " + kind})
		}
	}
	for k, kind := range kinds {
		if totals[k] > 0 || len(kinds) == 2 {
			c.Legend = append(c.Legend, legend{kind, kind, number(totals[k])})
		}
	}
	before := ""
	for i := range 5 {
		tick := stamp(lo*step+int64(float64(n*step)*float64(i)/4), layout)
		if tick == before {
			tick = "" // a chart of a second or two
		} else {
			before = tick
		}
		c.Ticks = append(c.Ticks, tick)
	}
	return c
}

// width says how wide a column is.
func width(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return plural(uint64(d/(24*time.Hour)), "day")
	case d%time.Hour == 0:
		return plural(uint64(d/time.Hour), "hour")
	case d%time.Minute == 0:
		return plural(uint64(d/time.Minute), "minute")
	}
	return plural(uint64(d/time.Second), "second")
}

// size writes bytes in the unit that suits them.
func size(n uint64) string {
	for _, u := range []struct {
		of   float64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if float64(n) >= u.of {
			return strconv.FormatFloat(float64(n)/u.of, 'f', 1, 64) + " " + u.name
		}
	}
	return plural(n, "byte")
}

func plural(n uint64, word string) string {
	switch {
	case n == 1:
		return "1 " + word
	case strings.HasSuffix(word, "s"):
		word += "e"
	}
	return number(n) + " " + word + "s"
}

func are(n uint64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
