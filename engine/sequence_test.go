package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

const knockRule = `
rule "knock" {
  description = "d"
  severity    = "high"
  cooldown    = "0s"
  sequence "10s" {
    step "first" {
      where = "tcp.dstport == 1"
      by    = ["ip.src"]
    }
    step "second" {
      where = "tcp.dstport == 2"
      by    = ["ip.src"]
    }
    step "third" {
      where = "tcp.dstport == 3"
      by    = ["ip.src"]
    }
    unless "peace" {
      where = "tcp.dstport == 9"
      by    = ["ip.src"]
    }
  }
}`

// knocks makes SYNs of 10.0.0.1: "0:1 1:2" is port 1 at 0 s and port 2 at 1 s; a host may stand before, as in "0:7>1".
func knocks(text string) (out []seg) {
	for _, k := range strings.Fields(text) {
		var at float64
		host, port := 1, uint16(0)
		if strings.Contains(k, ">") {
			fmt.Sscanf(k, "%f:%d>%d", &at, &host, &port)
		} else {
			fmt.Sscanf(k, "%f:%d", &at, &port)
		}
		out = append(out, syn(at, fmt.Sprintf("10.0.0.%d", host), port))
	}
	return out
}

func TestSequence(t *testing.T) {
	for text, want := range map[string][]string{
		"0:1 1:2 2:3":                   {"knock #3 10.0.0.1"},
		"0:1 1:3 2:2":                   nil,
		"0:1 1:2 9.9:3":                 {"knock #3 10.0.0.1"},
		"0:1 1:2 10:3":                  nil, // the span is half open, as that of a window
		"0:1 4:1 5:2 13:3":              {"knock #4 10.0.0.1"},
		"0:1 1:2 4:1 9:3":               {"knock #4 10.0.0.1"}, // who begins again keeps what it has
		"0:1 1:2 4:1 9:3 9:2 13:3":      {"knock #4 10.0.0.1", "knock #6 10.0.0.1"},
		"0:1 1:2 2:3 3:3":               {"knock #3 10.0.0.1"}, // the flight is over
		"0:1 1:2 2:9 3:3":               nil,
		"0:1 1:9 2:1 3:2 4:3":           {"knock #5 10.0.0.1"},
		"0:1 1:2>2 2:2 3:3":             {"knock #4 10.0.0.1"},
		"0:1 0:2>1 1:2>2 1:2 2:3 2:2>3": {"knock #5 10.0.0.1", "knock #6 10.0.0.2"},
		"5:1 3:2 6:3":                   {"knock #3 10.0.0.1"}, // order is that of the packets
	} {
		t.Run(text, func(t *testing.T) { expect(t, fire(t, knockRule, knocks(text)...), want...) })
	}
}

// One packet is one step: who matches two of them in a row has to come twice, and an exception comes first.
func TestSequenceTakesOneStepAPacket(t *testing.T) {
	const rule = `rule "twice" {
  cooldown = "0s"
  sequence "10s" {
    step "a" {
      where = "tcp.dstport in [1, 2]"
      by    = ["ip.src"]
    }
    step "b" {
      where = "tcp.dstport in [1, 3]"
      by    = ["ip.src"]
    }
    unless "c" {
      where = "tcp.dstport == 1 and tcp.srcport == 7"
      by    = ["ip.src"]
    }
  }
}`
	expect(t, fire(t, rule, knocks("0:1")...))
	expect(t, fire(t, rule, knocks("0:1 1:1 2:1")...), "twice #2 10.0.0.1", "twice #3 10.0.0.1")
	never := syn(1, "10.0.0.1", 1)
	never.sport = 7
	expect(t, fire(t, rule, append(knocks("0:1"), never, syn(2, "10.0.0.1", 3))...))
	for _, tuning := range []Tuning{{NoDispatch: true}, {NoSharing: true}, inVM} {
		e := New(compileTuned(t, rule, Options{}, tuning), Config{})
		expect(t, run(e, frames(knocks("0:1 1:1 2:1")...)), "twice #2 10.0.0.1", "twice #3 10.0.0.1")
	}
}

// Keys of steps are joined by their values: the target of one packet is the source of the next.
func TestSequenceJoinsKeys(t *testing.T) {
	const rule = `rule "relay" {
  sequence "1m" {
    step "in" {
      where = "tcp.dstport == 22"
      by    = ["ip.dst", "'x'+string(tcp.dstport)"]
    }
    step "out" {
      where = "tcp.dstport == 22"
      by    = ["ip.src", "'x'+string(tcp.dstport)"]
    }
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} went on to ${ip.dst}"
  }
}`
	in := syn(0, "10.0.0.1", 22)
	out := syn(1, "192.0.2.1", 22)
	out.dst = "10.0.0.9"
	var got []*alert.Alert
	New(compile(t, rule, Options{}), Config{}).Process(frames(in, out), func(a *alert.Alert) { got = append(got, a) })
	if len(got) != 1 || got[0].Message != "192.0.2.1 went on to 10.0.0.9" {
		t.Errorf("alerts %+v", got)
	}
}

const silenceRule = `
rule "silence" {
  description = "d"
  severity    = "high"
  cooldown    = "0s"
  sequence "10s" {
    step "hello" {
      where = "tcp.dstport == 1"
      by    = ["ip.src", "dst.port"]
    }
    absent "goodbye" {
      where = "tcp.srcport == 1"
      by    = ["ip.dst", "src.port"]
    }
    unless "peace" {
      where = "tcp.dstport == 9"
      by    = ["ip.src", "1 + tcp.srcport - 40000"]
    }
  }
  block {
    target = "ip.src"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} to ${ip.dst} port ${tcp.dstport}"
  }
}`

func TestAbsent(t *testing.T) {
	bye := func(at float64, dst string) seg {
		return seg{at: at, src: "192.0.2.1", dst: dst, sport: 1, dport: 40000, flags: packet.FlagACK}
	}
	alerts := func(segs ...seg) (got []string) {
		New(compile(t, silenceRule, Options{}), Config{}).Process(frames(segs...), func(a *alert.Alert) {
			got = append(got, fmt.Sprintf("%s at %g %s: %s %s", line(a), float64(a.Time)/1e9, a.Src, a.Message, a.Actions[0].Target))
		})
		return got
	}
	tick := func(at float64) seg { return syn(at, "10.0.0.99", 5) }
	expect(t, alerts(syn(0, "10.0.0.1", 1), tick(9), tick(10), tick(11)), "silence #3 10.0.0.1 1 at 10 10.0.0.1: 10.0.0.1 to 192.0.2.1 port 1 10.0.0.1")
	expect(t, alerts(syn(0, "10.0.0.1", 1), tick(9)))                                                                                                      // the end of the input is no time
	expect(t, alerts(syn(0, "10.0.0.1", 1), bye(9.9, "10.0.0.1"), tick(20)))                                                                               // in time
	expect(t, alerts(syn(0, "10.0.0.1", 1), bye(10, "10.0.0.1"), tick(20)), "silence #2 10.0.0.1 1 at 10 10.0.0.1: 10.0.0.1 to 192.0.2.1 port 1 10.0.0.1") // too late
	expect(t, alerts(syn(0, "10.0.0.1", 1), bye(3, "10.0.0.2"), tick(20)), "silence #3 10.0.0.1 1 at 20 10.0.0.1: 10.0.0.1 to 192.0.2.1 port 1 10.0.0.1")
	expect(t, alerts(syn(0, "10.0.0.1", 1), syn(1, "10.0.0.1", 9), tick(20)))
	// Who says hello again and again is not let off.
	expect(t, alerts(syn(0, "10.0.0.1", 1), syn(9, "10.0.0.1", 1), tick(12), tick(30)), "silence #3 10.0.0.1 1 at 12 10.0.0.1: 10.0.0.1 to 192.0.2.1 port 1 10.0.0.1")
	// Two at once, in the order in which they began.
	expect(t, alerts(syn(0, "10.0.0.2", 1), syn(1, "10.0.0.1", 1), tick(100)),
		"silence #3 10.0.0.2 1 at 100 10.0.0.2: 10.0.0.2 to 192.0.2.1 port 1 10.0.0.2", "silence #3 10.0.0.1 1 at 100 10.0.0.1: 10.0.0.1 to 192.0.2.1 port 1 10.0.0.1")
}

// Steps on alerts and on other events than packets meet those on packets, however many workers there are.
func TestSequenceOfDifferentEvents(t *testing.T) {
	const rule = scanRule + `
rule "scan_then_login" {
  severity = "critical"
  sequence "10m" {
    step "scan" {
      on    = "alert"
      where = "alert.rule == 'scan'"
      by    = ["ip.src"]
    }
    step "login" {
      on    = "honeypot"
      where = "honeypot.action == 'login'"
      by    = ["ip.src"]
    }
    unless "friend" {
      on    = "honeypot"
      where = "honeypot.user == 'friend'"
      by    = ["ip.src"]
    }
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} as ${honeypot.user}"
  }
}
rule "login_then_call" {
  sequence "10m" {
    step "login" {
      on    = "honeypot"
      where = "honeypot.action == 'login'"
      by    = ["ip.src"]
    }
    step "call" {
      where = "tcp.dstport == 443"
      by    = ["ip.src"]
    }
  }
}
rule "on_alerts" {
  on    = "alert"
  where = "alert.rule in ['scan_then_login', 'login_then_call']"
  by    = ["alert.rule"]
}`
	for workers := range 9 {
		e := New(compile(t, rule, Options{}), Config{Workers: workers})
		got := post(e, visit(0, "10.0.0.1", "root"))
		e.Process(frames(syn(1, "10.0.0.1", 1), syn(2, "10.0.0.1", 2), syn(3, "10.0.0.1", 3)), collectInto(&got))
		got = append(got, post(e, visit(3, "10.0.0.2", "root"), visit(4, "10.0.0.1", "root"))...)
		e.Process(frames(syn(5, "10.0.0.2", 443), syn(6, "10.0.0.3", 443)), collectInto(&got))
		// A login of a rule on alerts leads to no alert of another; one of packets and logins does.
		expect(t, got, "scan #3 10.0.0.1 ports=3", "scan_then_login #0 10.0.0.1", "login_then_call #4 10.0.0.2", "on_alerts #4 login_then_call")
	}
}

// A packet comes before the alerts that it leads to.
func TestSequenceSeesAPacketBeforeItsAlert(t *testing.T) {
	rule := func(first, second string) string {
		step := func(kind string) string {
			if kind == "alert" {
				return "  step \"alert\" {\n    on    = \"alert\"\n    where = \"alert.rule == 'any'\"\n    by    = [\"ip.src\"]\n  }\n"
			}
			return "  step \"packet\" {\n    where = \"tcp.dstport == 1\"\n    by    = [\"ip.src\"]\n  }\n"
		}
		return "rule \"any\" {\n where = \"tcp.dstport == 1\"\n by = [\"ip.src\"]\n}\nrule \"both\" {\n sequence \"1s\" {\n" + step(first) + step(second) + " }\n}\n"
	}
	expect(t, fire(t, rule("packet", "alert"), syn(0, "10.0.0.1", 1)), "any #1 10.0.0.1", "both #1 10.0.0.1")
	expect(t, fire(t, rule("alert", "packet"), syn(0, "10.0.0.1", 1)), "any #1 10.0.0.1")
}

// modelled is a plain model of sequences of packets: a list of flights for each key.
type modelled struct {
	begun, steps int64
}

// modelKnocks runs knocks through a model of knockRule and returns alerts.
func modelKnocks(segs []seg, span int64) (out []string) {
	flights := map[string][]modelled{}
	clock := int64(-1 << 62)
	for i, s := range segs {
		clock = max(clock, int64(s.at*1e9))
		of := slices.DeleteFunc(flights[s.src], func(m modelled) bool { return clock-m.begun >= span })
		switch s.dport {
		case 9:
			of = nil
		case 1:
			of = slices.DeleteFunc(of, func(m modelled) bool { return m.steps == 1 })
			of = append(of, modelled{clock, 1})
		case 2, 3:
			from := int64(s.dport) - 1
			if at := slices.IndexFunc(of, func(m modelled) bool { return m.steps == from }); at >= 0 {
				moved := modelled{of[at].begun, from + 1}
				of = slices.Delete(of, at, at+1)
				if moved.steps == 3 {
					out = append(out, fmt.Sprintf("knock #%d %s", i+1, s.src))
					break
				}
				if other := slices.IndexFunc(of, func(m modelled) bool { return m.steps == 2 }); other >= 0 {
					moved.begun = max(moved.begun, of[other].begun)
					of = slices.Delete(of, other, other+1)
				}
				of = append(of, moved)
			}
		}
		flights[s.src] = of
	}
	return out
}

// randomKnocks makes traffic in which sequences begin, go on, are broken off and are overtaken.
func randomKnocks(r *rand.Rand, n int) []seg {
	segs := make([]seg, n)
	at := 1000.0
	for i := range segs {
		at += r.Float64()
		segs[i] = syn(at, fmt.Sprintf("10.0.0.%d", r.IntN(6)), []uint16{1, 1, 2, 2, 3, 3, 9, 5}[r.IntN(8)])
		if r.IntN(20) == 0 {
			segs[i].at -= 3 * r.Float64()
		}
	}
	return segs
}

// TestSequencesAgree holds sequences against the model, with any number of workers, in batches of any size, under every
// switch of the compiler and with reloads in the middle.
func TestSequencesAgree(t *testing.T) {
	other := knockRule + strings.Replace(silenceRule, "dst.port\"]", "tcp.dstport\"]", 1)
	more := strings.Replace(knockRule, "severity    = \"high\"", "severity    = \"low\"", 1) + scanRule
	total := 0
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 31))
		segs := randomKnocks(r, 3000)
		want := modelKnocks(segs, 10*second)
		total += len(want)
		for workers := 1; workers <= 8; workers++ {
			tuning := []Tuning{{}, {NoDispatch: true}, {NoSharing: true}}[workers%3]
			plans := []*Plan{compileTuned(t, knockRule, Options{}, tuning), compileTuned(t, other, Options{}, tuning), compileTuned(t, more, Options{}, tuning)}
			e := New(plans[0], Config{Seed: seed + 1, Workers: workers})
			var got []string
			for rest := frames(segs...); len(rest) > 0; {
				n := min(1+r.IntN(900), len(rest))
				for _, l := range run(e, rest[:n]) {
					if strings.HasPrefix(l, "knock") {
						got = append(got, l)
					}
				}
				rest = rest[n:]
				if r.IntN(2) == 0 {
					report := e.Swap(plans[r.IntN(3)])
					if !slices.Contains(report.Kept, "knock") {
						t.Fatalf("the sequence was not kept: %+v", report)
					}
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, %d workers: %s", seed, workers, cmp.Diff(want, got))
			}
		}
	}
	if total < 200 {
		t.Errorf("%d alerts show little", total)
	}
}

// TestAbsentAgrees holds sequences that wait for time to pass against one worker that takes packet by packet.
func TestAbsentAgrees(t *testing.T) {
	total := 0
	rule := silenceRule + strings.NewReplacer("silence", "mixed", "absent \"goodbye\" {", "absent \"goodbye\" {\n      on = \"honeypot\"", "tcp.srcport == 1\"", "honeypot.user == 'root'\"",
		"[\"ip.dst\", \"src.port\"]", "[\"ip.src\", \"src.port == 40000 ? 1 : 2\"]").Replace(silenceRule)
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 32))
		segs := randomKnocks(r, 2000)
		for i := range segs {
			if r.IntN(3) == 0 {
				segs[i].src, segs[i].dst, segs[i].sport, segs[i].dport = "192.0.2.1", segs[i].src, 1, 40000
			}
		}
		plan := compile(t, rule, Options{})
		// Events come between the same packets in every run.
		posts := map[int]*packet.Packet{}
		for range 60 {
			at := r.IntN(len(segs))
			posts[at] = visit(segs[at].at+r.Float64(), fmt.Sprintf("10.0.0.%d", r.IntN(6)), "root")
		}
		play := func(e *Engine, batch func() int) (got []string) {
			fs := frames(segs...)
			for from := 0; from < len(fs); {
				to := min(from+batch(), len(fs))
				for i := from + 1; i < to; i++ {
					if posts[i] != nil {
						to = i
					}
				}
				if ev := posts[from]; ev != nil {
					copied := *ev
					got = append(got, post(e, &copied)...)
				}
				got = append(got, run(e, fs[from:to])...)
				from = to
			}
			return got
		}
		want := play(New(plan, Config{Seed: 1}), func() int { return 1 })
		total += len(want)
		for workers := 1; workers <= 8; workers++ {
			e := New(plan, Config{Seed: 1, Workers: workers})
			got := play(e, func() int {
				if r.IntN(3) == 0 {
					e.Swap(compile(t, rule+scanRule, Options{}))
					e.Swap(plan)
				}
				return 1 + r.IntN(1500)
			})
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, %d workers: %s", seed, workers, cmp.Diff(want, got))
			}
		}
	}
	if total < 200 {
		t.Errorf("%d alerts show little", total)
	}
}

// A flood of keys that begin pushes out few of those that have come further, memory is bounded, and what was pushed out is
// counted.
func TestSequenceUnderAFlood(t *testing.T) {
	rule := strings.Replace(knockRule, "sequence \"10s\" {", "sequence \"10s\" {\n    max_keys = 1000", 1)
	e := New(compile(t, rule, Options{}), Config{Seed: 1})
	var segs []seg
	for i := range 100 {
		segs = append(segs, syn(0, fmt.Sprintf("10.0.0.%d", i), 1), syn(0, fmt.Sprintf("10.0.0.%d", i), 2))
	}
	for i := range 20000 {
		segs = append(segs, syn(1, fmt.Sprintf("10.%d.%d.%d", 1+i>>16, i>>8&255, i&255), 1))
	}
	for i := range 100 {
		segs = append(segs, syn(2, fmt.Sprintf("10.0.0.%d", i), 3))
	}
	got := run(e, frames(segs...))
	s := e.Stats()
	if len(got) < 95 || s.Keys > 1000 || s.Evictions < 19000 {
		t.Errorf("%d of 100 were found; %d keys, %d evictions", len(got), s.Keys, s.Evictions)
	}
	if bound := e.plan.sequences[0].flightBytes() * 1000; e.state.flights[0][0].bytes() > bound+16384 {
		t.Errorf("%d bytes for 1,000 keys; the plan says %d", e.state.flights[0][0].bytes(), bound)
	}
}

// The same where lanes share the keys out: those that have come furthest stay.
func TestSharedSequenceUnderAFlood(t *testing.T) {
	rule := strings.Replace(knockRule, "sequence \"10s\" {", "sequence \"10s\" {\n    max_keys = 8192", 1)
	for workers := 1; workers <= 3; workers++ {
		e := New(compile(t, rule, Options{}), Config{Seed: 1, Workers: workers})
		var segs []seg
		for i := range 100 {
			segs = append(segs, syn(0, fmt.Sprintf("10.0.0.%d", i), 1), syn(0, fmt.Sprintf("10.0.0.%d", i), 2))
		}
		for i := range 40000 {
			segs = append(segs, syn(1, fmt.Sprintf("10.1.%d.%d", i>>8, i&255), 1))
		}
		for i := range 100 {
			segs = append(segs, syn(2, fmt.Sprintf("10.0.0.%d", i), 3))
		}
		got := run(e, frames(segs...))
		s := e.Stats()
		if len(got) < 95 || s.Keys > 8192 || s.Keys < 7000 || s.Evictions < 30000 || len(e.state.flights[0]) != 8 {
			t.Errorf("%d workers: %d of 100 were found; %d keys, %d evictions, %d tables", workers, len(got), s.Keys, s.Evictions, len(e.state.flights[0]))
		}
	}
}

// A changed sequence starts over, and it is said so; a renamed one goes on, as does one with another bound.
func TestSequenceReloads(t *testing.T) {
	renamed := strings.NewReplacer("rule \"knock\"", "rule \"knocked\"", "sequence \"10s\" {", "sequence \"10s\" {\n max_keys = 10000").Replace(knockRule)
	changed := strings.Replace(knockRule, "sequence \"10s\"", "sequence \"11s\"", 1)
	e := New(compile(t, knockRule, Options{}), Config{Seed: 1})
	run(e, frames(knocks("0:1 1:2")...))
	e.Swap(compile(t, renamed, Options{}))
	expect(t, run(e, frames(knocks("2:3 3:1 4:2")...)), "knocked #3 10.0.0.1")
	e.Swap(compile(t, knockRule, Options{}))
	if report := e.Swap(compile(t, changed, Options{})); !slices.Equal(report.Reset, []string{"knock"}) || len(report.Kept) > 0 {
		t.Errorf("report %+v", report)
	}
	expect(t, run(e, frames(knocks("5:3")...)))
}

// An Explainer says how far each key came, and what did not follow.
func TestExplainSequences(t *testing.T) {
	x, diags := NewExplainer(load(t, knockRule+silenceRule+scanRule), []string{"knock", "silence"})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	segs := append(knocks("0:1>1 0:2>1 1:1>2 2:3>1 2:3>9"), seg{at: 3, src: "192.0.2.1", dst: "10.0.0.1", sport: 1, dport: 9999})
	x.Process(frames(segs...))
	var got []string
	for _, ex := range x.Explanations() {
		for _, s := range ex.Steps {
			got = append(got, fmt.Sprintf("%s: %s %s %d of %d", ex.Rule, s.Kind, s.Name, s.Passed, s.Events))
		}
		for _, n := range ex.Closest {
			got = append(got, fmt.Sprintf("%s: %v step %d of %d %s at %g #%d next %q ended %q", ex.Rule, n.Key[0].Value, n.Came.Step, n.Came.Of, n.Came.Name, float64(n.Time)/1e9, n.Packet, n.Came.Next, n.Came.Ended))
		}
	}
	expect(t, got,
		"knock: step first 3 of 6", "knock: step second 1 of 6", "knock: step third 0 of 6", "knock: unless peace 1 of 6",
		`knock: 10.0.0.1 step 2 of 3 second at 1 #3 next "step third" ended ""`,
		`knock: 10.0.0.2 step 1 of 3 first at 0 #2 next "step second" ended ""`,
		`knock: 10.0.0.3 step 1 of 3 first at 2 #4 next "step second" ended "unless peace"`,
		"silence: step hello 3 of 6", "silence: absent goodbye 1 of 6", "silence: unless peace 1 of 6",
		`silence: 10.0.0.1 step 1 of 1 hello at 0 #1 next "absent goodbye" ended "absent goodbye"`,
		`silence: 10.0.0.2 step 1 of 1 hello at 0 #2 next "absent goodbye" ended ""`,
		`silence: 10.0.0.3 step 1 of 1 hello at 2 #4 next "absent goodbye" ended "unless peace"`)
}

// Steps on conversations, in either place, and a packet and what it ends: whatever the number of workers, and explained.
func TestSequenceOfConversations(t *testing.T) {
	const rule = `
rule "refused_then_packet" {
  sequence "10s" {
    step "refused" {
      on    = "connection"
      where = "conn.state == 'refused'"
      by    = ["ip.src"]
    }
    step "packet" {
      where = "tcp.dstport == 7"
      by    = ["ip.src"]
    }
  }
}
rule "packet_then_refused" {
  sequence "10s" {
    step "reset" {
      where = "tcp.flags.reset"
      by    = ["ip.dst"]
    }
    step "refused" {
      on    = "connection"
      where = "conn.state == 'refused'"
      by    = ["ip.src"]
    }
  }
  notify {
    to      = ["ops"]
    message = "${conn.state} by ${ip.dst}"
  }
}`
	rst := seg{at: 1, src: "192.0.2.1", dst: "10.0.0.1", sport: 1, dport: 40000, flags: packet.FlagRST | packet.FlagACK}
	segs := []seg{syn(0, "10.0.0.1", 1), rst, syn(2, "10.0.0.1", 7)}
	for workers := range 5 {
		e := New(compile(t, rule, Options{}), Config{Workers: workers})
		var got []string
		e.Process(frames(segs...), func(a *alert.Alert) { got = append(got, line(a)+" "+a.Message) })
		expect(t, got, "packet_then_refused #2 10.0.0.1 refused by 192.0.2.1", "refused_then_packet #3 10.0.0.1 ")
	}
	x, diags := NewExplainer(load(t, rule), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	x.Process(frames(segs...))
	for _, ex := range x.Explanations() {
		if ex.Alerts != 1 || len(ex.Closest) != 1 || ex.Closest[0].Came.Step != 2 {
			t.Errorf("%s: %d alerts, closest %+v", ex.Rule, ex.Alerts, ex.Closest)
		}
	}
}

// Before 1970 time passes as well.
func TestSequenceBefore1970(t *testing.T) {
	rule := strings.Replace(silenceRule, "absent \"goodbye\" {", "absent \"goodbye\" {\n      on = \"honeypot\"", 1)
	rule = strings.NewReplacer("tcp.srcport == 1\"", "honeypot.user == 'x'\"", "[\"ip.dst\", \"src.port\"]", "[\"ip.src\", \"src.port == 40000 ? 1 : 2\"]").Replace(rule)
	expect(t, fire(t, rule, syn(-100, "10.0.0.1", 1), syn(-91, "10.0.0.9", 5), syn(-89, "10.0.0.9", 5)), "silence #3 10.0.0.1 1")
	expect(t, fire(t, knockRule, knocks("-10:1 -9:2 -8:3")...), "knock #3 10.0.0.1")
}
