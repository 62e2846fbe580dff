package output

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// facilities are the names of RFC 5424's facilities (section 6.2.1, table 1), as syslog.conf has them.
func facilities() map[string]int {
	out := map[string]int{"kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "syslog": 5, "lpr": 6, "news": 7,
		"uucp": 8, "cron": 9, "authpriv": 10, "ftp": 11}
	for i := range 8 {
		out["local"+strconv.Itoa(i)] = 16 + i
	}
	return out
}

// syslogSeverity returns RFC 5424's severity for an alert's: crit, err, warning, notice. The two above
// crit are for a system that is down; many servers write them on every terminal.
func syslogSeverity(s scale.Severity) int {
	return [...]int{4, scale.SeverityLow: 5, scale.SeverityMedium: 4, scale.SeverityHigh: 3, scale.SeverityCritical: 2}[s]
}

// A message renders alerts as messages of RFC 5424. It is used by one goroutine.
type message struct {
	facility int
	origin   string // " HOSTNAME APP-NAME PROCID "
	sdSuffix string // "@32473"
	most     int    // bytes of a message
	json     bool

	scratch []byte
	text    []byte
}

func newMessage(c *SyslogConfig, host string) *message {
	if c.Hostname != "" {
		host = c.Hostname
	}
	return &message{
		facility: facilities()[c.Facility],
		origin:   " " + header(host, 255) + " " + header(c.AppName, 48) + " " + strconv.Itoa(os.Getpid()) + " ",
		sdSuffix: "@" + strconv.FormatUint(uint64(c.EnterpriseNumber), 10),
		most:     c.MaxMessage,
		json:     c.Format == "json",
	}
}

// appendCounted appends a message with the octet count before it that TCP and TLS need (RFC 6587,
// section 3.4.1; RFC 5425, section 4.3).
func (m *message) appendCounted(dst []byte, e *event) []byte {
	m.scratch = m.append(m.scratch[:0], e)
	dst = strconv.AppendInt(dst, int64(len(m.scratch)), 10)
	return append(append(dst, ' '), m.scratch...)
}

// append appends a message. It holds no control character, so that it is one line for every reader.
func (m *message) append(dst []byte, e *event) []byte {
	a, begin := e.alert, len(dst)
	dst = append(dst, '<')
	dst = strconv.AppendInt(dst, int64(m.facility*8+syslogSeverity(a.Severity)), 10)
	dst = append(dst, ">1 "...)
	// The time of the event, in the microseconds that the format has room for.
	dst = time.Unix(0, a.Time).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000Z07:00")
	dst = append(dst, m.origin...)
	dst = append(dst, header(a.Rule, 32)...)
	dst = append(dst, ' ')
	dst = m.appendData(dst, a, begin+m.most)
	dst = append(dst, ' ')
	if m.json {
		// In ASCII JSON stays JSON: the byte order mark that other text needs would be no part of it.
		dst = appendASCII(dst, e.json())
	} else {
		m.text = a.AppendSummary(m.text[:0])
		if !isASCII(m.text) {
			dst = append(dst, "\ufeff"...) // MSG-UTF8 begins with it (section 6.4)
		}
		dst = append(dst, m.text...)
	}
	return cut(dst, begin+m.most)
}

// cut cuts b to at most n bytes, at the end of a character.
func cut(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// appendData appends the structured data: what the alert is about, its key, its aggregates. Of an
// element that would go beyond limit there is nothing, for half a one would make the message invalid.
func (m *message) appendData(dst []byte, a *alert.Alert, limit int) []byte {
	begin := len(dst)
	dst = m.appendElement(dst, limit, "ruleids", func(dst []byte) []byte {
		return appendFacts(dst, a)
	})
	for _, part := range []struct {
		name   string
		values []alert.Named
	}{{"key", a.Key}, {"values", a.Values}} {
		if len(part.values) == 0 {
			continue
		}
		dst = m.appendElement(dst, limit, part.name, func(dst []byte) []byte {
			for _, v := range part.values {
				dst = appendParam(dst, v)
			}
			return dst
		})
	}
	if len(dst) == begin {
		return append(dst, '-')
	}
	return dst
}

func (m *message) appendElement(dst []byte, limit int, name string, params func([]byte) []byte) []byte {
	begin := len(dst)
	dst = append(append(append(dst, '['), name...), m.sdSuffix...)
	dst = append(params(dst), ']')
	if len(dst) > limit-1 { // a space comes after it
		return dst[:begin]
	}
	return dst
}

// appendFacts appends the parameters of the element "ruleids"; the names are those of the JSON. What the
// alert does not have is left out.
func appendFacts(dst []byte, a *alert.Alert) []byte {
	text := func(name, value string) {
		if value != "" {
			dst = appendParam(dst, alert.Named{Name: name, Value: value})
		}
	}
	number := func(name string, value uint64) {
		dst = appendParam(dst, alert.Named{Name: name, Value: int64(value)})
	}
	text("rule", a.Rule)
	text("severity", a.Severity.String())
	text("category", a.Category)
	if a.Layers&(packet.LayerIP|packet.LayerARPIPv4) != 0 {
		text("src_ip", a.Src.String())
		text("dest_ip", a.Dst.String())
	}
	if a.Layers&packet.LayerPorts != 0 {
		number("src_port", uint64(a.SrcPort))
		number("dest_port", uint64(a.DstPort))
	}
	text("proto", a.Protocol())
	text("community_id", a.CommunityID())
	if a.Threshold != nil {
		dst = appendParam(dst, alert.Named{Name: "threshold", Value: *a.Threshold})
	}
	text("attack", strings.Join(a.Attack, " "))
	if a.Shadow {
		text("mode", "shadow")
	}
	if a.Suppressed != 0 {
		number("suppressed", a.Suppressed)
	}
	if r := a.Reputation; r != nil {
		text("reputation", r.Tier.String())
	}
	if a.CaptureLoss != 0 {
		number("capture_loss", a.CaptureLoss)
	}
	text("agent", a.Agent)
	return dst
}

// appendParam appends one SD-PARAM. In its value `"`, `\` and `]` are escaped (section 6.3.3).
func appendParam(dst []byte, v alert.Named) []byte {
	dst = append(append(dst, ' '), paramName(v.Name)...)
	dst = append(dst, `="`...)
	for _, c := range v.AppendValue(nil) {
		if c == '"' || c == '\\' || c == ']' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// paramName makes an SD-NAME of a text: 1 to 32 printing ASCII characters other than '=', ']' and '"'
// (section 6.3.3); others become '_'.
func paramName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '=' || r == ']' || r == '"' {
			return '_'
		}
		return r
	}, header(s, 32))
}

// header makes a field of the header: printing ASCII characters, up to a number of them; others become
// '_', and nothing becomes the NILVALUE.
func header(s string, most int) string {
	if s == "" {
		return "-"
	}
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, s)
	return s[:min(len(s), most)]
}

func isPrintUSASCII(s string) bool { return s == "" || header(s, len(s)) == s }

func isASCII(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// appendASCII appends JSON with every character that is not ASCII escaped. They occur only in strings.
func appendASCII(dst, json []byte) []byte {
	for len(json) > 0 {
		r, size := utf8.DecodeRune(json)
		if r < utf8.RuneSelf {
			dst = append(dst, byte(r))
		} else {
			for _, unit := range utf16.AppendRune(nil, r) {
				const digits = "0123456789abcdef"
				dst = append(dst, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
			}
		}
		json = json[size:]
	}
	return dst
}
