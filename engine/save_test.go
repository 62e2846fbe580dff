package engine

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/engine/snapshot"
)

const namesRules = resolvedRules + `
list "names" {
  type = "string"
  for  = "1m"
  max  = 50
}
rule "name" {
  silent = true
  where  = "tcp.dstport == 3"
  track "names" { value = "'host ' + string(ip.src)" }
}
rule "named" {
  where    = "tcp.dstport == 9 and 'host ' + string(ip.src) in list.names"
  by       = ["ip.src"]
  cooldown = "0s"
}`

// TestRestart stops the engine again and again and starts another with what was saved: the alerts of rules that read lists are
// those without restarts, for any number of workers.
func TestRestart(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 34))
		segs := randomKnocks(r, 2000)
		plan := compile(t, namesRules, Options{})
		want := unnumbered(run(New(plan, Config{Seed: 1}), frames(segs...)))
		if len(want) < 100 || !slices.ContainsFunc(want, func(l string) bool { return strings.HasPrefix(l, "named") }) {
			t.Fatalf("%d alerts show little", len(want))
		}
		var got []string
		e := New(plan, Config{Seed: 1})
		for rest := frames(segs...); len(rest) > 0; {
			n := min(1+r.IntN(400), len(rest))
			got = append(got, run(e, rest[:n])...)
			saved := e.Save(0)
			if r.IntN(2) == 0 { // what comes after is not in it
				run(e, frames(syn(float64(rest[n-1].Time)/1e9, "10.0.0.1", 3)))
			}
			file := snapshot.Encode(saved.Sections())
			sections, err := snapshot.Decode(file)
			if err != nil {
				t.Fatal(err)
			}
			e = New(plan, Config{Workers: 1 + r.IntN(8)}) // another seed
			if errs := e.Restore(sections, rest[n-1].Time); len(errs) > 0 {
				t.Fatal(errs)
			}
			rest = rest[n:]
		}
		if got = unnumbered(got); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s", seed, gocmp.Diff(want, got))
		}
	}
}

// What is damaged within, of another type or no longer remembered begins empty; times are shifted, and none is in the future.
func TestRestoreIsChecked(t *testing.T) {
	plan := compile(t, resolvedRules, Options{})
	e := New(plan, Config{Seed: 1})
	run(e, frames(knocks("0:1>1 5:2>1")...))
	good := e.Save(100 * second).Sections()
	if len(good) != 1 || good[0].Name != "list/seen" {
		t.Fatalf("sections %+v", good)
	}
	again := func(rules string, now int64, sections ...snapshot.Section) (*Engine, []error) {
		e := New(compile(t, rules, Options{}), Config{Seed: 2})
		return e, e.Restore(sections, now)
	}
	if e, errs := again(resolvedRules, 106*second, good...); len(errs) > 0 || e.Stats().Keys != 2 {
		t.Errorf("%d keys, %v", e.Stats().Keys, errs)
	}
	if e, errs := again(resolvedRules, 112*second, good...); len(errs) > 0 || e.Stats().Keys != 1 {
		t.Errorf("after 12 s: %d keys, %v", e.Stats().Keys, errs)
	}
	e, _ = again(resolvedRules, 50*second, good...)
	expect(t, run(e, frames(knocks("59:2>2 60:2>2")...)), "known #1 10.0.0.2", "unknown #2 10.0.0.2")
	e, _ = again(strings.Replace(resolvedRules, "max  = 3", "max  = 1", 1), 106*second, good...)
	expect(t, run(e, frames(knocks("106:1>2 106:2>2")...)), "unknown #1 10.0.0.1", "known #2 10.0.0.2")
	for name, s := range map[string]snapshot.Section{
		"short":   {Name: "list/seen", Data: good[0].Data[:len(good[0].Data)-1]},
		"empty":   {Name: "list/seen"},
		"no type": {Name: "list/seen", Data: []byte("x")},
	} {
		if e, errs := again(resolvedRules, 106*second, s); len(errs) != 1 || e.Stats().Keys != 0 {
			t.Errorf("%s: %d keys, %v", name, e.Stats().Keys, errs)
		}
	}
	for name, s := range map[string]snapshot.Section{
		"another type": {Name: "list/seen", Data: append([]byte("string"), good[0].Data[2:]...)},
		"unknown":      {Name: "list/other", Data: []byte("x")},
		"another kind": {Name: "else/seen", Data: []byte("x")},
	} {
		if e, errs := again(resolvedRules, 106*second, s); len(errs) != 0 || e.Stats().Keys != 0 {
			t.Errorf("%s: %d keys, %v", name, e.Stats().Keys, errs)
		}
	}
}

// orderedRules are sequences of packets, of alerts, and of nothing.
const orderedRules = knockRule + silenceRule + `
rule "after_alert" {
  cooldown = "0s"
  sequence "1m" {
    step "knocked" {
      on    = "alert"
      where = "alert.rule == 'knock'"
      by    = ["ip.src"]
    }
    step "again" {
      where = "tcp.dstport == 5"
      by    = ["ip.src"]
    }
  }
}`

// TestRestartInSequences stops the engine at random packets: what is under way in sequences goes on, what waits for time to pass fires
// when it has, and the alerts are those without restarts, for any number of workers.
func TestRestartInSequences(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 35))
		segs := randomKnocks(r, 2000)
		slices.SortFunc(segs, func(x, y seg) int { return cmp.Compare(x.at, y.at) }) // a new engine does not know the clock of the old
		plan := compile(t, orderedRules, Options{})
		want := unnumbered(run(New(plan, Config{Seed: 1}), frames(segs...)))
		for _, name := range []string{"knock", "silence", "after_alert"} {
			if n := len(slices.DeleteFunc(slices.Clone(want), func(l string) bool { return !strings.HasPrefix(l, name+" ") })); n < 20 {
				t.Fatalf("%d alerts of %s show little", n, name)
			}
		}
		var got []string
		e := New(plan, Config{Workers: int(seed)})
		for rest := frames(segs...); len(rest) > 0; {
			n := min(1+r.IntN(100), len(rest))
			got = append(got, run(e, rest[:n])...)
			saved := e.Save(0)
			run(e, frames(syn(float64(rest[n-1].Time)/1e9, "10.0.0.1", 2))) // what comes after is not in it
			sections, err := snapshot.Decode(snapshot.Encode(saved.Sections()))
			if err != nil {
				t.Fatal(err)
			}
			e = New(plan, Config{Workers: r.IntN(6)}) // another seed
			if errs := e.Restore(sections, rest[n-1].Time); len(errs) > 0 {
				t.Fatal(errs)
			}
			rest = rest[n:]
		}
		if got = unnumbered(got); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s", seed, gocmp.Diff(want, got))
		}
	}
}

// What is cut short, or has a key twice, begins empty; what has no time left is forgotten.
func TestRestoreOfSequencesIsChecked(t *testing.T) {
	plan := compile(t, silenceRule, Options{})
	e := New(plan, Config{Seed: 1})
	run(e, frames(knocks("0:1>1 5:2>1")...))
	good := e.Save(100 * second).Sections()
	if len(good) != 1 || !strings.HasPrefix(good[0].Name, "sequence/silence span ") {
		t.Fatalf("sections %+v", good)
	}
	again := func(plan *Plan, now int64, data []byte) (*Engine, []error) {
		e := New(plan, Config{Seed: 2})
		return e, e.Restore([]snapshot.Section{{Name: good[0].Name, Data: data}}, now)
	}
	for now, want := range map[int64]uint64{106 * second: 2, 112 * second: 1, 116 * second: 0} {
		if e, errs := again(plan, now, good[0].Data); len(errs) > 0 || e.Stats().Keys != want {
			t.Errorf("at %d s: %d keys, %v", now/second, e.Stats().Keys, errs)
		}
	}
	if e, errs := again(compile(t, strings.Replace(silenceRule, "10s", "11s", 1), Options{}), 106*second, good[0].Data); len(errs) > 0 || e.Stats().Keys != 0 {
		t.Errorf("of another span: %d keys, %v", e.Stats().Keys, errs)
	}
	for n := range good[0].Data {
		if e, errs := again(plan, 106*second, good[0].Data[:n]); len(errs) != 1 || e.Stats().Keys != 0 {
			t.Fatalf("%d of %d bytes: %d keys, %v", n, len(good[0].Data), e.Stats().Keys, errs)
		}
	}
	twice := slices.Clone(good[0].Data)
	copy(twice[24+40:24+40+16], twice[24:]) // an entry is a key, when it was touched, when it began, and its turn
	if e, errs := again(plan, 106*second, twice); len(errs) != 1 || e.Stats().Keys != 0 {
		t.Errorf("twice: %d keys, %v", e.Stats().Keys, errs)
	}
}
