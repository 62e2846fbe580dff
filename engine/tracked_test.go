package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

const resolvedRules = `
list "seen" {
  type = "ip"
  for  = "10s"
  max  = 3
}
rule "see" {
  silent = true
  where  = "tcp.dstport == 1"
  track "seen" { value = "ip.src" }
}
rule "known" {
  where    = "tcp.dstport == 2 and ip.src in list.seen"
  by       = ["ip.src"]
  cooldown = "0s"
}
rule "unknown" {
  where    = "tcp.dstport == 2 and ip.src not in list.seen"
  by       = ["ip.src"]
  cooldown = "0s"
}`

func TestTrackedList(t *testing.T) {
	for text, want := range map[string][]string{
		"0:2":                                 {"unknown #1 10.0.0.1"},
		"0:1 1:2":                             {"known #2 10.0.0.1"},
		"0:1 9.9:2 10:2":                      {"known #2 10.0.0.1", "unknown #3 10.0.0.1"}, // half open, as windows are
		"0:1 5:1 14:2 15:2":                   {"known #3 10.0.0.1", "unknown #4 10.0.0.1"}, // written again
		"5:1 0:1 14:2 15:2":                   {"known #3 10.0.0.1", "unknown #4 10.0.0.1"}, // a late one takes nothing away
		"20:5 5:1 20:2":                       {"unknown #3 10.0.0.1"},                      // a late one is as old as it says
		"0:1>1 1:2>1 2:3>1 3:4>1":             nil,
		"0:1>1 1:2>1 2:3>1 3:4>1 4:1>2 4:2>2": {"unknown #5 10.0.0.1", "known #6 10.0.0.2"}, // the oldest makes room
		"0:1>1 1:2>1 2:3>1 2.5:1>1 3:4>1 4:1>2 4:2>2": {"known #6 10.0.0.1", "unknown #7 10.0.0.2"},
	} {
		t.Run(text, func(t *testing.T) { expect(t, fire(t, resolvedRules, knocks(text)...), want...) })
	}
}

// Entries of every type, read where they were not written.
func TestTrackedTypes(t *testing.T) {
	dns := func(at float64, name string) seg {
		return seg{at: at, src: "10.0.0.1", dst: "192.0.2.53", sport: 40000, dport: 53, proto: 17, payload: question(name)}
	}
	for _, c := range []struct{ typ, value, read string }{
		{"ip", "ip.src", "ip.dst"},
		{"ip", "network(ip.src, 24)", "network(ip.dst, 24)"},
		{"port", "src.port", "dst.port"},
		{"string", "payload", "payload"},
		{"string", "'x' + string(src.port)", "'x' + string(dst.port)"},
	} {
		rule := fmt.Sprintf(`list "x" {
  type = %q
  for  = "1h"
}
rule "w" {
  silent = true
  where = "udp.dstport == 9"
  track "x" { value = %q }
}
rule "r" {
  where = %q
  cooldown = "0s"
}`, c.typ, c.value, c.read+" in list.x and src.port != 40001")
		w := seg{at: 0, src: "10.0.0.1", dst: "10.0.1.2", sport: 40001, dport: 9, proto: 17, payload: "a"}
		r := seg{at: 1, src: "10.0.2.2", dst: "10.0.0.1", sport: 9, dport: 40001, proto: 17, payload: "a"}
		n := seg{at: 1, src: "10.0.2.2", dst: "10.0.3.3", sport: 9, dport: 40002, proto: 17, payload: "b"}
		expect(t, fire(t, rule, r, w, r, n), "r #3")
	}
	names := `list "x" {
  type = "string"
  for  = "1h"
}
rule "w" {
  silent = true
  where = "dns.qry.name startsWith 'w.'"
  track "x" { value = "registered_domain(dns.qry.name)" }
}
rule "r" {
  where = "dns.qry.name in list.x"
}`
	domains := strings.NewReplacer("\"string\"", "\"domain\"", "registered_domain(dns.qry.name)", "dns.qry.name + '.'").Replace(names)
	expect(t, fire(t, domains, dns(0, "a.W.example.com"), dns(1, "w.Example.com"), dns(2, "a.W.example.com"), dns(20, "example.com"), dns(40, "aw.example.com"), dns(60, "b.a.w.example.com")), "r #3", "r #6")
	expect(t, fire(t, names, dns(0, "example.com"), dns(1, "w.example.com"), dns(2, "example.org"), dns(3, "example.com")), "r #4")
}

// A rule that counts writes when it fires, in its cooldown too, and one in shadow mode as well; what a packet writes it does not
// see itself.
func TestTrackWhenTheRuleFires(t *testing.T) {
	rule := `list "scanners" {
  type = "ip"
  for  = "5s"
}` + strings.Replace(scanRule, "threshold = 3", "threshold = 3\n  mode = \"shadow\"\n  track \"scanners\" { value = \"ip.src\" }", 1) + `
rule "scanner" {
  where    = "ip.src in list.scanners"
  by       = ["dst.port"]
  cooldown = "0s"
}`
	expect(t, fire(t, rule, knocks("0:1 1:2 2:3 3:4 4:5 11:6 16:7")...),
		"scan #3 10.0.0.1 ports=3", "scanner #4 4", "scanner #5 5")
}

// Rules on other events, and sequences, write too.
func TestTrackOfEverything(t *testing.T) {
	const rules = knockRule + `
list "doors" {
  type = "ip"
  for  = "1h"
}
rule "on_alert" {
  silent = true
  on     = "alert"
  where  = "alert.rule == 'knock'"
  track "doors" { value = "ip.dst" }
}
rule "on_login" {
  silent = true
  on     = "honeypot"
  where  = "honeypot.action == 'login'"
  track "doors" { value = "ip.src" }
}
rule "to_door" {
  where    = "ip.dst in list.doors"
  by       = ["dst.port"]
  cooldown = "0s"
}
rule "at_door" {
  on    = "honeypot"
  where = "ip.src in list.doors"
}`
	for workers := range 4 {
		e := New(compile(t, rules, Options{}), Config{Workers: workers})
		got := run(e, frames(knocks("0:1 1:2 2:3 3:7")...))
		got = append(got, post(e, visit(4, "10.0.0.9", "root"), visit(5, "10.0.0.9", "root"))...)
		to := syn(6, "10.0.0.1", 8)
		to.dst = "10.0.0.9"
		expect(t, append(got, run(e, frames(to))...), "knock #3 10.0.0.1", "to_door #4 7", "at_door #0", "to_door #5 8")
	}
	direct := strings.Replace(knockRule, "cooldown    = \"0s\"", "silent = true\n track \"doors\" { value = \"ip.dst\" }", 1) + `
list "doors" {
  type = "ip"
  for  = "1h"
}
rule "to_door" {
  where    = "ip.dst in list.doors"
}`
	expect(t, fire(t, direct, knocks("0:1 1:2 2:3 3:7")...), "to_door #4")
}

// TestTrackedListsAgree holds alerts of rules that read lists in every place where a rule can against those of one worker that
// is given packet by packet: whatever the number of workers and the length of batches, under every switch of the compiler, with
// reloads in the middle and the expr VM.
func TestTrackedListsAgree(t *testing.T) {
	const readers = `
list "ports" {
  type = "port"
  for  = "3s"
}
list "busy" {
  type = "ip"
  for  = "4s"
  max  = 2
}
rule "port" {
  silent = true
  where  = "tcp.dstport in [1, 3] and ip.src not in list.busy"
  track "ports" { value = "tcp.dstport" }
}
rule "busy" {
  silent = true
  where  = "tcp"
  by     = ["ip.src"]
  window "2s" { n = "count()" }
  when   = "n >= 3"
  track "busy" { value = "ip.src" }
}
rule "in_where" {
  where = "dst.port in list.ports or ip.src in list.busy"
  by    = ["ip.src", "ip.src in list.busy"]
  cooldown = "0s"
}
rule "in_count" {
  where = "tcp"
  by    = ["ip.src"]
  window "5s" {
    listed = "count(dst.port in list.ports)"
    busy   = "count(ip.src not in list.busy)"
  }
  when = "listed >= 2 and busy >= 1 and dst.port not in list.ports"
  except "x" { where = "ip.src in list.busy and dst.port == 5" }
  cooldown = "1s"
  notify {
    to      = ["ops"]
    message = "${ip.src} ${ip.src == ip.dst ? 1 : 2}"
  }
}`
	total := 0
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 33))
		segs := randomKnocks(r, 2500)
		plan := compile(t, resolvedRules+readers, Options{})
		one := New(plan, Config{Seed: 1})
		var want []string
		for _, f := range frames(segs...) {
			want = append(want, run(one, []packet.Frame{f})...)
		}
		total += len(want)
		for i, tuning := range []Tuning{{}, {NoSharing: true}, {NoDispatch: true}, inVM} {
			for workers := 1; workers <= 8; workers += 1 + i {
				part, want := segs, want
				if tuning.condition != nil {
					part = segs[:300]
					want = slices.DeleteFunc(slices.Clone(want), func(l string) bool {
						var n int
						fmt.Sscanf(l[strings.Index(l, "#")+1:], "%d", &n)
						return n > 300
					})
				}
				plan := compileTuned(t, resolvedRules+readers, Options{}, tuning)
				more := compileTuned(t, scanRule+readers+resolvedRules, Options{}, tuning)
				e := New(plan, Config{Seed: 1, Workers: workers})
				var got []string
				for rest := frames(part...); len(rest) > 0; {
					n := min(1+r.IntN(900), len(rest))
					got = append(got, run(e, rest[:n])...)
					rest = rest[n:]
					if r.IntN(2) == 0 && tuning.condition == nil {
						e.Swap(more)
						if report := e.Swap(plan); !slices.Equal(report.KeptLists, []string{"busy", "ports", "seen"}) || len(report.EmptyLists) > 0 {
							t.Fatalf("report %+v", report)
						}
					}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d, switches %d, %d workers: %s", seed, i, workers, cmp.Diff(want, got))
				}
			}
		}
	}
	if total < 400 {
		t.Errorf("%d alerts show little", total)
	}
}

// A list of another type begins empty; one with other bounds goes on under them.
func TestTrackedListReloads(t *testing.T) {
	e := New(compile(t, resolvedRules, Options{}), Config{Seed: 1})
	run(e, frames(knocks("0:1>1 0:2>1 0:3>1")...))
	shorter := strings.NewReplacer("\"10s\"", "\"5s\"", "max  = 3", "max  = 1").Replace(resolvedRules)
	if report := e.Swap(compile(t, shorter, Options{})); !slices.Equal(report.KeptLists, []string{"seen"}) {
		t.Errorf("report %+v", report)
	}
	expect(t, run(e, frames(knocks("1:1>2 1:4>1 2:1>2 2:4>2 6:4>2")...)), "known #4 10.0.0.1", "unknown #6 10.0.0.1", "known #7 10.0.0.4", "unknown #8 10.0.0.4")
	other := strings.NewReplacer("type = \"ip\"", "type = \"port\"", "ip.src\" }", "src.port\" }", "ip.src in", "src.port in", "ip.src not", "src.port not").Replace(resolvedRules)
	if report := e.Swap(compile(t, other, Options{})); !slices.Equal(report.EmptyLists, []string{"seen"}) {
		t.Errorf("report %+v", report)
	}
	if e.Stats().Keys != 0 {
		t.Errorf("%d keys", e.Stats().Keys)
	}
}

// A list of the user's with the name of a shipped one is another: neither reads what the other holds.
func TestTrackedListsOfOneName(t *testing.T) {
	set := func(by string) string {
		return strings.NewReplacer("rule \"see\"", "rule \"see_"+by+"\"", "rule \"known\"", "rule \"known_"+by+"\"", "rule \"unknown\"", "rule \"unknown_"+by+"\"").Replace(resolvedRules)
	}
	shipped := strings.Replace(set("us"), "tcp.dstport == 1", "tcp.dstport == 3", 1)
	rs, diags := rules.Load(rules.Options{Stdlib: fstest.MapFS{"us.hcl": {Data: []byte(shipped)}}, Sources: map[string][]byte{"you.hcl": []byte(set("you"))}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	plan, diags := Compile(rs, Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	e := New(plan, Config{Seed: 1})
	expect(t, run(e, frames(knocks("0:1 1:2")...)), "known_you #2 10.0.0.1", "unknown_us #2 10.0.0.1")
	again := New(plan, Config{Seed: 2})
	if errs := again.Restore(e.Save(0).Sections(), 2*second); len(errs) > 0 {
		t.Fatal(errs)
	}
	expect(t, run(again, frames(knocks("2:2 3:3 4:2")...)), "known_you #1 10.0.0.1", "unknown_us #1 10.0.0.1", "known_us #3 10.0.0.1", "known_you #3 10.0.0.1")
	if report := again.Swap(plan); len(report.EmptyLists) > 0 || len(report.KeptLists) != 2 {
		t.Errorf("report %+v", report)
	}
}

// What conversations and logins write is seen by the next packet, in batches of any size and with any number of workers.
func TestTrackOfConversations(t *testing.T) {
	const rule = `
list "refused" {
  type = "ip"
  for  = "3s"
}
rule "refused" {
  silent = true
  on     = "connection"
  where  = "conn.state in ['refused', 'unanswered']"
  track "refused" { value = "ip.src" }
}
rule "again" {
  where    = "tcp.flags.syn and ip.src in list.refused"
  by       = ["ip.src"]
  cooldown = "0s"
}`
	r := rand.New(rand.NewPCG(5, 35))
	segs := randomKnocks(r, 2000)
	for i := range segs {
		segs[i].sport = uint16(40000 + i%50)
		if i > 0 && r.IntN(3) == 0 {
			was := segs[i-1]
			segs[i].src, segs[i].dst, segs[i].sport, segs[i].dport, segs[i].flags = was.dst, was.src, was.dport, was.sport, packet.FlagRST|packet.FlagACK
		}
	}
	plan := compile(t, rule, Options{})
	one := New(plan, Config{Seed: 1})
	var want []string
	for _, f := range frames(segs...) {
		want = append(want, run(one, []packet.Frame{f})...)
	}
	if len(want) < 100 || plan.Describe().Order != OrderTurns {
		t.Fatalf("%d alerts show little, in the order %s", len(want), plan.Describe().Order)
	}
	for workers := 1; workers <= 4; workers++ {
		e := New(plan, Config{Seed: 1, Workers: workers})
		var got []string
		for rest := frames(segs...); len(rest) > 0; {
			n := min(1+r.IntN(700), len(rest))
			got = append(got, run(e, rest[:n])...)
			rest = rest[n:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d workers: %s", workers, cmp.Diff(want, got))
		}
	}
}
