package api

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/setting"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// search returns the query of a request: q, and the parameters that stand for terms of it.
func (c *call) search() (*query.Query, error) {
	now := c.api.opt.Now()
	q, err := query.Parse(c.query("q"), now)
	if err != nil {
		return nil, bad("q: %v", err)
	}
	for _, p := range []struct {
		name  string
		field query.Field
	}{{"severity", query.Severity}, {"agent", query.Agent}, {"rule", query.Rule}, {"category", query.Category}} {
		// "high+" comes as "high " where whoever made the URL did not write the mark as %2B.
		value := c.r.URL.Query().Get(p.name)
		if p.field == query.Severity {
			value = strings.ReplaceAll(value, " ", "+")
		}
		if err := q.AddTerm(p.field, value, false); err != nil {
			return nil, bad("%v", err)
		}
	}
	for _, p := range []struct {
		name string
		set  func(time.Time)
	}{
		{"since", func(t time.Time) {
			if t.After(q.Since) {
				q.Since = t
			}
		}},
		{"until", func(t time.Time) {
			if q.Until.IsZero() || t.Before(q.Until) {
				q.Until = t
			}
		}},
	} {
		text := c.query(p.name)
		if text == "" {
			continue
		}
		t, err := query.ParseTime(strings.ReplaceAll(text, " ", "+"), now) // the mark of a zone, as above
		if err != nil {
			if t, err = query.ParseTime(text, now); err != nil {
				return nil, bad("%s: %v", p.name, err)
			}
		}
		p.set(t)
	}
	return q, nil
}

// number reads a parameter between 1 and most.
func (c *call) number(name string, without, most int) (int, error) {
	text := c.query(name)
	if text == "" {
		return without, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, bad("%s: %q is not a number from 1 to %d", name, text, most)
	}
	return min(n, most), nil
}

// An AlertPage is a page of alerts, the newest first.
type AlertPage struct {
	Alerts []*store.Stored `json:"alerts"`
	// Next is the cursor of the page behind this one; null where there is none.
	Next *string `json:"next"`
}

func (c *call) alerts() (any, error) {
	q, err := c.search()
	if err != nil {
		return nil, err
	}
	limit, err := c.number("limit", defaultLimit, maxLimit)
	if err != nil {
		return nil, err
	}
	before := store.ID(0)
	if text := c.query("cursor"); text != "" {
		var ok bool
		if before, ok = store.ParseID(text); !ok || before == 0 {
			return nil, bad("cursor: %q is not what a page before gave as next", text)
		}
	}
	list, next, err := c.api.opt.Store.List(c.ctx(), q, before, limit)
	if err != nil {
		return nil, err
	}
	page := &AlertPage{Alerts: list}
	if page.Alerts == nil {
		page.Alerts = []*store.Stored{}
	}
	if next != 0 {
		text := next.String()
		page.Next = &text
	}
	return page, nil
}

func (c *call) alert() (any, error) { return c.stored() }

// stored returns the alert that the path names.
func (c *call) stored() (*store.Stored, error) {
	id, ok := store.ParseID(c.r.PathValue("id"))
	if !ok {
		return nil, bad("an id has 16 hexadecimal digits")
	}
	x, err := c.api.opt.Store.Get(c.ctx(), id)
	if err != nil {
		return nil, err
	}
	if x == nil {
		return nil, absent("there is no alert %s", id)
	}
	return x, nil
}

func (c *call) stats() (any, error) {
	q, err := c.search()
	if err != nil {
		return nil, err
	}
	if q.Until.IsZero() {
		q.Until = c.api.opt.Now()
	}
	if q.Since.IsZero() {
		q.Since = q.Until.Add(-24 * time.Hour)
	}
	if !q.Since.Before(q.Until) {
		return nil, bad("since is not before until")
	}
	step := time.Duration(0)
	if text := c.query("step"); text != "" {
		if step, err = setting.ParseDuration(text); err != nil || step < time.Minute {
			return nil, bad("step: write a duration from 1m on")
		}
	} else {
		step = stepFor(q.Until.Sub(q.Since))
	}
	top, err := c.number("top", 10, maxTop)
	if err != nil {
		return nil, err
	}
	s, err := c.api.opt.Store.Stats(c.ctx(), q, step, maxTop)
	if err != nil {
		return nil, err
	}
	if s.Techniques, err = c.techniques(s.Rules); err != nil {
		return nil, err
	}
	for _, list := range []*[]store.Count{&s.Categories, &s.Rules, &s.Agents, &s.Sources} {
		*list = (*list)[:min(len(*list), top)]
	}
	return s, nil
}

// maxTop is how many entries a list of statistics has at most.
const maxTop = 100

// techniques counts alerts by technique of MITRE ATT&CK. A rule's techniques are those of its newest alert.
func (c *call) techniques(rules []store.Count) ([]store.Count, error) {
	counts := map[string]int{}
	for _, r := range rules {
		list, known := c.api.attacks.Load(r.Name)
		if !known {
			q := &query.Query{}
			if err := q.AddTerm(query.Rule, r.Name, false); err != nil {
				return nil, err
			}
			newest, _, err := c.api.opt.Store.List(c.ctx(), q, 0, 1)
			if err != nil {
				return nil, err
			}
			var a struct {
				Ruleids struct {
					Attack []string `json:"attack"`
				} `json:"ruleids"`
			}
			if len(newest) > 0 && json.Unmarshal(newest[0].Body, &a) != nil {
				a.Ruleids.Attack = nil // the alert of another version, say
			}
			list = a.Ruleids.Attack
			c.api.attacks.Store(r.Name, list)
		}
		for _, t := range list.([]string) {
			counts[t] += r.Count
		}
	}
	out := []store.Count{}
	for name, n := range counts {
		out = append(out, store.Count{Name: name, Count: n})
	}
	slices.SortFunc(out, func(a, b store.Count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return out, nil
}

// stepFor returns a step that gives a timeline of some 60 to 180 bars.
func stepFor(span time.Duration) time.Duration {
	for _, s := range []time.Duration{time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour} {
		if span/s <= 180 {
			return s
		}
	}
	return 24 * time.Hour
}

const (
	exportPage = 1000
	maxExport  = 1_000_000
	// exportWithin is how long a page of an export may take to be taken by who asked.
	exportWithin = time.Minute
)

// export writes all alerts of a query, the newest first: an object a line, or CSV.
func (c *call) export() (any, error) {
	q, err := c.search()
	if err != nil {
		return nil, err
	}
	limit, err := c.number("limit", maxExport, maxExport)
	if err != nil {
		return nil, err
	}
	form := c.query("format")
	name := "alerts-" + c.api.opt.Now().UTC().Format("20060102-150405")
	var write func(*store.Stored) error
	out := bufio.NewWriterSize(c.w, 64<<10)
	finish := out.Flush
	switch form {
	case "", "json", "ndjson":
		c.w.Header().Set("Content-Type", "application/x-ndjson")
		c.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.jsonl"`)
		var line []byte
		write = func(x *store.Stored) error {
			line = append(x.AppendJSON(line[:0]), '\n')
			_, err := out.Write(line)
			return err
		}
	case "csv":
		c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		c.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
		w := csv.NewWriter(out)
		if err := w.Write(csvHead); err != nil {
			return nil, err
		}
		write = func(x *store.Stored) error { return w.Write(csvRow(x)) }
		finish = func() error { w.Flush(); return out.Flush() }
	default:
		return nil, bad("format: there are json (an object a line) and csv")
	}
	c.log("alerts.export", form, "%s", c.r.URL.RawQuery)
	for before := store.ID(0); limit > 0; {
		_ = c.rc.SetWriteDeadline(time.Now().Add(exportWithin))
		list, next, err := c.api.opt.Store.List(c.ctx(), q, before, min(limit, exportPage))
		if err != nil {
			panic(http.ErrAbortHandler) // an export that is cut off must not look whole
		}
		for _, x := range list {
			if err := write(x); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		limit -= len(list)
		if before = next; next == 0 {
			break
		}
	}
	if err := finish(); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil, nil
}

var csvHead = []string{"id", "timestamp", "received", "agent", "severity", "rule", "category", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "message"}

// csvRow is an alert as a row. Cells that a spreadsheet would take for a formula begin with a quotation mark (OWASP, CSV
// Injection).
func csvRow(x *store.Stored) []string {
	var a struct {
		Timestamp string      `json:"timestamp"`
		SrcIP     string      `json:"src_ip"`
		SrcPort   json.Number `json:"src_port"`
		DestIP    string      `json:"dest_ip"`
		DestPort  json.Number `json:"dest_port"`
		Proto     string      `json:"proto"`
		Alert     struct {
			Signature string `json:"signature"`
			Category  string `json:"category"`
		} `json:"alert"`
		Ruleids struct {
			Rule, Severity, Message string
		} `json:"ruleids"`
	}
	_ = json.Unmarshal(x.Body, &a) // the store has only what this program wrote
	message := cmp.Or(a.Ruleids.Message, a.Alert.Signature)
	row := []string{x.ID.String(), a.Timestamp, x.Received.Format(time.RFC3339Nano), x.Agent, a.Ruleids.Severity, a.Ruleids.Rule, a.Alert.Category, a.SrcIP, a.SrcPort.String(), a.DestIP, a.DestPort.String(), a.Proto, message}
	for i, cell := range row {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			row[i] = "'" + cell
		}
	}
	return row
}
