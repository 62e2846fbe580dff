package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/packet"
)

// Rules that fill lists from everything that comes of packets, and that read them wherever they can.
const turnRules = knockRule + scanRule + `
list "knocked" {
  type = "ip"
  for  = "6s"
  max  = 3
}
list "alerted" {
  type = "ip"
  for  = "9s"
}
list "refused" {
  type = "port"
  for  = "5s"
}
rule "on_alert" {
  silent = true
  on     = "alert"
  where  = "alert.rule in ['scan', 'alerted'] and ip.src not in list.knocked"
  track "alerted" { value = "ip.src" }
}
rule "on_refusal" {
  silent = true
  on     = "connection"
  where  = "conn.state == 'refused' and dst.port not in list.refused"
  track "refused" { value = "dst.port" }
}
rule "no_answer" {
  cooldown = "0s"
  sequence "4s" {
    step "call" {
      where = "tcp.dstport == 1 and ip.src not in list.alerted"
      by    = ["ip.src"]
    }
    absent "answer" {
      where = "tcp.dstport == 3"
      by    = ["ip.src"]
    }
  }
  track "knocked" { value = "ip.src" }
}
rule "quick" {
  cooldown = "0s"
  sequence "3s" {
    step "one" {
      where = "tcp.dstport == 1"
      by    = ["ip.src"]
    }
    step "two" {
      where = "tcp.dstport == 3"
      by    = ["ip.src"]
    }
  }
  track "knocked" { value = "ip.src" }
}
rule "alerted" {
  where    = "ip.src in list.alerted"
  by       = ["ip.src", "dst.port in list.refused"]
  cooldown = "1s"
}
rule "counted" {
  where = "tcp"
  by    = ["ip.src"]
  window "5s" {
    known = "count(ip.src in list.knocked)"
    other = "distinct(tcp.dstport, dst.port not in list.refused)"
  }
  when     = "known >= 2 and other >= 2 and ip.src not in list.alerted"
  cooldown = "2s"
  level "critical" { when = "known >= 4" }
}
rule "everywhere" {
  where = "tcp.flags.reset"
  by    = ["ip.dst"]
  window "9s" { n = "count()" }
  when     = "n >= 3"
  cooldown = "0s"
}`

// randomTalk is random knocks, some of which are refused.
func randomTalk(r *rand.Rand, n int) []seg {
	segs := randomKnocks(r, n)
	for i := range segs {
		segs[i].sport = uint16(40000 + i%50)
		if i > 0 && r.IntN(4) == 0 {
			was := segs[i-1]
			segs[i].src, segs[i].dst, segs[i].sport, segs[i].dport, segs[i].flags = was.dst, was.src, was.dport, was.sport, packet.FlagRST|packet.FlagACK
		}
	}
	return segs
}

// TestTurnsAgree holds rules that are looked at in turn against one worker that looks at all packets, each when the one before
// it is done with: with any number of workers, in batches of any size, under every switch of the compiler, with reloads and
// restarts in the middle.
func TestTurnsAgree(t *testing.T) {
	const more = turnRules + resolvedRules
	total := map[string]int{}
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 41))
		fs := frames(randomTalk(r, 3000)...)
		// An engine ends and another goes on at these packets; plans change at those of the others.
		ends := map[int]bool{700: true, 1900: true}
		swaps := map[int]bool{333: true, 1200: true, 2000: true, 2001: true}
		play := func(tuning Tuning, workers int, batch func() int) (out []string) {
			plans := []*Plan{compileTuned(t, turnRules, Options{}, tuning), compileTuned(t, more, Options{}, tuning)}
			if o := plans[0].Describe().Order; (o == OrderTurns) == tuning.NoTurns {
				t.Fatalf("the order is %s", o)
			}
			e := New(plans[0], Config{Seed: 1, Workers: workers})
			at, swapped := 0, 0
			for at < len(fs) {
				n := min(batch(), len(fs)-at)
				for k := at + 1; k < at+n; k++ {
					if ends[k] || swaps[k] {
						n = k - at
					}
				}
				out = append(out, run(e, fs[at:at+n])...)
				at += n
				if ends[at] {
					sections := e.Save(0).Sections()
					e = New(plans[swapped%2], Config{Seed: 1, Workers: workers})
					if errs := e.Restore(sections, fs[at-1].Time); len(errs) > 0 {
						t.Fatal(errs)
					}
				}
				if swaps[at] {
					swapped++
					if report := e.Swap(plans[swapped%2]); len(report.Reset) > 0 || len(report.KeptLists) < 3 {
						t.Fatalf("report %+v", report)
					}
				}
			}
			return out
		}
		want := play(Tuning{NoTurns: true}, 1, func() int { return 1 })
		for _, l := range want {
			var name string
			fmt.Sscan(l, &name)
			total[name]++
		}
		for workers := range 9 {
			tuning := []Tuning{{}, {NoSharing: true}, {NoDispatch: true}, {NoIndex: true}}[workers%4]
			if got := play(tuning, workers, func() int { return 1 + r.IntN(1800) }); !slices.Equal(got, want) {
				t.Fatalf("seed %d, %d workers: %s", seed, workers, cmp.Diff(want, got))
			}
		}
	}
	for _, name := range []string{"knock", "scan", "no_answer", "quick", "alerted", "counted", "everywhere"} {
		if total[name] < 10 {
			t.Errorf("%d alerts of %s show little", total[name], name)
		}
	}
}

// Rules that have nothing to do with lists stay with all workers, and so do those on logins alone.
func TestWhoseTurnItIs(t *testing.T) {
	p := compile(t, turnRules, Options{})
	for _, g := range p.groups {
		for _, name := range g.names() {
			if want := slices.Contains([]string{"alerted", "counted", "on_refusal", "no_answer (step call)"}, name); g.turn != want {
				t.Errorf("%s: %t", name, g.turn)
			}
		}
	}
	if p = compile(t, `
list "users" {
  type = "string"
  for  = "1h"
}
rule "seen" {
  silent = true
  on     = "auth"
  where  = "auth.success"
  track "users" { value = "auth.user" }
}
rule "new" {
  on    = "auth"
  where = "auth.user not in list.users"
}`+scanRule, Options{}); p.turns || p.ordered {
		t.Errorf("turns %t, ordered %t", p.turns, p.ordered)
	}
}
