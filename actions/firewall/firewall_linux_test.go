package firewall

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

// TestKeepsOut has the other host stopped and let in again, and let in by the kernel alone when its time is over.
func TestKeepsOut(t *testing.T) {
	each(t, all, func(t *testing.T, c *Config) {
		f := open(t, c)
		if got := listed(t, f); len(got) != 0 {
			t.Errorf("before anything was added there are %v", got)
		}
		if missing, err := f.Repair(t.Context()); err != nil || len(missing) > 0 {
			t.Errorf("before anything was added %q are missing, %v", missing, err)
		}
		wantNothing(t)
		wantReach(t, true, true)
		apply(t, f, add(decision.Block, sender4, 0), add(decision.Block, sender6, 0))
		wantReach(t, false, false)
		apply(t, f, remove(decision.Block, sender4), remove(decision.Block, "192.0.2.1"))
		wantReach(t, true, false)
		apply(t, f, remove(decision.Block, sender6), add(decision.Quarantine, "198.51.100.0/25", time.Hour), add(decision.Block, "2001:db8::/60", 0))
		wantReach(t, false, false)
		got := listed(t, f)
		if until := got["quarantine 198.51.100.0/25"]; len(got) != 2 || time.Until(until).Round(time.Minute) != time.Hour {
			t.Errorf("listed are %v", got)
		}
		if until, ok := got["block 2001:db8::/60"]; !ok || !until.IsZero() {
			t.Errorf("listed are %v", got)
		}
		apply(t, f, remove(decision.Quarantine, "198.51.100.0/25"), remove(decision.Block, "2001:db8::/60"))
		wantReach(t, true, true)

		// To add what is there sets its time again: shorter, longer, none. What is over is not added at all.
		apply(t, f, add(decision.Quarantine, sender4, time.Hour), add(decision.Quarantine, sender6, time.Hour), add(decision.Block, sender4, -time.Second))
		apply(t, f, add(decision.Quarantine, sender4, 2*time.Second), add(decision.Quarantine, sender6, 2*time.Second))
		start := time.Now()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		wantReach(t, false, false)
		eventually(t, "the end of a quarantine", func() bool { return reaches(host4) && reaches(host6) })
		if d := time.Since(start); d < time.Second || d > 6*time.Second {
			t.Errorf("the quarantine of 2 s ended after %s", d)
		}
	})
}

// wantNothing fails where something of ruleids is in the kernel.
func wantNothing(t *testing.T) {
	t.Helper()
	for _, line := range []string{"iptables-nft-save", "ip6tables-nft-save", "iptables-legacy-save", "ip6tables-legacy-save", "nft list ruleset", "ipset list -n"} {
		if out := sh(t, line); strings.Contains(strings.ToLower(out), "ruleids") || strings.Contains(out, "example-") {
			t.Errorf("%s has\n%s", line, out)
		}
	}
}

// snapshot is all that is in the kernel's firewalls, but for counters and comments.
func snapshot(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, line := range []string{"iptables-nft-save", "ip6tables-nft-save", "iptables-legacy-save", "ip6tables-legacy-save", "nft list ruleset", "ipset list"} {
		words := strings.Fields(line)
		out, err := exec.Command(words[0], words[1:]...).Output()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		b.WriteString(line + "\n")
		for l := range strings.Lines(string(out)) {
			if i := strings.IndexByte(l, '['); strings.HasPrefix(l, ":") && i > 0 {
				l = l[:i] + "\n"
			}
			if !strings.HasPrefix(l, "#") {
				b.WriteString(l)
			}
		}
	}
	return b.String()
}

// TestFlush holds that nothing is left of ruleids and everything of others, also where half of it was gone.
func TestFlush(t *testing.T) {
	each(t, all, func(t *testing.T, c *Config) {
		for _, p := range []string{"iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"} {
			sh(t, p+" -A INPUT -p tcp --dport 7 -j ACCEPT")
			sh(t, p+" -A FORWARD -p tcp --dport 7 -j ACCEPT")
		}
		sh(t, "nft add table inet other")
		sh(t, "ipset create other hash:ip")
		before := snapshot(t)
		f := open(t, c)
		for _, half := range []string{"", "ipset flush", "iptables-nft -F INPUT", "nft flush chain inet ruleids input"} {
			apply(t, f, add(decision.Block, sender4, 0), add(decision.Quarantine, "2001:db8::/64", time.Hour))
			if snapshot(t) == before {
				t.Fatal("nothing was made")
			}
			switch {
			case half == "iptables-nft -F INPUT" && c.Iptables == "iptables-nft":
				sh(t, half)
				sh(t, "iptables-nft -A INPUT -p tcp --dport 7 -j ACCEPT")
			case half == "ipset flush", half != "" && strings.HasPrefix(half, "nft") && c.Backend == Nftables:
				sh(t, half)
			}
			for range 2 {
				if err := f.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if after := snapshot(t); after != before {
					t.Fatalf("after %q: before\n%s\nafter\n%s", half, before, after)
				}
			}
		}
		wantReach(t, true, true)
		if c.Backend == Command {
			return
		}
		// What another backend left goes too.
		apply(t, f, add(decision.Block, sender4, 0))
		for _, name := range kernels {
			if other := configOf(t, name); other.Backend != c.Backend || other.Iptables != c.Iptables {
				if err := open(t, other).Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if after := snapshot(t); after != before {
					t.Fatalf("%s leaves\n%s", name, after)
				}
				break
			}
		}
	})
}

// TestRepair breaks the structure in every way that other programs do.
func TestRepair(t *testing.T) {
	each(t, kernels, func(t *testing.T, c *Config) {
		c.Verdict = reject
		f := open(t, c)
		changes := []decision.Change{add(decision.Block, sender4, 0), add(decision.Quarantine, sender6, time.Hour), add(decision.Quarantine, "203.0.113.0/24", time.Hour)}
		apply(t, f, changes...)
		clean := func() {
			t.Helper()
			for range 2 {
				if missing, err := f.Repair(t.Context()); err != nil || len(missing) != 0 {
					t.Fatalf("missing are %q, %v", missing, err)
				}
			}
		}
		clean()
		p := c.Iptables
		breaks := []string{p + " -F RULEIDS", p + " -F", p + " -D INPUT -j RULEIDS", p + " -D RULEIDS 1", p + " -I INPUT -p tcp -j ACCEPT",
			p + " -F;" + p + " -X RULEIDS", p + " -I RULEIDS -j ACCEPT", p + " -F;ipset flush;ipset destroy ruleids-block4", "ipset flush ruleids-block4",
			"ipset add ruleids-block4 192.0.2.9", "ipset del ruleids-block4 198.51.100.7;ipset add ruleids-block4 192.0.2.9",
			"ipset del ruleids-quarantine4 203.0.113.0/24;ipset add ruleids-quarantine4 203.0.112.0/24",
			"ipset -exist add ruleids-quarantine6 2001:db8::7 timeout 60"}
		if c.Backend == Nftables {
			t := "inet ruleids "
			breaks = []string{"nft flush chain " + t + "ruleids", "nft flush chain " + t + "input", "nft delete table " + t, "nft flush ruleset",
				"nft delete chain " + t + "forward", "nft insert rule " + t + "ruleids accept", "nft flush set " + t + "block4",
				"nft flush set " + t + "quarantine4_nets", "nft add element " + t + "block4 {192.0.2.9}",
				"nft delete element " + t + "block4 {198.51.100.7};nft add element " + t + "block4 {192.0.2.9}",
				"nft flush set " + t + "quarantine4_nets;nft add element " + t + "quarantine4_nets {203.0.112.0/24}",
				"nft delete element " + t + "quarantine6 {2001:db8::7};nft add element " + t + "quarantine6 {2001:db8::7 timeout 60s}"}
		}
		for _, what := range breaks {
			for line := range strings.SplitSeq(what, ";") {
				sh(t, line)
			}
			start := time.Now()
			missing, err := f.Repair(t.Context())
			if err != nil || len(missing) == 0 {
				t.Fatalf("after %q: missing are %q, %v", what, missing, err)
			}
			t.Logf("%s: %q, %s", what, missing, time.Since(start).Round(time.Millisecond))
			// What the Store does then.
			have := listed(t, f)
			var fix []decision.Change
			for name := range have {
				kind, addr, _ := strings.Cut(name, " ")
				if !slices.ContainsFunc(changes, func(c decision.Change) bool { return name == string(c.Kind)+" "+c.Target.String() }) {
					fix = append(fix, remove(decision.Kind(kind), addr))
				}
			}
			for _, c := range changes {
				until, ok := have[string(c.Kind)+" "+c.Target.String()]
				if !ok || until.Sub(c.Until).Abs() > time.Minute && !c.Until.IsZero() {
					fix = append(fix, c)
				}
			}
			if len(fix) > 0 {
				apply(t, f, fix...)
			}
			if len(listed(t, f)) != len(changes) {
				t.Fatalf("after %q: %v", what, listed(t, f))
			}
			clean()
			s, err := f.Show(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range s.Jumps {
				if j.Position != 1 {
					t.Errorf("after %q: %+v", what, j)
				}
			}
		}
		wantReach(t, false, false)
		count, err := f.Counters(t.Context())
		if err != nil || count[decision.Block].Packets == 0 || count[decision.Quarantine].Packets == 0 {
			t.Errorf("counted are %v, %v", count, err)
		}
		// Without Repair, Apply makes again what it needs.
		if c.Backend == Nftables {
			sh(t, "nft delete table inet ruleids")
		} else {
			sh(t, p+" -F")
			sh(t, "ip6tables"+strings.TrimPrefix(p, "iptables")+" -F")
			sh(t, "ipset destroy")
		}
		apply(t, f, changes...)
		wantReach(t, false, false)
		// A process that starts finds what is there.
		again := open(t, c)
		if missing, err := again.Repair(t.Context()); err != nil || len(missing) > 0 || len(listed(t, again)) != len(changes) {
			t.Errorf("another process finds %q missing, %v, and %v", missing, err, listed(t, again))
		}
	})
}

// TestFull fills a set.
func TestFull(t *testing.T) {
	each(t, kernels, func(t *testing.T, c *Config) {
		c.SetSize = 64
		f := open(t, c)
		apply(t, f, many(60, false, time.Now().Add(time.Hour))...)
		more := many(70, false, time.Now().Add(2*time.Hour))
		err := f.Apply(t.Context(), more)
		var partial *decision.PartialError
		if !errors.As(err, &partial) || len(partial.Changes) != 6 || !strings.Contains(err.Error(), "full with 64 members; write a larger set_size") {
			t.Fatalf("the error is %v", err)
		}
		t.Log(err)
		got := listed(t, f)
		for _, ch := range partial.Changes {
			if _, there := got["quarantine "+ch.Target.String()]; there {
				t.Errorf("%s is there, and the error says that it is not", ch.Target)
			}
		}
		for name, until := range got {
			if time.Until(until) < 90*time.Minute {
				t.Errorf("%s has its old end %s", name, until)
			}
		}
		if len(got) != 64 {
			t.Errorf("there are %d members", len(got))
		}
		// What goes makes room.
		apply(t, f, remove(decision.Quarantine, "10.0.0.1"), add(decision.Quarantine, "192.0.2.77", time.Hour))
		if missing, err := f.Repair(t.Context()); err != nil || len(missing) > 0 {
			t.Errorf("missing are %q, %v", missing, err)
		}
		// Another set_size takes over what is there.
		c.SetSize = 128
		larger := open(t, c)
		apply(t, larger, many(100, false, time.Now().Add(2*time.Hour))...)
		if n := len(listed(t, larger)); n != 101 {
			t.Errorf("the larger set has %d members", n)
		}
	})
}

// TestNested has prefixes within prefixes that end at different times.
func TestNested(t *testing.T) {
	each(t, kernels, func(t *testing.T, c *Config) {
		f := open(t, c)
		for _, cs := range [][]decision.Change{
			{add(decision.Quarantine, "198.51.100.0/28", time.Hour)},
			{add(decision.Quarantine, "198.51.0.0/16", 2*time.Second), add(decision.Quarantine, "198.51.100.0/24", 2*time.Second), add(decision.Quarantine, sender4, 2*time.Second)},
			{add(decision.Quarantine, "2001:db8::/32", 2*time.Second)}, {add(decision.Quarantine, "2001:db8::/125", time.Hour)},
			{add(decision.Block, "240.0.0.0/4", 0), add(decision.Block, "255.255.255.0/24", 0), add(decision.Block, "ff00::/8", time.Hour)},
		} {
			apply(t, f, cs...)
		}
		if got := listed(t, f); len(got) != 9 {
			t.Errorf("there are %v", got)
		}
		if missing, err := f.Repair(t.Context()); err != nil || len(missing) > 0 {
			t.Errorf("missing are %q, %v", missing, err)
		}
		// The wide ones end, the narrow ones stay.
		eventually(t, "the end of the wide prefixes", func() bool { return len(listed(t, f)) == 5 })
		wantReach(t, false, false)
		apply(t, f, add(decision.Quarantine, "198.51.0.0/16", time.Hour))
		apply(t, f, remove(decision.Quarantine, "198.51.100.0/28"))
		wantReach(t, false, false)
		apply(t, f, remove(decision.Quarantine, "198.51.0.0/16"), remove(decision.Quarantine, "2001:db8::/125"))
		wantReach(t, true, true)
		err := f.Apply(t.Context(), []decision.Change{add(decision.Block, "0.0.0.0/0", 0)})
		var partial *decision.PartialError
		if c.Backend == Iptables && !errors.As(err, &partial) {
			t.Errorf("a prefix of length 0: %v", err)
		} else if c.Backend == Nftables && (err != nil || reaches(host4)) {
			t.Errorf("a prefix of length 0: %v", err)
		}
	})
}

// TestOthersFirst has a program that puts its rule before ours all the time.
func TestOthersFirst(t *testing.T) {
	each(t, kernels[:2], func(t *testing.T, c *Config) {
		f := open(t, c)
		apply(t, f, add(decision.Block, sender4, 0))
		moved := 0
		for range 2 * maxMoves {
			sh(t, c.Iptables+" -I INPUT -p udp -j ACCEPT")
			missing, err := f.Repair(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			moved += len(missing)
		}
		if moved != maxMoves {
			t.Errorf("the jump was moved %d times, want %d", moved, maxMoves)
		}
		if n := strings.Count(sh(t, c.Iptables+" -S INPUT"), "-j RULEIDS"); n != 1 {
			t.Errorf("there are %d jumps", n)
		}
	})
}

// TestMany measures how long one member and 100,000 take.
func TestMany(t *testing.T) {
	each(t, []string{"iptables-nft", "nftables"}, func(t *testing.T, c *Config) {
		f := open(t, c)
		for _, v6 := range []bool{false, true} {
			changes := many(100_000, v6, time.Now().Add(time.Hour))
			start := time.Now()
			apply(t, f, changes...)
			took := time.Since(start)
			start = time.Now()
			n := len(listed(t, f))
			t.Logf("v6 %v: 100,000 members were added in %s, and listed in %s", v6, took.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
			if took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if want := len(changes); !v6 && n != want || v6 && n != 2*want {
				t.Errorf("there are %d members", n)
			}
		}
		var times []time.Duration
		for i := range 200 {
			ch := add(decision.Quarantine, "192.0.2.1", time.Hour)
			if i%2 == 1 {
				ch.Remove = true
			}
			start := time.Now()
			apply(t, f, ch)
			times = append(times, time.Since(start))
		}
		slices.Sort(times)
		t.Logf("one member: median %s, 99%% %s", times[100], times[198])
		start := time.Now()
		missing, err := f.Repair(t.Context())
		t.Logf("the first Repair took %s", time.Since(start).Round(time.Millisecond))
		start = time.Now()
		if err == nil && len(missing) == 0 {
			missing, err = f.Repair(t.Context())
		}
		t.Logf("the second Repair took %s", time.Since(start).Round(time.Millisecond))
		if err != nil || len(missing) > 0 {
			t.Errorf("missing are %q, %v", missing, err)
		}
	})
}

// TestRecovery runs the commands of the manual that remove everything.
func TestRecovery(t *testing.T) {
	each(t, kernels, func(t *testing.T, c *Config) {
		apply(t, open(t, c), add(decision.Block, sender4, 0), add(decision.Quarantine, sender6, time.Hour))
		for line := range strings.Lines(manual(t, "recovery of "+c.Backend)) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "```") {
				continue
			}
			if name, rest, _ := strings.Cut(line, " "); strings.HasSuffix(name, "tables") {
				line = name + strings.TrimPrefix(c.Iptables, "iptables") + " " + rest
			}
			sh(t, line)
		}
		wantNothing(t)
		wantReach(t, true, true)
	})
}

// TestShow compares the text for people.
func TestShow(t *testing.T) {
	each(t, kernels, func(t *testing.T, c *Config) {
		c.Hooks = []string{"INPUT"}
		f := open(t, c)
		apply(t, f, add(decision.Block, sender4, 0), add(decision.Quarantine, "203.0.113.0/24", time.Hour))
		wantReach(t, false, true)
		s, err := open(t, c).Show(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := s.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		t.Logf("\n%s", b.String())
		members := 0
		for _, x := range s.Sets {
			members += x.Members
		}
		if !s.Installed || members != 2 || s.Rules[0].Packets == 0 || s.Jumps[0].Position != 1 {
			t.Errorf("%+v", s)
		}
		// Another process with other settings changes what is there.
		changed := *c
		changed.Hooks, changed.Verdict = []string{"FORWARD"}, reject
		g := open(t, &changed)
		listed(t, g)
		if missing, err := g.Repair(t.Context()); err != nil || len(missing) == 0 {
			t.Errorf("missing are %q, %v", missing, err)
		}
		wantReach(t, true, true)
		// The other hook is not looked at.
		for _, j := range s.Jumps {
			if strings.EqualFold(j.Chain, "FORWARD") {
				t.Errorf("there is %+v", j)
			}
		}
	})
}
