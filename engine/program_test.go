package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/packet"
)

// TestLeavesAreInstructions: whatever is made of leaves is a run of instructions, in filters and in what an aggregate counts;
// a small set of networks too, however many rules ask for it.
func TestLeavesAreInstructions(t *testing.T) {
	p := compile(t, `
rule "a" {
  description = "d"
  severity    = "low"
  where       = "tcp and not (tcp.dstport == 80 and (tcp.len > 10 or not (ip.src in ['10.0.0.0/8', '192.0.2.0/24'])))"
  by          = ["ip.src"]
  window "10s" { n = "count(tcp.len < 5 and not (tcp.flags.reset or tcp.srcport == 22 and ip.ttl > 3))" }
  when        = "n > 3"
  cooldown    = "0s"
}
rule "b" {
  description = "d"
  severity    = "low"
  where       = "tcp and ip.src in ['10.0.0.0/8', '192.0.2.0/24'] and payload[3] == 1"
}
`, Options{})
	for _, in := range p.table[saidNone][packet.ClassTCP+packet.FlagACK].code {
		if in.op == opTest {
			t.Errorf("%s is left to a predicate", p.show(int32(in.lo)))
		}
	}
	c := &p.preds[p.rules[0].group.cells[0].cond]
	if len(c.code) < 4 {
		t.Errorf("what is counted is %d instructions", len(c.code))
	}
	for _, in := range c.code {
		if in.op == opTest {
			t.Errorf("of what is counted %s is left to a predicate", p.show(int32(in.lo)))
		}
	}
	// Its outcome is that of the predicates, for everything that the tests can tell apart.
	plain := compileTuned(t, fmt.Sprintf(`
rule "a" {
  description = "d"
  severity    = "low"
  where       = %q
  cooldown    = "0s"
}
`, "tcp and tcp.len < 5 and not (tcp.flags.reset or tcp.srcport == 22 and ip.ttl > 3)"), Options{}, Tuning{NoDispatch: true})
	held := 0
	for i := range 16 {
		s := seg{src: "10.0.0.1", dst: "10.0.0.2", sport: uint16(21 + i&1), dport: 1, flags: uint8(16 | i&2<<1), payload: "01234567"[:4*(i>>2&1)+i>>3]}
		fs := frames(s)
		want := len(run(New(plain, Config{}), fs)) > 0
		w := &worker{scope: scope{preds: p.preds}}
		var q packet.Packet
		w.decoder.Decode(&q, &fs[0])
		w.begin(&q)
		if got := w.test(p.rules[0].group.cells[0].cond); got != want {
			t.Errorf("%+v: %t, want %t", s, got, want)
		}
		if want {
			held++
		}
	}
	if held == 0 || held == 16 {
		t.Errorf("it held %d times of 16", held)
	}
}

// TestShortPayloadsLeave: packets that have fewer bytes of a payload than any of some entries needs are done with at one test, and the
// others come to the same as without.
func TestShortPayloadsLeave(t *testing.T) {
	src := ""
	for name, where := range map[string]string{
		"any": "tcp.window_size_value < 100", "empty": "tcp.len == 0 and tcp.srcport == 7", "get": "payload startsWith 'GET '", "ninth": "payload[8] in 65..90",
		"word": "payload[2:4] == 'ab' and tcp.dstport > 1", "either": "payload[3] == 120 or payload startsWith 'TRACE '", "not": "not (payload startsWith 'GET ')",
	} {
		src += fmt.Sprintf("rule %q {\n  description = \"d\"\n  severity = \"low\"\n  where = %q\n  cooldown = \"0s\"\n}\n", name, "tcp and "+where)
	}
	var segs []seg
	for i, payload := range []string{"", "G", "GET ", "GET / HTTP/1.1", "xxab", "xxabxxxxQ", "abcx", "TRACE / ", "12345678Z"} {
		for _, sport := range []uint16{7, 8} {
			segs = append(segs, seg{at: float64(i), src: "10.0.0.1", dst: "10.0.0.2", sport: sport, dport: 80, flags: 16, payload: payload})
		}
	}
	fs := frames(segs...)
	p := compile(t, src, Options{})
	leaves := 0
	for _, in := range p.table[saidNone][packet.ClassTCP+packet.FlagACK].code {
		if in.op == opPayload && in.lo == 4 && in.fail > 4 {
			leaves++
		}
	}
	if leaves != 1 {
		t.Errorf("%d tests of the length of payloads", leaves)
	}
	got, want := run(New(p, Config{}), fs), run(New(compileTuned(t, src, Options{}, Tuning{NoDispatch: true, NoIndex: true}), Config{}), fs)
	if len(want) < 20 {
		t.Errorf("only %d alerts", len(want))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestRareFactsLeave: packets that have none of the facts that some entries need are done with at one test, and the others come to the
// same as without; so do those whose payload begins otherwise than what some entries look for.
func TestRareFactsLeave(t *testing.T) {
	src := ""
	for name, where := range map[string]string{
		"any": "tcp.window_size_value < 100", "shut": "tcp.window_size_value == 0 and tcp.dstport in [80, 443] and tcp.len == 0", "land": "tcp and ip.src == ip.dst and tcp.dstport == tcp.srcport", "tunnel": "tcp and tunnel and outer.ip.src in ['10.0.0.0/8']",
		"fragment": "tcp and (ip.flags.mf and ip.len <= 67 or ip.fragment.overlap)", "late": "ip.frag_offset >= 3", "dns": "tcp and dns.flags.response",
		"answer": "payload[0] == 72 and payload[1] == 84 and payload[8] == 32", "refused": "payload startsWith 'HTTP/1.1 401' or payload startsWith 'HTTP/1.0 401'",
	} {
		src += fmt.Sprintf("rule %q {\n  description = \"d\"\n  severity = \"low\"\n  where = %q\n  cooldown = \"0s\"\n}\n", name, where)
	}
	p := compile(t, src, Options{})
	var gates []op
	for _, in := range p.table[saidNone][packet.ClassTCP+packet.FlagACK].code {
		if in.fail > 5 {
			gates = append(gates, in.op)
		}
	}
	if d := cmp.Diff([]op{opRare, opWord}, gates); d != "" {
		t.Error(d)
	}
	var segs []seg
	for i, payload := range []string{"", "HT", "HTTP/1.1 401", "HTTP/1.0 401 x", "HTTP/1.1 200", "GET / HTTP"} {
		for _, dst := range []string{"10.0.0.1", "10.0.0.2"} {
			segs = append(segs, seg{at: float64(i), src: "10.0.0.1", dst: dst, sport: 80, dport: 80, flags: 16, payload: payload})
		}
	}
	fs := frames(segs...)
	for _, f := range frames(segs[:6]...) { // and as the first and the last fragment
		first, last := bytes.Clone(f.Data), bytes.Clone(f.Data)
		first[6], last[7] = 0x20, 4
		fs = append(fs, packet.Frame{Time: f.Time, Data: first, Length: f.Length, Link: f.Link}, packet.Frame{Time: f.Time, Data: last, Length: f.Length, Link: f.Link})
	}
	got, want := run(New(p, Config{Checksums: ChecksumsOff}), fs), run(New(compileTuned(t, src, Options{}, Tuning{NoDispatch: true, NoIndex: true}), Config{Checksums: ChecksumsOff}), fs)
	fired := map[string]bool{}
	for _, a := range want {
		fired[strings.Fields(a)[0]] = true
	}
	for _, name := range []string{"shut", "land", "fragment", "late", "answer", "refused"} {
		if !fired[name] {
			t.Errorf("%s did not fire", name)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
