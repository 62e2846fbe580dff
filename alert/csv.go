package alert

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/packet"
)

// A column of the CSV form.
type column struct {
	name string
	cell func(dst []byte, a *Alert) []byte // unquoted
}

// columns are those of the CSV form, in their order. New ones go to the end.
func columns() []column {
	text := func(s func(*Alert) string) func([]byte, *Alert) []byte {
		return func(dst []byte, a *Alert) []byte { return printable.AppendCell(dst, s(a)) }
	}
	json := func(write func(*Alert, *object)) func([]byte, *Alert) []byte {
		return func(dst []byte, a *Alert) []byte {
			o := object{b: dst}
			write(a, &o)
			return o.b
		}
	}
	number := func(n func(*Alert) uint64) func([]byte, *Alert) []byte {
		return func(dst []byte, a *Alert) []byte {
			if v := n(a); v != 0 {
				return strconv.AppendUint(dst, v, 10)
			}
			return dst
		}
	}
	reputation := func(s func(*Reputation) string) func([]byte, *Alert) []byte {
		return text(func(a *Alert) string {
			if a.Reputation == nil {
				return ""
			}
			return s(a.Reputation)
		})
	}
	address := func(has func(*Alert) bool, at func(*Alert) packet.Addr) func([]byte, *Alert) []byte {
		return func(dst []byte, a *Alert) []byte {
			if !has(a) {
				return dst
			}
			return at(a).Netip().AppendTo(dst)
		}
	}
	port := func(has func(*Alert) bool, at func(*Alert) uint16) func([]byte, *Alert) []byte {
		return func(dst []byte, a *Alert) []byte {
			if a.Layers&packet.LayerPorts == 0 || !has(a) {
				return dst
			}
			return strconv.AppendUint(dst, uint64(at(a)), 10)
		}
	}
	return []column{
		{"timestamp", func(dst []byte, a *Alert) []byte {
			return time.Unix(0, a.Time).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000Z07:00")
		}},
		{"rule", text(func(a *Alert) string { return a.Rule })},
		{"severity", text(func(a *Alert) string { return a.Severity.String() })},
		{"category", text(func(a *Alert) string { return a.Category })},
		{"description", text(func(a *Alert) string { return a.Description })},
		{"src_ip", address((*Alert).hasAddresses, func(a *Alert) packet.Addr { return a.Src })},
		{"src_port", port((*Alert).hasAddresses, func(a *Alert) uint16 { return a.SrcPort })},
		{"dest_ip", address((*Alert).hasDestination, func(a *Alert) packet.Addr { return a.Dst })},
		{"dest_port", port((*Alert).hasDestination, func(a *Alert) uint16 { return a.DstPort })},
		{"proto", text((*Alert).Protocol)},
		{"community_id", text((*Alert).CommunityID)},
		{"pcap_cnt", number(func(a *Alert) uint64 { return a.Number })},
		{"key", json(func(a *Alert, o *object) { o.named("", a.Key) })},
		{"values", json(func(a *Alert, o *object) { o.named("", a.Values) })},
		{"threshold", func(dst []byte, a *Alert) []byte {
			if a.Threshold == nil {
				return dst
			}
			return appendFloat(dst, *a.Threshold)
		}},
		{"attack", text(func(a *Alert) string { return strings.Join(a.Attack, " ") })},
		{"message", text(func(a *Alert) string { return a.Message })},
		{"responses", json(func(a *Alert, o *object) { a.writeResponses(o, "") })},
		{"mode", text(func(a *Alert) string {
			if a.Shadow {
				return "shadow"
			}
			return "enforce"
		})},
		{"suppressed", number(func(a *Alert) uint64 { return a.Suppressed })},
		{"reputation_source", reputation(func(r *Reputation) string { return r.Source })},
		{"reputation_indicator", reputation(func(r *Reputation) string { return r.Indicator })},
		{"reputation_tier", reputation(func(r *Reputation) string { return r.Tier.String() })},
		{"references", text(func(a *Alert) string { return strings.Join(a.References, " ") })},
		{"agent", text(func(a *Alert) string { return a.Agent })},
		{"capture_loss", number(func(a *Alert) uint64 { return a.CaptureLoss })},
		{"reputation_malicious", reputation(func(r *Reputation) string { return r.count(r.Malicious) })},
		{"reputation_suspicious", reputation(func(r *Reputation) string { return r.count(r.Suspicious) })},
		{"reputation_engines", reputation(func(r *Reputation) string { return r.count(r.Engines) })},
		{"evidence", text(func(a *Alert) string { return a.Evidence })},
	}
}

// CSVColumns returns the names of the columns of the CSV form, in their order.
func CSVColumns() []string {
	var out []string
	for _, c := range columns() {
		out = append(out, c.name)
	}
	return out
}

// AppendHeader appends the header line of the columns, line end included.
func (c *CSV) AppendHeader(dst []byte) []byte {
	for i := range c.columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, c.columns[i].name...)
	}
	return append(dst, '\r', '\n')
}

// A CSV writes alerts in CSV (RFC 4180): one record a line, ended by CR LF, with the columns of
// AppendHeader. It must not be used by two goroutines at once.
//
// What an alert does not have is an empty cell. Key and values are JSON objects, responses a JSON array,
// as in AppendJSON. No cell holds a control character, whatever was in the packet: what does not print is
// escaped, in text as in a Go string. Text that a spreadsheet would run as a formula has a ' before it.
type CSV struct {
	columns []column
	cell    []byte
}

// NewCSV returns a CSV ready for use.
func NewCSV() *CSV { return &CSV{columns: columns()} }

// NewCSVColumns returns a CSV with some of the columns, in their order, each by its name, or as "name as heading" under another
// heading. The error names the column that there is none of, or the heading that a header cannot have.
func NewCSVColumns(wanted []string) (*CSV, error) {
	all := columns()
	out := &CSV{}
	for _, w := range wanted {
		name, heading, other := strings.Cut(w, " as ")
		i := slices.IndexFunc(all, func(c column) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no column %q; the columns are %s", name, strings.Join(CSVColumns(), ", "))
		}
		c := all[i]
		if other {
			if heading == "" || strings.ContainsFunc(heading, func(r rune) bool { return r < ' ' || r == ',' || r == '"' || r > '~' }) {
				return nil, fmt.Errorf("%q is no heading: write ASCII without commas and quotes", heading)
			}
			c.name = heading
		}
		out.columns = append(out.columns, c)
	}
	return out, nil
}

// Append appends the record of an alert.
func (c *CSV) Append(dst []byte, a *Alert) []byte {
	for i := range c.columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		c.cell = c.columns[i].cell(c.cell[:0], a)
		if bytes.IndexByte(c.cell, ',') < 0 && bytes.IndexByte(c.cell, '"') < 0 {
			dst = append(dst, c.cell...)
			continue
		}
		dst = append(dst, '"')
		for _, b := range c.cell {
			if b == '"' {
				dst = append(dst, '"')
			}
			dst = append(dst, b)
		}
		dst = append(dst, '"')
	}
	return append(dst, '\r', '\n')
}
