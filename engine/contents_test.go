package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/domain"
)

// words makes texts that have much in common, so that conditions on them hold often, and nearly hold often.
func (g grammar) words(most int) string {
	var b strings.Builder
	for range 1 + g.IntN(most) {
		b.WriteString(g.one("evil", "Evil", ".", "ab", "GET ", "/x", "example", "ſ", "K", "k", "i", "İ", "\x90\x90", "\xff", "é", "\n", "q"))
	}
	return b.String()
}

// quoted writes a text for a condition on bytes.
func quoted(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			fmt.Fprintf(&b, "\\x%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// TestContents holds rules that are found by literals against the same rules tried one by one, and against the expr VM.
func TestContents(t *testing.T) {
	for seed := range uint64(6) {
		g := grammar{Rand: rand.New(rand.NewPCG(seed, 11))}
		text := func(most int) string { return quoted(g.words(most)) }
		name := func() string {
			return g.one("evil", "a.evil", "evil.example", ".evil.example", "kelvin.example", ".Evil.example", "example", "s.i.k")
		}
		leaf := func() string {
			switch g.IntN(14) {
			case 12:
				return fmt.Sprintf("%s matches ['%s', '%s']", g.one("payload", "dns.qry.name"), g.one("(?i)evil", "evil", "xam+ple"), g.one("(?i)exa", "[.]ab", "a?b+$", "^Evil"))
			case 13:
				return fmt.Sprintf("%s %s ['%s', '%s', 'kelvin']", g.one("payload", "dns.qry.name", "lower(dns.qry.name)"), g.one("contains", "startsWith", "endsWith"), g.one("evil", "ev", "q"), g.one("example", ".a", "ab"))
			case 0, 1:
				return fmt.Sprintf("payload %s '%s'", g.one("contains", "startsWith", "endsWith", "=="), text(3))
			case 2:
				return fmt.Sprintf("%s(payload) %s '%s'", g.one("lower", "upper"), g.one("contains", "startsWith", "endsWith"), g.one("evil", "EVIL", "sk", "SK", "i", "I", "get /"))
			case 3:
				return fmt.Sprintf("payload matches `%s`", g.one("(?i)evil", "(?i)k", "(?i)[is]k?q", "evil|GET|ab", "^GET /x+", "ab.?$", "\\x90+", "[^a]evil", "(evil)+", "(a?b|c)ex", "q*", "evil$", "^(evil|ab)$", "\\x{e9}", "x.GET"))
			case 4, 5:
				return fmt.Sprintf("dns.qry.name %s '%s'", g.one("contains", "startsWith", "endsWith", "=="), name())
			case 6:
				return fmt.Sprintf("%s endsWith '%s'", g.one("lower(dns.qry.name)", "lower(registered_domain(dns.qry.name))"), strings.ToLower(name()))
			case 7:
				return fmt.Sprintf("dns.qry.name matches `%s`", g.one("(?i)evil", "(?i)K", "^(a|b)[.]", "(^|[.])evil[.]example$", "e(v|x)", "(?i)^s[.]i"))
			case 8:
				return fmt.Sprintf("dns.qry.name in ['%s', '%s']", name(), name())
			case 9:
				return fmt.Sprintf("payload[%d:%d] == '%s'", g.IntN(2), 2+g.IntN(4), text(1))
			case 10:
				return fmt.Sprintf("registered_domain(dns.qry.name) == '%s'", g.one("evil.example", "example"))
			}
			return fmt.Sprintf("payload[%d:] %s '%s'", g.IntN(3), g.one("startsWith", "endsWith", "contains"), text(2))
		}
		var src strings.Builder
		n := 0
		for i := range 160 {
			where := leaf()
			for range g.IntN(3) {
				where = fmt.Sprintf("(%s) %s %s", where, g.one("and", "or", "and not"), g.one("("+leaf()+")", "(dst.port == 53)", "(len(payload) > 9)"))
			}
			r := fmt.Sprintf("rule \"r%03d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = <<-E\n    %s\n  E\n  cooldown = \"0s\"\n}\n", i, where)
			if _, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(r)}}); diags.HasErrors() {
				if !strings.Contains(diags.Error(), "never") {
					t.Fatalf("%s\n%v", r, diags)
				}
				continue // it contradicts itself
			}
			src.WriteString(r)
			n++
		}
		if n < 120 {
			t.Fatalf("seed %d: only %d rules", seed, n)
		}
		var segs []seg
		for i := range 1200 {
			s := seg{at: float64(i), src: "10.0.0.1", dst: "10.0.0.2", sport: 1000, dport: 80, flags: 16, payload: g.words(6)}
			if g.IntN(2) == 0 {
				s.proto, s.dport, s.payload = 17, 53, question(strings.Trim(g.one("", "a.", "x.evil.", "K.", "ſ.İ.")+name(), "."))
			}
			segs = append(segs, s)
		}
		fs := frames(segs...)
		rs := load(t, src.String())
		p, _ := Compile(rs, Options{})
		if p.visited < 60 {
			t.Fatalf("seed %d: the plan finds %d branches by literals, so this test shows little", seed, p.visited)
		}
		want := run(New(p, Config{}), fs)
		if len(want) < 2000 {
			t.Fatalf("seed %d: only %d alerts", seed, len(want))
		}
		for _, o := range []struct {
			name    string
			tuning  Tuning
			packets int
		}{{"no index", Tuning{NoIndex: true}, len(fs)}, {"no dispatch", Tuning{NoDispatch: true}, len(fs)}, {"neither", Tuning{NoDispatch: true, NoIndex: true}, len(fs)}, {"vm", inVM, 60}} {
			q, _ := CompileTuned(rs, Options{}, o.tuning)
			got, want := run(New(q, Config{}), fs[:o.packets]), want
			if o.packets < len(fs) {
				want = run(New(p, Config{}), fs[:o.packets])
			}
			for i := range max(len(got), len(want)) {
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					at := got[min(i, len(got)-1)] + " or " + want[min(i, len(want)-1)]
					for _, body := range strings.SplitAfter(src.String(), "\n}\n") {
						if name, _, _ := strings.Cut(strings.TrimPrefix(body, "rule \""), "\""); name != "" && strings.Contains(at, name+" ") {
							at += "\n" + body
						}
					}
					t.Fatalf("seed %d, %s: alert %d: got %s", seed, o.name, i, at)
				}
			}
		}
	}
}

// TestFoldAlike: no character but those that FoldAlike knows has a letter of ASCII as its other case.
func TestFoldAlike(t *testing.T) {
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		alike := domain.FoldAlike([]byte(string(r)), nil)
		for _, other := range []rune{unicode.ToLower(r), unicode.ToUpper(r), unicode.SimpleFold(r), unicode.SimpleFold(unicode.SimpleFold(r))} {
			if other < utf8.RuneSelf && !bytes.EqualFold(alike, []byte(string(other))) {
				t.Errorf("%U has the other case %q, and FoldAlike makes %q of it", r, other, alike)
			}
		}
	}
}

// TestSearchAllocatesNothing: neither does what is found, nor what folds.
func TestSearchAllocatesNothing(t *testing.T) {
	var src strings.Builder
	for i := range 40 {
		fmt.Fprintf(&src, "rule \"r%d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"lower(payload) contains 'evil%d' and frame.len < 5\"\n}\n", i, i)
	}
	e := New(compile(t, src.String(), Options{}), Config{})
	fs := frames(seg{src: "10.0.0.1", dst: "10.0.0.2", flags: 16, payload: "Kelvin Evil7 eviL39 evil1"})
	e.Process(fs, nil)
	if n := testing.AllocsPerRun(50, func() { e.Process(fs, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestPayloadIsBytes: what is compared with payload means bytes, and a dot is any of them.
func TestPayloadIsBytes(t *testing.T) {
	for _, c := range []struct {
		cond, payload string
		want          bool
	}{
		{`payload contains '\x90\x90'`, "a\x90\x90b", true},
		{`payload contains '\x90\x90'`, "a\u0090\u0090b", false},
		{`payload contains 'a' + '\x90'`, "a\x90", true},
		{`payload == '\xff\x00'`, "\xff\x00", true},
		{`payload in ['\xfe', '\xff']`, "\xff", true},
		{`payload[1:3] == '\x80\x81'`, "a\x80\x81", true},
		{`payload startsWith '\377'`, "\xff", true},
		{`payload endsWith 'é'`, "caf\xc3\xa9", true},
		{`payload endsWith '\xe9'`, "caf\xc3\xa9", false},
		{`payload endsWith '\u00e9'`, "caf\xc3\xa9", true},
		{`payload contains b'\x90'`, "\x90", true},
		{"payload contains `\\x90`", "\x90", false}, // in back quotes nothing is escaped
		{"payload contains `\\x90`", `\x90`, true},
		{`payload matches '\x90\x90'`, "\x90\x90", true},
		{"payload matches `\\x90{2}`", "\x90\x90", true},
		{"payload matches `\\x{90}`", "\u0090", true}, // its second byte
		{"payload matches `^\\xc2\\x90$`", "\u0090", true},
		{"payload matches `^[\\x80-\\xff]+$`", "\x80\xc3\xff", true},
		{"payload matches `^[^a]$`", "\xff", true},
		{"payload matches `^a.b$`", "a\nb", true},
		{"payload matches `^a.b$`", "a\xe9b", true},
		{"payload matches `^a.b$`", "a\u00e9b", false}, // two bytes
		{"payload matches `^caf\u00e9$`", "caf\xc3\xa9", true},
		{"payload matches `(?i)^CAF\u00e9$`", "caf\xc3\xa9", true},
		{"payload matches `(?i)^caf\u00e9$`", "caf\xc3\x89", false}, // letters of ASCII have two cases
		{"payload matches `\\x{20ac}`", "5 \u20ac", true},
		{"payload matches `(?i)k`", "\u212a", false},
		{`lower(payload) contains '\x90ab'`, "\x90AB", true},
		{`lower(payload) contains 'k'`, "\u212a", false}, // nor here
		{`lower(payload) contains '\u212a'`, "\u212a", true},
		{`upper(payload[1:]) == '\u0131S'`, "x\u0131s", true},
		{`dns.qry.name contains '\xe9'`, question("caf\u00e9.example"), true}, // a name is text
	} {
		p := compile(t, "rule \"r\" {\n  description = \"d\"\n  severity = \"low\"\n  where = <<-E\n    "+c.cond+"\n  E\n}\n", Options{})
		s := seg{src: "10.0.0.1", dst: "10.0.0.2", flags: 16, dport: 80, payload: c.payload}
		if strings.HasPrefix(c.cond, "dns") {
			s.proto, s.dport = 17, 53
		}
		if got := len(run(New(p, Config{}), frames(s))) > 0; got != c.want {
			t.Errorf("%s with %q: %v", c.cond, c.payload, got)
		}
	}
	_, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte("rule \"r\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"payload matches `[\\\\x{400}-\\\\x{4ff}]`\"\n}\n")}})
	if !strings.Contains(diags.Error(), "has no byte") {
		t.Errorf("a class without a byte: %v", diags)
	}
}
