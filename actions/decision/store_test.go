package decision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/internal/scale"
)

const bad = "198.51.100.7"

func TestDecide(t *testing.T) {
	f := newFixture(t)
	v := f.do(Decided, byRule(Quarantine, bad, 10*time.Minute))
	if d := v.Decision; d.ID != 1 || d.Offences != 1 || !d.Until.Equal(f.clock.Now().Add(10*time.Minute)) || d.Rule != "port_scan" {
		t.Errorf("%+v", d)
	}
	f.do(Decided, byPerson(Block, "2001:db8:bad::/48", 0))
	f.inFirewall("quarantine "+bad, "block 2001:db8:bad::/48")
	// The packets of those who are kept out are still seen: they change nothing.
	f.clock.add(time.Minute)
	if v := f.do(Kept, byRule(Quarantine, bad, 10*time.Minute)); v.Decision.ID != 1 {
		t.Errorf("%+v", v.Decision)
	}
	f.do(Kept, byRule(Block, "2001:db8:bad::1", 0)) // covered
	// What is stronger takes its place, in the other set.
	f.do(Decided, byRule(Block, bad, 0))
	f.inFirewall("block "+bad, "block 2001:db8:bad::/48")
	f.do(Kept, byRule(Quarantine, bad, time.Hour))
	// A person's word replaces any, even with less.
	f.do(Decided, byPerson(Quarantine, bad, time.Minute))
	f.inFirewall("quarantine "+bad, "block 2001:db8:bad::/48")
	if got := f.Covering(target("2001:db8:bad::7")); len(got) != 1 || got[0].ID != 2 {
		t.Errorf("%v", got)
	}
	s := f.Status()
	if s.Blocks != 1 || s.Quarantines != 1 || s.Outcomes[Decided] != 4 || s.Outcomes[Kept] != 3 || s.JournalLines != 4 {
		t.Errorf("%+v", s)
	}
}

func TestExpiry(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Quarantine, bad, 10*time.Minute))
	f.do(Decided, byRule(Block, "198.51.100.8", 0))
	f.wait(10*time.Minute - time.Microsecond)
	f.inFirewall("quarantine "+bad, "block 198.51.100.8")
	f.wait(time.Microsecond)
	f.inFirewall("block 198.51.100.8")
	if s := f.Status(); s.Expired != 1 || s.Quarantines != 0 || s.Blocks != 1 {
		t.Errorf("%+v", s)
	}
	// The end of its time is not a release: whoever goes on is kept out again at once.
	f.do(Decided, byRule(Quarantine, bad, 10*time.Minute))
}

func TestGrace(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Block, bad, 0))
	if v := f.do(Released, byPerson(Release, bad, 0)); v.Decision.ID != 1 {
		t.Errorf("%+v", v.Decision)
	}
	f.inFirewall()
	f.do(Skipped, byRule(Block, bad, 0))
	f.reopen() // it is remembered
	f.wait(60*time.Second - time.Microsecond)
	v := f.do(Skipped, byRule(Block, bad, 0))
	if !strings.Contains(v.Detail, "12:01:00") {
		t.Error(v.Detail)
	}
	fleet := byRule(Block, bad, 0)
	fleet.By = Origin{Source: SourceFleet, Who: "edge-1"}
	f.do(Skipped, fleet)
	f.inFirewall()
	f.do(Decided, byPerson(Block, bad, 0)) // a person need not wait
	f.do(Released, byPerson(Release, bad, 0))
	f.wait(60 * time.Second)
	f.do(Decided, byRule(Block, bad, 0))

	// The release of a prefix is that of its addresses.
	f.do(Decided, byPerson(Block, "203.0.113.128/25", 0))
	f.do(Released, byPerson(Release, "203.0.113.128/25", 0))
	f.do(Skipped, byRule(Block, "203.0.113.200", 0))
}

func TestRelease(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byPerson(Block, "203.0.113.128/25", 0))
	if v := f.do(Absent, byPerson(Release, bad, 0)); v.Decision != nil {
		t.Errorf("%+v", v)
	}
	if v := f.do(Absent, byPerson(Release, "203.0.113.200", 0)); v.Decision == nil || !strings.Contains(v.Detail, "203.0.113.128/25, which covers it") {
		t.Errorf("%+v", v)
	}
	f.do(Refused, byRule(Release, "203.0.113.128/25", 0))
}

func TestEscalation(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.EscalateBy, c.EscalateMax = 3, time.Hour })
	for i, want := range []time.Duration{10 * time.Minute, 30 * time.Minute, time.Hour, time.Hour} {
		d := f.do(Decided, byRule(Quarantine, bad, 10*time.Minute)).Decision
		if got := d.Until.Sub(d.Since); got != want || d.Offences != i+1 {
			t.Errorf("offence %d of %d: %v, want %v", d.Offences, i+1, got, want)
		}
		f.do(Kept, byRule(Quarantine, bad, 10*time.Minute))
		f.wait(want)
		if i == 1 {
			f.reopen() // offences are remembered
		}
	}
	// A person's decision is as long as they say, and no offence.
	f.do(Decided, byPerson(Quarantine, bad, time.Minute))
	f.wait(time.Minute)
	// More than the maximum is as the rule says, never less.
	if d := f.do(Decided, byRule(Quarantine, bad, 2*time.Hour)).Decision; d.Until.Sub(d.Since) != 2*time.Hour || d.Offences != 5 {
		t.Errorf("%+v", d)
	}
	f.wait(2*time.Hour + 24*time.Hour) // forgotten
	if d := f.do(Decided, byRule(Quarantine, bad, time.Minute)).Decision; d.Offences != 1 {
		t.Errorf("%+v", d)
	}
	// A person who releases says that there was no offence.
	f.do(Released, byPerson(Release, bad, 0))
	f.wait(time.Hour)
	if d := f.do(Decided, byRule(Quarantine, bad, time.Minute)).Decision; d.Offences != 1 {
		t.Errorf("%+v", d)
	}
}

func TestMonitor(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.Mode = "monitor" })
	if d := f.do(Recorded, byRule(Quarantine, bad, time.Minute)).Decision; !d.Recorded {
		t.Errorf("%+v", d)
	}
	f.do(Recorded, byPerson(Block, "198.51.100.8", 0))
	f.do(Kept, byRule(Quarantine, bad, time.Minute))
	f.do(Refused, byRule(Block, "192.0.2.1", 0))
	f.inFirewall()
	if s := f.Status(); s.Recorded != 2 || s.Blocks+s.Quarantines != 0 || s.JournalLines != 0 {
		t.Errorf("%+v", s)
	}
	// What was recorded is not done because the mode changes.
	c := *f.config
	c.Mode = "enforce"
	if restart, err := f.Reconfigure(context.Background(), &c); err != nil || len(restart) > 0 {
		t.Error(restart, err)
	}
	f.inFirewall()
	f.do(Decided, byRule(Quarantine, bad, time.Minute))
	f.inFirewall("quarantine " + bad)
	c.Mode = "monitor"
	if _, err := f.Reconfigure(context.Background(), &c); err != nil {
		t.Error(err)
	}
	f.inFirewall()
	f.do(Released, byPerson(Release, bad, 0))
	if got := f.List(); len(got) != 1 || !got[0].Recorded {
		t.Errorf("%v", got)
	}
	f.config.Mode = "enforce"
	f.reopen()
	if len(f.List()) != 0 {
		t.Errorf("%v", f.List())
	}
}

// TestMonitorEmpties leaves nothing in the firewall that an earlier run in enforce mode put there.
func TestMonitorEmpties(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Block, bad, 0))
	f.Close()
	f.config.Mode = "monitor"
	f.open()
	f.inFirewall()
	if s := f.Status(); s.Blocks != 1 {
		t.Errorf("%+v", s) // it is kept for the day of enforcing
	}
}

// TestMonitorTouchesNothing: members that the Store knows nothing of are those of another daemon.
func TestMonitorTouchesNothing(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.Mode = "monitor" })
	f.Close()
	others := Change{Member: Member{Target: target("203.0.113.77"), Kind: Block}}
	if err := f.firewall.Apply(t.Context(), []Change{others}); err != nil {
		t.Fatal(err)
	}
	f.open()
	f.do(Recorded, byRule(Quarantine, bad, time.Minute))
	if _, removed, err := f.Reconcile(t.Context()); err != nil || removed != 0 {
		t.Errorf("%d removed, %v", removed, err)
	}
	f.inFirewall("block 203.0.113.77")
}

func TestShadow(t *testing.T) {
	f := newFixture(t)
	r := byRule(Quarantine, bad, 10*time.Minute)
	r.Shadow = true
	f.do(Recorded, r)
	f.wait(10 * time.Minute)
	if d := f.do(Recorded, r).Decision; d.Offences != 2 {
		t.Errorf("%+v", d)
	}
	f.inFirewall()
	r.Shadow = false
	if d := f.do(Decided, r).Decision; d.Offences != 1 { // shadows lengthen nothing
		t.Errorf("%+v", d)
	}
	f.inFirewall("quarantine " + bad)
}

func TestInvalid(t *testing.T) {
	f := newFixture(t)
	forced := byRule(Block, bad, 0)
	forced.Force = true
	past := byPerson(Block, bad, 0)
	past.Until = f.clock.Now()
	for _, r := range []Request{
		{Kind: Block, By: Origin{Source: SourceRule}}, {Kind: "ban", Target: target(bad), By: Origin{Source: SourceRule}},
		{Kind: Block, Target: target(bad)}, {Kind: Block, Target: target(bad), By: Origin{Source: SourceGuard}},
		byRule(Block, bad, -1), byRule(Block, bad, maxFor+1), byPerson(Quarantine, bad, 0), forced, past,
	} {
		if v := f.do(Refused, r); !strings.HasSuffix(v.Detail, ".") {
			t.Errorf("%q is not a sentence", v.Detail)
		}
	}
	f.inFirewall()
}

func TestLimit(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.MaxDecisions = 2 })
	f.do(Decided, byRule(Block, "198.51.100.1", 0))
	f.do(Decided, byRule(Quarantine, "198.51.100.2", time.Minute))
	if v := f.do(Refused, byRule(Block, "198.51.100.3", 0)); !strings.Contains(v.Detail, "max_decisions") {
		t.Error(v.Detail)
	}
	f.do(Decided, byRule(Block, "198.51.100.2", 0)) // no more than before
	// People are not kept from blocking somebody, but not without end.
	for i := range humanRoom {
		f.do(Decided, byPerson(Block, fmt.Sprintf("10.0.%d.%d", i>>8, i&255), 0))
	}
	f.do(Refused, byPerson(Block, "198.51.100.3", 0))
	for i := range humanRoom {
		f.do(Released, byPerson(Release, fmt.Sprintf("10.0.%d.%d", i>>8, i&255), 0))
	}
	f.wait(time.Minute) // all is forgotten
	// Spoofed addresses fill no memory with what is remembered of them either.
	f.do(Released, byPerson(Release, "198.51.100.1", 0))
	for i := range 20 {
		f.do(Decided, byRule(Quarantine, fmt.Sprintf("203.0.113.%d", 100+i), time.Second))
		f.wait(time.Second)
	}
	if n := len(f.active.states); n > 5 {
		t.Errorf("%d states", n)
	}
}

func TestFromAlert(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 1, 400e6, time.UTC)
	rs := FromAlert(&alert.Alert{Time: at.UnixNano(), Number: 15, Rule: "port_scan", Description: "A scan.", Severity: scale.SeverityHigh, Shadow: true,
		Actions: []alert.Action{
			{Kind: "quarantine", Target: netip.MustParseAddr(bad), Seconds: 600}, {Kind: "notify", To: []string{"ops"}}, {Kind: "block"},
			{Kind: "block", Target: netip.MustParseAddr("198.51.100.8"), Spoofable: true},
		}})
	want := Request{Kind: Quarantine, Target: target(bad), For: 10 * time.Minute, Reason: "A scan.", Shadow: true,
		By: Origin{Source: SourceRule, Rule: "port_scan", Alert: &Alert{Time: at, Number: 15, Severity: scale.SeverityHigh}}}
	if len(rs) != 2 || rs[1].Target != target("198.51.100.8") || rs[1].For != 0 || !rs[1].Spoofable || rs[0].Spoofable {
		t.Fatalf("%+v", rs)
	}
	if got := rs[0]; *got.By.Alert != *want.By.Alert || got.For != want.For || got.Reason != want.Reason || !got.Shadow || got.By.Rule != want.By.Rule {
		t.Errorf("%+v", got)
	}
}

// TestGroupCommit has a storm of requests share syncs.
func TestGroupCommit(t *testing.T) {
	const n = 500
	f := newFixture(t)
	f.Close()
	var syncs atomic.Int64
	var began, wait atomic.Pointer[chan struct{}]
	f.ops.sync = func(*os.File) error {
		syncs.Add(1)
		if c := began.Swap(nil); c != nil {
			close(*c)
		}
		if c := wait.Load(); c != nil {
			<-*c
		}
		return nil
	}
	f.open()
	opened := syncs.Load()
	first, hold := make(chan struct{}), make(chan struct{})
	began.Store(&first)
	wait.Store(&hold)
	var all sync.WaitGroup
	decide := func(i int) {
		all.Go(func() { f.do(Decided, byRule(Block, fmt.Sprintf("198.51.%d.%d", i/250, i%250), 0)) })
	}
	decide(0)
	<-first // the first sync is under way; all others have to wait for it
	for i := 1; i < n; i++ {
		decide(i)
	}
	for end := time.Now().Add(10 * time.Second); len(f.asks) < n-1; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d requests wait", len(f.asks))
		}
	}
	close(hold)
	all.Wait()
	if got := syncs.Load() - opened; got != 2 {
		t.Errorf("%d requests took %d syncs", n, got)
	}
	if len(f.members()) != n {
		t.Errorf("%d members", len(f.members()))
	}
	vs := f.DecideAll(context.Background(), slices.Repeat([]Request{byRule(Block, "203.0.113.100", 0)}, 3))
	if vs[0].Outcome != Decided || vs[1].Outcome != Kept || vs[2].Outcome != Kept {
		t.Errorf("%v", vs)
	}
}

func TestClosed(t *testing.T) {
	f := newFixture(t)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if v := f.Decide(context.Background(), byRule(Block, bad, 0)); v.Outcome != Failed || !errors.Is(v.Err, ErrClosed) {
		t.Errorf("%v", v)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestContext(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	entered := make(chan struct{})
	go func() { _ = f.call(context.Background(), func() { close(entered); <-release }) }()
	<-entered
	cancel()
	if v := f.Decide(ctx, byRule(Block, bad, 0)); v.Outcome != Failed || !errors.Is(v.Err, context.Canceled) {
		t.Errorf("%v", v)
	}
	close(release)
}

// TestMany is for the race detector: everything at once.
func TestMany(t *testing.T) {
	f := newFixture(t)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 50 {
				a := fmt.Sprintf("198.51.%d.%d", w, i)
				f.do(Decided, byRule(Quarantine, a, time.Minute))
				if i%3 == 0 {
					f.do(Released, byPerson(Release, a, 0))
				}
			}
		})
	}
	all.Go(func() {
		for i := range 20 {
			f.host.change(func(x *host.Info) { x.SSHPeers = addrs(fmt.Sprintf("203.0.113.%d", i)) }, nil)
			f.host.changes <- struct{}{}
			f.List()
			f.Status()
			f.Covering(target(bad))
			if _, _, err := f.Reconcile(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	want := len(f.members())
	f.reopen()
	if f.report.Restored != want || len(f.members()) != want || want != 4*33 {
		t.Errorf("%d restored, %d members, %d before", f.report.Restored, len(f.members()), want)
	}
}

// Who is released stays out while a prefix around them is blocked, and the verdict says so.
func TestReleaseUnderPrefix(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byPerson(Block, bad, 0))
	f.do(Decided, byPerson(Block, "198.51.100.0/24", 0))
	v := f.do(Released, byPerson(Release, bad, 0))
	if v.Covered == nil || v.Covered.Target != target("198.51.100.0/24") || !strings.Contains(v.String(), "the block of 198.51.100.0/24 still keeps it out") {
		t.Errorf("%s", v)
	}
	if v := f.do(Released, byPerson(Release, "198.51.100.0/24", 0)); v.Covered != nil {
		t.Errorf("%s", v)
	}
}

// Whoever forges addresses does not make a decision longer by doing it again.
func TestSpoofableDoesNotEscalate(t *testing.T) {
	f := newFixture(t)
	forged := byRule(Block, bad, time.Hour)
	forged.Spoofable = true
	for range 4 {
		if d := f.do(Decided, forged).Decision; d.Until.Sub(d.Since) != time.Hour || d.Offences != 0 {
			t.Errorf("%v, offence %d", d.Until.Sub(d.Since), d.Offences)
		}
		f.do(Kept, forged)
		f.wait(time.Hour)
	}
	if d := f.do(Decided, byRule(Block, bad, time.Hour)).Decision; d.Offences != 1 {
		t.Errorf("forged packets count as %d offences", d.Offences-1)
	}
}

// What is written as IPv4-mapped in an IPv6 header is not the IPv4 address, and no address of a host either. No rule keeps
// out link-local addresses.
func TestRulesKeepOutHostsOnly(t *testing.T) {
	f := newFixture(t)
	for _, text := range []string{"::ffff:198.51.100.7", "fe80::7", "240.0.0.1", "0.1.2.3", "127.9.9.9", "255.255.255.255"} {
		rs := FromAlert(&alert.Alert{Rule: "r", Actions: []alert.Action{{Kind: "block", Target: netip.MustParseAddr(text), Seconds: 60}}})
		if v := f.do(Refused, rs[0]); v.Protection == nil {
			t.Errorf("%s: %s", text, v)
		}
	}
	if ds := f.List(); len(ds) != 0 {
		t.Errorf("%v", ds)
	}
	if v := f.do(Refused, byRule(Block, "240.0.0.1", 0)); !strings.Contains(v.Detail, "240.0.0.0/4 is reserved") {
		t.Errorf("%s", v)
	}
	f.do(Decided, byPerson(Block, "fe80::7", 0))
}

func TestHugePrefixes(t *testing.T) {
	f := newFixture(t)
	for text, want := range map[string]Outcome{"12.0.0.0/7": Refused, "13.0.0.0/8": Decided, "2a00::/31": Refused, "2a02::/32": Decided} {
		r := byPerson(Block, text, 0)
		if v := f.do(want, r); want == Refused && !strings.Contains(v.Detail, "force") {
			t.Errorf("%s: %s", text, v)
		}
		r.Force = true
		f.do(Decided, r)
	}
}

// Where nothing is enforced, no decision says that it keeps somebody out.
func TestMonitorRecordsWhatWasEnforced(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byPerson(Block, bad, 0))
	c := *f.config
	c.Mode = "monitor"
	if _, err := f.Reconfigure(t.Context(), &c); err != nil {
		t.Fatal(err)
	}
	for _, ds := range [][]Decision{f.List(), f.Covering(target(bad))} {
		if len(ds) != 1 || !ds[0].Recorded {
			t.Errorf("%+v", ds)
		}
	}
	var out bytes.Buffer
	if err := f.Export(&out); err != nil || !strings.Contains(out.String(), bad) {
		t.Errorf("the export lacks what will hold again: %s, %v", out.String(), err)
	}
}
