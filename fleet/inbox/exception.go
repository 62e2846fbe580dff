package inbox

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// A Preview is what an exception would have done to the alerts of a rule.
type Preview struct {
	Rule     string    `json:"rule"`
	Since    time.Time `json:"since"`
	Alerts   int       `json:"alerts"`   // of the rule, since then
	Removed  int       `json:"removed"`  // of these, those that it would have removed
	Examples []string  `json:"examples"` // sources of some of them
	// Problem says what the number does not tell; empty for nothing.
	Problem string `json:"problem,omitempty"`
}

// known are the fields that an alert tells of the packet that fired it.
var known = []string{"ip.src", "ip.dst", "ip.version", "ip.proto", "src.port", "dst.port", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "frame.time_epoch"}

// examples is how many sources are named.
const examples = 5

// An Unknown is a condition that cannot be judged, with what to do about it.
type Unknown struct{ text string }

func (u Unknown) Error() string { return u.text }

// Try runs the alerts of a rule since a time past a condition: the engine says of each whether the packet that fired it would have
// been an exception. shipped are the shipped rules, whose lists and macros a condition may name. The error is an Unknown where the
// condition is at fault.
func Try(ctx context.Context, alerts store.Alerts, shipped fs.FS, rule, where string, since time.Time) (*Preview, error) {
	text := fmt.Sprintf("rule \"exception_preview\" {\n  description = \"What the exception leaves alone.\"\n  severity = \"low\"\n  cooldown = \"0s\"\n  where = %s\n}\n", quoted(where))
	set, _, diags := engine.Load(rules.Options{Stdlib: shipped, Sources: map[string][]byte{"exception.hcl": []byte(text)}}, engine.Options{})
	if diags.HasErrors() {
		for _, d := range diags {
			if d.Subject != nil && d.Subject.Filename == "exception.hcl" {
				return nil, Unknown{strings.TrimSuffix(d.Summary, ".") + ". " + d.Detail}
			}
		}
		return nil, diags
	}
	i := slices.IndexFunc(set.Rules, func(r *rules.Rule) bool { return r.Name == "exception_preview" })
	if i < 0 || set.Rules[i].On != packet.EventPacket {
		return nil, Unknown{"The condition is none of packets."}
	}
	if f := unknownField(set.Rules[i].Where); f != "" {
		return nil, Unknown{fmt.Sprintf("The condition asks for %s, which alerts do not tell: what it would have removed cannot be said. Of addresses, ports and protocols it can.", f)}
	}
	only := *set
	only.Rules = set.Rules[i : i+1]
	plan, compiled := engine.Compile(&only, engine.Options{})
	if compiled.HasErrors() {
		return nil, compiled
	}
	out := &Preview{Rule: rule, Since: since, Examples: []string{}}
	q := &query.Query{Since: since}
	if err := q.AddTerm(query.Rule, rule, false); err != nil {
		return nil, Unknown{err.Error()}
	}
	bare := 0
	for before := store.ID(0); ; {
		list, next, err := alerts.List(ctx, q, before, pageSize)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			out.Alerts++
			var a alert.Alert
			if json.Unmarshal(s.Body, &a) != nil {
				continue
			}
			frame, ok := frameOf(&a)
			if !ok {
				bare++
				continue
			}
			fired := false
			e := engine.New(plan, engine.Config{Seed: 1, Checksums: engine.ChecksumsOff})
			e.Process([]packet.Frame{frame}, func(*alert.Alert) { fired = true })
			if !fired {
				continue
			}
			out.Removed++
			if src := a.Src.Netip().String(); len(out.Examples) < examples && !slices.Contains(out.Examples, src) {
				out.Examples = append(out.Examples, src)
			}
		}
		if next == 0 || out.Alerts >= MaxAlerts {
			if next != 0 {
				out.Problem = fmt.Sprintf("Only the newest %d were looked at.", out.Alerts)
			}
			break
		}
		before = next
	}
	if bare > 0 {
		out.Problem = strings.TrimSpace(out.Problem + fmt.Sprintf(" %d of them tell no addresses.", bare))
	}
	return out, nil
}

// quoted writes a condition as a string of HCL.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ", "\t", " ", "${", "$${", "%{", "%%{").Replace(s) + `"`
}

// unknownField returns a field that alerts do not tell and a condition asks for; "" for none.
func unknownField(e ast.Expr) string {
	out := ""
	ast.Walk(e, func(x ast.Expr) bool {
		if f, ok := x.(*ast.FieldExpr); ok && out == "" && !slices.Contains(known, f.Field.Name) {
			out = f.Field.Name
		}
		return true
	})
	return out
}

// frameOf makes a packet with what an alert tells of the one that fired it.
func frameOf(a *alert.Alert) (packet.Frame, bool) {
	if a.Layers&packet.LayerIP == 0 {
		return packet.Frame{}, false
	}
	src, dst := a.Src.Netip().Unmap(), a.Dst.Netip().Unmap()
	segment := transportOf(a)
	var b []byte
	if src.Is4() && dst.Is4() {
		b = make([]byte, 20)
		b[0], b[8], b[9] = 0x45, 64, a.IPProto
		binary.BigEndian.PutUint16(b[2:], uint16(20+len(segment)))
		copy(b[12:], src.AsSlice())
		copy(b[16:], dst.AsSlice())
	} else {
		b = make([]byte, 40)
		b[0], b[6], b[7] = 0x60, a.IPProto, 64
		binary.BigEndian.PutUint16(b[4:], uint16(len(segment)))
		from, to := as16(src), as16(dst)
		copy(b[8:], from[:])
		copy(b[24:], to[:])
	}
	b = append(b, segment...)
	return packet.Frame{Data: b, Time: a.Time, Length: uint32(len(b)), Link: packet.LinkRaw}, true
}

func as16(a netip.Addr) [16]byte { return a.As16() }

// transportOf makes the transport header: a SYN for TCP, as most rules fire on one.
func transportOf(a *alert.Alert) []byte {
	const tcp, udp = 6, 17
	switch {
	case a.Layers&packet.LayerPorts == 0:
		return make([]byte, 8)
	case a.IPProto == tcp:
		b := make([]byte, 20)
		binary.BigEndian.PutUint16(b, a.SrcPort)
		binary.BigEndian.PutUint16(b[2:], a.DstPort)
		b[12], b[13] = 5<<4, packet.FlagSYN
		return b
	case a.IPProto == udp:
		b := make([]byte, 8)
		binary.BigEndian.PutUint16(b, a.SrcPort)
		binary.BigEndian.PutUint16(b[2:], a.DstPort)
		binary.BigEndian.PutUint16(b[4:], 8)
		return b
	}
	return make([]byte, 8)
}
