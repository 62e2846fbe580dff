package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// TestCapturesAgree holds plans of random rules against themselves as TestPlansAgree does, on captures: those of the repository,
// and of the directories in CAPTURES. Rules are about what is there: their values are drawn from the captures.
func TestCapturesAgree(t *testing.T) {
	dirs := append(filepath.SplitList(os.Getenv("CAPTURES")), filepath.FromSlash("../testdata/pcap"))
	seeds, beginning := uint64(3), 12 // of the expr VM, packets of each capture
	if testing.Short() {
		seeds, beginning = 1, 6
	}
	var traffic [][]packet.Frame
	seen := seenValues{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
			if ext := filepath.Ext(strings.TrimSuffix(name, ".gz")); err != nil || e.IsDir() || ext != ".pcap" && ext != ".pcapng" {
				return err
			}
			if fs := framesOf(name); len(fs) > 0 {
				traffic = append(traffic, fs)
				seen.collect(fs[:min(len(fs), 500)])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	fired := map[string]bool{} // fields that rules are about which fired
	for seed := range seeds {
		g := seenGrammar{grammar{rand.New(rand.NewPCG(seed, 17)), false}, seen}
		src, about := g.set(t, seed)
		rs := load(t, src)
		type variant struct {
			name   string
			tuning Tuning
			cfg    Config
		}
		variants := []variant{{"default", Tuning{}, Config{Seed: 1}}, {"no sharing", Tuning{NoSharing: true}, Config{}}, {"no dispatch", Tuning{NoDispatch: true}, Config{}},
			{"no index", Tuning{NoIndex: true}, Config{}}, {"no dispatch, no index, 2 workers", Tuning{NoDispatch: true, NoIndex: true}, Config{Workers: 2}}, {"3 workers", Tuning{}, Config{Workers: 3}}, {"vm", inVM, Config{}}}
		plans := make([]*Plan, len(variants))
		for i, v := range variants {
			p, diags := CompileTuned(rs, Options{}, v.tuning)
			if diags.HasErrors() {
				t.Fatalf("seed %d, %s: %v", seed, v.name, diags)
			}
			plans[i] = p
		}
		for _, fs := range traffic {
			want := runGraded(New(plans[0], variants[0].cfg), fs)
			for _, a := range want {
				for _, f := range about[strings.Fields(a)[0]] {
					fired[f] = true
				}
			}
			for i, v := range variants[1:] {
				fs, want := fs, want
				if v.tuning.condition != nil { // a thousand times slower
					fs = fs[:min(len(fs), beginning)]
					want = runGraded(New(plans[0], variants[0].cfg), fs)
				}
				if got := runGraded(New(plans[i+1], v.cfg), fs); !slices.Equal(got, want) {
					t.Fatalf("seed %d, %s: %s\n%s", seed, v.name, apart(got, want), src)
				}
			}
		}
	}
	for _, f := range []string{"http.request.uri", "http.response.code", "ssh.protocol", "dhcp.type", "tunnel.type", "outer.ip.src", "icmp.ident", "dns.qry.name", "dns.resp.ttl"} {
		if len(seen[f]) == 0 {
			t.Errorf("no capture has %s", f)
		} else if !testing.Short() && !fired[f] {
			t.Errorf("no rule on %s fired, so this test shows nothing of it", f)
		}
	}
}

// apart tells where two lists of alerts part.
func apart(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("alert %d:\n  got  %s\n  want %s", i, got[i], want[i])
		}
	}
	if len(got) > len(want) {
		return "one more: " + got[len(want)]
	}
	return "one less: " + want[len(got)]
}

// framesOf returns the packets of a capture up to the first fault.
func framesOf(name string) (fs []packet.Frame) {
	r, err := capture.Open(name)
	if err != nil {
		return nil // no capture at all
	}
	defer r.Close()
	for b := new(capture.Batch); r.Read(b) == nil; {
		for _, f := range b.Frames {
			f.Data = slices.Clone(f.Data)
			fs = append(fs, f)
		}
	}
	return fs
}

// seenValues are values of fields, as conditions write them.
type seenValues map[string][]string

// collect adds the values of some packets, of each field a few.
func (s seenValues) collect(fs []packet.Frame) {
	d := packet.Decoder{NeedDNS: true, Need: packet.AllNeeds, Single: true}
	var p packet.Packet
	for i := range fs {
		p.Number++
		d.Decode(&p, &fs[i])
		for k := range packet.Fields() {
			f := &packet.Fields()[k]
			if !f.On(packet.EventPacket) || !p.Has(f.Layer) || !saidOrCarried(f.Name) || len(s[f.Name]) >= 200 {
				continue
			}
			v := ""
			switch {
			case f.Many():
				var c packet.Cursor
				if c.Begin(f, &p); !c.Next() {
					continue
				}
				switch f.Kind {
				case packet.KindIP:
					v = c.Addr.String()
				case packet.KindInt:
					v = fmt.Sprint(c.Int)
				default:
					v = string(c.Bytes)
				}
			case f.Kind == packet.KindIP:
				v = f.Addr(&p).String()
			case f.Kind == packet.KindMAC:
				v = packet.MAC(f.Int(&p)).String()
			case f.Kind == packet.KindInt, f.Kind == packet.KindBool:
				v = fmt.Sprint(f.Int(&p))
			case f.Kind == packet.KindString:
				v = string(f.Bytes(&p))
			default:
				continue
			}
			if f.Kind == packet.KindString {
				v = strings.Map(func(r rune) rune {
					if r < ' ' || r > '~' || strings.ContainsRune("'\\`$%\"", r) {
						return -1
					}
					return r
				}, v)
			}
			if v != "" && !slices.Contains(s[f.Name], v) {
				s[f.Name] = append(s[f.Name], v)
			}
		}
	}
}

// saidOrCarried reports whether a field is of an application, of a tunnel, or an identifier of ICMP.
func saidOrCarried(name string) bool {
	layer, _, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"http", "tls", "ssh", "dns", "dhcp", "tunnel", "outer", "icmp", "icmpv6", "vlan"}, layer)
}

// A seenGrammar makes rules with values that were seen.
type seenGrammar struct {
	grammar
	seen seenValues
}

// part is a part of a word, of characters that mean themselves in a regular expression.
func (g seenGrammar) part(s string) string {
	ws := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(".*+?()[]{}|^", r) })
	if len(ws) == 0 {
		return "a"
	}
	w := ws[g.IntN(len(ws))]
	from := g.IntN(len(w))
	return w[from:min(len(w), from+1+g.IntN(8))]
}

// leaf is a condition on a field.
func (g seenGrammar) leaf(f *packet.Field) string {
	n := f.Name
	v := func() string { return g.one(g.seen[n]...) }
	switch f.Kind {
	case packet.KindBool:
		return g.one(n, "not "+n)
	case packet.KindInt:
		return g.one(fmt.Sprintf("%s %s %s", n, g.one("==", "!=", "<", ">=", "<=", ">"), v()), fmt.Sprintf("%s in [%s, %s]", n, v(), v()), fmt.Sprintf("%s + 1 > %s", n, v()), fmt.Sprintf("not (%s == %s)", n, v()))
	case packet.KindMAC:
		return fmt.Sprintf("%s %s '%s'", n, g.one("==", "!="), v())
	case packet.KindIP:
		return g.one(fmt.Sprintf("%s %s '%s'", n, g.one("==", "!="), v()), fmt.Sprintf("%s in ['%s', '%s']", n, v(), v()), "is_private("+n+")", fmt.Sprintf("network(%s, 20) == network(ip.dst, 20)", n), fmt.Sprintf("%s != ip.src", n))
	}
	if len(f.Enum) > 0 {
		return g.one(fmt.Sprintf("%s %s '%s'", n, g.one("==", "!="), v()), fmt.Sprintf("%s in ['%s', '%s']", n, v(), v()))
	}
	switch g.IntN(9) {
	case 0:
		return fmt.Sprintf("%s %s '%s'", n, g.one("==", "!="), v())
	case 1:
		return fmt.Sprintf("%s %s '%s'", n, g.one("contains", "startsWith", "endsWith"), g.part(v()))
	case 2:
		return fmt.Sprintf("%s %s ['%s', '%s', '%s']", n, g.one("contains", "startsWith", "endsWith"), g.part(v()), g.part(v()), v())
	case 3:
		return fmt.Sprintf("%s matches ['(?i)%s', '%s$', '^%s']", n, strings.ToUpper(g.part(v())), g.part(v()), g.part(v()))
	case 4:
		return fmt.Sprintf("%s matches '%s%s.?%s'", n, g.one("", "(?i)", "^"), g.part(v()), g.part(v()))
	case 5:
		return fmt.Sprintf("lower(%s) contains '%s'", n, strings.ToLower(g.part(v())))
	case 6:
		return fmt.Sprintf("%s in ['%s', '%s', 'x']", n, v(), v())
	case 7:
		return fmt.Sprintf("len(%s) %s %d", n, g.one(">", "<"), len(v()))
	}
	return fmt.Sprintf("%s in list.%s", n, g.one("told", "names"))
}

// set is rules on every field that was seen, and which fields each is about.
func (g seenGrammar) set(t *testing.T, seed uint64) (src string, about map[string][]string) {
	t.Helper()
	lists := fmt.Sprintf("list \"told\" {\n  type = \"string\"\n  for = \"%s\"\n}\nlist \"names\" {\n  type = \"domain\"\n  values = [\"example.com\", \"%s\"]\n}\n", g.one("2s", "1h"), g.part("test"))
	about = map[string][]string{}
	var b strings.Builder
	b.WriteString(lists)
	i := 0
	for k := range packet.Fields() {
		f := &packet.Fields()[k]
		if len(g.seen[f.Name]) == 0 {
			continue
		}
		for range 3 {
			other := &packet.Fields()[g.IntN(len(packet.Fields()))]
			for len(g.seen[other.Name]) == 0 {
				other = &packet.Fields()[g.IntN(len(packet.Fields()))]
			}
			name := fmt.Sprintf("r%03d", i)
			i++
			r := g.seenRule(name, f, other)
			if _, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(lists + r)}}); diags.HasErrors() {
				for _, d := range diags {
					if c := diag.CodeOf(d); c != "never-true" && c != "always-true" {
						t.Fatalf("seed %d: %v\n%s", seed, d, r)
					}
				}
				continue
			}
			b.WriteString(r)
			about[name] = []string{f.Name}
		}
	}
	return b.String(), about
}

// seenRule is a rule on a field, and perhaps on another and on conversations.
func (g seenGrammar) seenRule(name string, f, other *packet.Field) string {
	where := g.leaf(f)
	switch g.IntN(6) {
	case 0:
		where = fmt.Sprintf("(%s) or (%s)", where, g.leaf(other))
	case 1:
		where = fmt.Sprintf("(%s) and not (%s)", where, g.leaf(other))
	case 2:
		where = fmt.Sprintf("(%s) and (%s)", where, g.connLeaf(packet.EventPacket))
	case 3:
		where = fmt.Sprintf("(%s) and (%s)", where, g.one("ip.ttl > 1", "dst.port > 1000", "is_private(ip.src)", "frame.len > 90"))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "rule %q {\n  description = \"d\"\n  severity = \"low\"\n  cooldown = %q\n", name, g.one("0s", "0s", "3s"))
	if g.IntN(8) == 0 {
		fmt.Fprintf(&b, "  sequence %q {\n    step \"a\" {\n      where = %q\n      by = [\"ip.src\"]\n    }\n    %s \"b\" {\n      where = %q\n      by = [%q]\n    }\n  }\n}\n", g.one("1s", "60s"), where, g.one("step", "absent"), g.leaf(other), g.one("ip.src", "ip.dst"))
		return b.String()
	}
	fmt.Fprintf(&b, "  where = %q\n  by = %s\n", where, g.one("[]", `["ip.src"]`, `["ip.dst", "dst.port"]`, fmt.Sprintf("[%q]", f.Name)))
	if f.Kind == packet.KindString && len(f.Enum) == 0 && g.IntN(4) == 0 {
		fmt.Fprintf(&b, "  track \"told\" { value = %q }\n", f.Name)
	}
	switch g.IntN(4) {
	case 0:
		fmt.Fprintf(&b, "  window %q {\n    a = %q\n    b = %q\n  }\n  when = %q\n", g.one("1s", "10s"), g.one(fmt.Sprintf("distinct(%s)", f.Name), fmt.Sprintf("distinct([ip.dst, %s])", f.Name), fmt.Sprintf("changes(%s)", f.Name)),
			g.one("count()", "count("+g.leaf(other)+")", "max(gap())", "sum(ip.len)"), g.one("a >= 2", "a > 1 or b > 2", "b >= a"))
	case 1:
		fmt.Fprintf(&b, "  memory %q { fresh = %q }\n  when = \"fresh\"\n", g.one("1s", "1h"), g.one(fmt.Sprintf("first(%s)", f.Name), fmt.Sprintf("first([ip.src, %s])", f.Name), fmt.Sprintf("first(%s, %s)", f.Name, g.leaf(other))))
	}
	b.WriteString("}\n")
	return b.String()
}
