package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/internal/scale"
)

// logsQL writes the terms of a query in LogsQL, https://docs.victoriametrics.com/victorialogs/logsql/. Every value is quoted.
func logsQL(q *query.Query) string {
	out := []string{"*"}
	for i := range q.Terms {
		t := &q.Terms[i]
		text := ""
		switch t.Field {
		case query.Rule, query.Category, query.Agent:
			text = in(string(t.Field), t.Words)
		case query.Proto:
			up := make([]string, len(t.Words))
			for i, w := range t.Words {
				up[i] = strings.ToUpper(w)
			}
			text = in("proto", up)
		case query.Severity:
			var words []string
			for _, s := range t.Levels {
				words = append(words, s.String())
			}
			text = in("severity", words)
		case query.SrcPort, query.DstPort, query.Port:
			var words []string
			for _, n := range t.Numbers {
				words = append(words, strconv.Itoa(int(n)))
			}
			text = in(string(t.Field), words)
			if t.Field == query.Port {
				text = "(" + in("sport", words) + " or " + in("dport", words) + ")"
			}
		case query.Src, query.Dst, query.IP:
			fields := []string{string(t.Field)}
			if t.Field == query.IP {
				fields = []string{"src", "dst"}
			}
			var alts []string
			for _, p := range t.Prefixes {
				for _, f := range fields {
					alts = append(alts, network(f, p))
				}
			}
			text = "(" + strings.Join(alts, " or ") + ")"
		case query.Attack, query.Text:
			var alts []string
			for _, w := range t.Words {
				alts = append(alts, wordsQL(w))
			}
			text = "(" + strings.Join(alts, " or ") + ")"
		}
		if t.Not {
			text = "!" + text
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func in(field string, words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return field + ":in(" + strings.Join(quoted, ",") + ")"
}

// network writes that an address is in a network.
func network(field string, p netip.Prefix) string {
	switch {
	case p.IsSingleIP():
		return field + ":=" + strconv.Quote(p.Addr().String())
	case p.Addr().Is4():
		return fmt.Sprintf("%s:ipv4_range(%q)", field, p.String())
	}
	return fmt.Sprintf("%s:ipv6_range(%q)", field, p.String())
}

// never holds of no alert.
const never = `id:=""`

// wordsQL writes that each word of a text begins a word. VictoriaLogs takes .-: for what is between words, we do not: its index
// finds what may be right, and an expression tells what is.
func wordsQL(text string) string {
	var out []string
	for w := range wordsOf(text) {
		if part := strings.FieldsFunc(w, func(r rune) bool { return r == '.' || r == '-' }); len(part) > 0 {
			out = append(out, `_msg:`+strconv.Quote(strings.Join(part[:1], ""))+"*")
		}
		out = append(out, `_msg:~`+strconv.Quote(`(?:^|[^\pL\pN._-])`+regexp.QuoteMeta(w)))
	}
	if len(out) == 0 {
		return never
	}
	return "(" + strings.Join(out, " ") + ")"
}

// List implements Alerts.
func (v *Victoria) List(ctx context.Context, q *query.Query, before ID, limit int) ([]*Stored, ID, error) {
	text, until := logsQL(q), q.Until
	if before > 0 {
		if end := before.Time().Add(time.Microsecond); until.IsZero() || end.Before(until) {
			until = end
		}
		text += fmt.Sprintf(` id:<%q`, before.String())
	}
	rows, err := v.ask(ctx, fmt.Sprintf("%s | sort by (_time desc, id desc) limit %d | fields id, received, agent, body", text, limit+1), q.Since, until)
	if err != nil {
		return nil, 0, err
	}
	out, next := readRows(rows), ID(0)
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID
	}
	return out, next, nil
}

func readRows(rows []map[string]string) (out []*Stored) {
	for _, r := range rows {
		id, ok := ParseID(r["id"])
		received, err := strconv.ParseInt(r["received"], 10, 64)
		if !ok || err != nil || !strings.HasPrefix(r["body"], "{") {
			continue // it is none of ours
		}
		out = append(out, &Stored{ID: id, Received: time.UnixMicro(received).UTC(), Agent: r["agent"], Body: []byte(r["body"])})
	}
	slices.SortFunc(out, func(a, b *Stored) int { return cmp.Compare(b.ID, a.ID) })
	return out
}

// Get implements Alerts.
func (v *Victoria) Get(ctx context.Context, id ID) (*Stored, error) {
	rows, err := v.ask(ctx, fmt.Sprintf("id:=%q | limit 1 | fields id, received, agent, body", id.String()), id.Time(), id.Time().Add(time.Microsecond))
	if err != nil {
		return nil, err
	}
	if list := readRows(rows); len(list) > 0 {
		return list[0], nil
	}
	return nil, nil
}

// Stats implements Alerts.
func (v *Victoria) Stats(ctx context.Context, q *query.Query, step time.Duration, top int) (*Stats, error) {
	c := begin(q, step)
	text := logsQL(&c.q)
	rows, err := v.ask(ctx, text+" | stats by (_time:1m, severity) count() n", c.q.Since, c.q.Until)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		at, err := time.Parse(time.RFC3339Nano, r["_time"])
		if err != nil {
			return nil, fmt.Errorf("the answer of VictoriaLogs: %w", err)
		}
		severity, _ := scale.ParseSeverity(r["severity"]) // none of ours counts for none
		c.slot(at.Unix(), int(severity), count(r))
	}
	if rows, err = v.ask(ctx, text+" | stats by (category, rule, agent) count() n", c.q.Since, c.q.Until); err != nil {
		return nil, err
	}
	for _, r := range rows {
		for i, name := range []string{r["category"], r["rule"], r["agent"]} {
			c.names[i][name] += count(r)
		}
	}
	if rows, err = v.ask(ctx, fmt.Sprintf(`%s src:* | stats by (src) count() n | sort by (n desc, src) limit %d`, text, top), c.q.Since, c.q.Until); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if a, err := netip.ParseAddr(r["src"]); err == nil {
			c.sources[a] += count(r)
		}
	}
	return c.end(top), nil
}

func count(row map[string]string) int {
	n, _ := strconv.Atoi(row["n"]) // counts are numbers
	return n
}

// victoriaWithin bounds a request.
const victoriaWithin = 30 * time.Second

// post sends a request, and returns the answer.
func (v *Victoria) post(ctx context.Context, path string, args url.Values, body io.Reader) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.opt.URL+path+"?"+args.Encode(), body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if path == insertPath {
		r.Header.Set("Content-Type", "application/stream+json")
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	const most = 512 << 20
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		return nil, fmt.Errorf("VictoriaLogs answers %s: %.300s", answer.Status, bytes.TrimSpace(text))
	}
	return text, nil
}

// ask asks for what happened in [since, until); zero times are no bounds. Each row has its fields as texts.
func (v *Victoria) ask(ctx context.Context, text string, since, until time.Time) ([]map[string]string, error) {
	if until.IsZero() {
		until = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	text = fmt.Sprintf("_time:[%s, %s) ", stamp(since), stamp(until)) + text
	ctx, cancel := context.WithTimeout(ctx, victoriaWithin)
	defer cancel()
	answer, err := v.post(ctx, "/select/logsql/query", nil, strings.NewReader(url.Values{"query": {text}}.Encode()))
	if err != nil {
		return nil, err
	}
	var rows []map[string]string
	d := json.NewDecoder(bytes.NewReader(answer))
	for {
		var row map[string]string
		if err := d.Decode(&row); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, fmt.Errorf("the answer of VictoriaLogs: %w", err)
		}
		rows = append(rows, row)
	}
}

// stamp writes a time for a query.
func stamp(t time.Time) string {
	if t.Unix() < 0 {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}
