package decision

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/host"
)

func TestProtected(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.NeverBlock = []Target{target("198.51.100.99"), target("2001:db8:f00::/48")} })
	for addr, what := range map[string]string{
		"192.0.2.10": "an address of this host", "2001:db8::10": "an address of this host", "::ffff:192.0.2.10": "an address of this host",
		"192.0.2.1": "a gateway", "fe80::1": "a gateway", "192.0.2.255": "a broadcast address", "192.0.2.53": "a resolver",
		"203.0.113.5": "the peer of an SSH session", "198.51.100.99": "in never_block", "2001:db8:f00::7": "in never_block",
		"127.0.0.53": "loopback", "::1": "loopback", "224.0.0.251": "multicast", "239.1.2.3": "multicast", "ff02::1": "multicast",
		"255.255.255.255": "broadcast", "0.0.0.0": "the unspecified address", "::": "the unspecified address",
		// Prefixes that hold one.
		"192.0.2.0/24": "192.0.2.1 is a gateway", "0.0.0.0/0": "0.0.0.0/8", "2001:db8::/64": "2001:db8::10 is an address", "::/0": "::",
		"198.51.100.0/24": "198.51.100.99 is in never_block", "2001:db8:f00:1::/64": "2001:db8:f00::/48 is in never_block",
		"::ffff:192.0.2.0/120": "192.0.2.1 is a gateway", "126.0.0.0/7": "127.0.0.0/8 is loopback",
	} {
		for _, by := range []Source{SourceRule, SourcePerson, SourceTelegram, SourceFleet, SourceRestore} {
			v := f.Decide(context.Background(), Request{Kind: Block, Target: target(addr), By: Origin{Source: by}})
			if v.Outcome != Refused || v.Protection == nil || !strings.Contains(v.Detail, what) {
				t.Errorf("%s by %s: %s, want it refused for %q", addr, by, v, what)
			}
		}
		forced := byPerson(Block, addr, 0)
		forced.Force = true
		want := Refused
		if strings.Contains(what, "never_block") {
			want = Decided
		}
		f.do(want, forced)
	}
	for _, addr := range []string{"192.0.2.11", "2001:db8:2::2", "10.0.0.0/8", "2001:db8:1::/48", "223.255.255.255"} {
		f.do(Decided, byRule(Block, addr, 0))
	}
	// In monitor mode the refusals are the same: that is what it is for.
	c := *f.config
	c.Mode = "monitor"
	if _, err := f.Reconfigure(context.Background(), &c); err != nil {
		t.Fatal(err)
	}
	f.do(Refused, byRule(Block, "192.0.2.1", 0))
}

// TestBecomesProtected releases what is decided when the host comes to need it.
func TestBecomesProtected(t *testing.T) {
	for name, change := range map[string]func(*host.Info, netip.Addr){
		"address":  func(f *host.Info, a netip.Addr) { f.Addresses = append(f.Addresses, a) },
		"gateway":  func(f *host.Info, a netip.Addr) { f.Gateways = []netip.Addr{a} },
		"resolver": func(f *host.Info, a netip.Addr) { f.Resolvers = []netip.Addr{a} },
		"router":   func(f *host.Info, a netip.Addr) { f.Routers = []netip.Addr{a} },
		"server":   func(f *host.Info, a netip.Addr) { f.Servers = []netip.Addr{a} },
		"SSH peer": func(f *host.Info, a netip.Addr) { f.SSHPeers = []netip.Addr{a} },
	} {
		for _, addr := range []string{"198.51.100.7", "2001:db8:9::7"} {
			t.Run(name+" "+addr, func(t *testing.T) {
				f := newFixture(t)
				a := netip.MustParseAddr(addr)
				around, _ := a.Prefix(a.BitLen() - 8)
				f.do(Decided, byRule(Block, addr, 0))
				forced := byPerson(Block, around.String(), 0)
				forced.Force = true
				f.do(Decided, forced)
				f.do(Decided, byRule(Block, "10.1.2.3", 0))
				f.host.change(func(x *host.Info) { change(x, a) }, nil)
				f.wait(0)
				f.inFirewall("block 10.1.2.3")
				if s := f.Status(); s.Guarded != 2 {
					t.Errorf("%+v", s)
				}
				f.do(Refused, byRule(Block, addr, 0))
				f.reopen()
				if f.report.Restored != 1 {
					t.Errorf("%+v", f.report)
				}
			})
		}
	}
}

// TestNeeded releases what a rule decided about a server that the program comes to talk to, and lets a person insist.
func TestNeeded(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Block, bad, 0))
	f.host.change(func(x *host.Info) {
		x.Needed = []host.Needed{{Addr: netip.MustParseAddr(bad), What: "the server of output syslog"}}
	}, nil)
	f.wait(0)
	f.inFirewall()
	if v := f.do(Refused, byRule(Block, bad, 0)); !strings.Contains(v.Detail, "the server of output syslog") {
		t.Error(v)
	}
	f.do(Refused, byPerson(Block, bad, 0))
	forced := byPerson(Block, bad, 0)
	forced.Force = true
	f.do(Decided, forced)
	f.inFirewall("block " + bad)
}

// TestNotices has the Store look without being asked, when the host says that something changed.
func TestNotices(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Block, bad, 0))
	f.host.change(func(x *host.Info) { x.Gateways = addrs(bad) }, nil)
	f.host.changes <- struct{}{}
	deadline := time.Now().Add(10 * time.Second)
	for len(f.members()) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("the gateway is still blocked")
		}
		// Every request goes through the goroutine that has to see the notice; a refused one looks at nothing.
		f.Decide(context.Background(), Request{})
	}
}

func TestNeverBlockReload(t *testing.T) {
	f := newFixture(t)
	for i := range 5 {
		f.do(Decided, byRule(Block, fmt.Sprintf("198.51.100.%d", i), 0))
	}
	forced := byPerson(Block, "198.51.100.77", 0)
	forced.Force = true
	f.do(Decided, forced)
	f.do(Decided, byRule(Block, "203.0.113.7", 0))
	c := *f.config
	c.NeverBlock = []Target{target("198.51.100.0/24")}
	c.Journal = "elsewhere"
	restart, err := f.Reconfigure(context.Background(), &c)
	if err != nil || len(restart) != 1 || restart[0] != "journal" {
		t.Error(restart, err)
	}
	f.inFirewall("block 198.51.100.77", "block 203.0.113.7") // what a person forced stays
	c.Audit = c.Journal
	if _, err := f.Reconfigure(context.Background(), &c); err == nil {
		t.Error("settings that do not go together were taken")
	}
}

// TestProtectedAtRestore does not hand the firewall what became protected while the program did not run.
func TestProtectedAtRestore(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Block, bad, 0))
	f.do(Decided, byRule(Block, "198.51.100.8", 0))
	f.host.change(func(x *host.Info) { x.Addresses = append(x.Addresses, netip.MustParseAddr(bad)) }, nil)
	f.reopen()
	f.inFirewall("block 198.51.100.8")
	if len(f.report.Dropped) != 1 || !strings.Contains(f.report.Dropped[0], "an address of this host") || len(f.firewall.Batches()) != 1 {
		t.Errorf("%+v, batches %v", f.report, f.firewall.Batches())
	}
	f.host = newHost()
	f.reopen()
	f.inFirewall("block 198.51.100.8") // it was released for good
}

func TestHostUnknown(t *testing.T) {
	f := newFixture(t)
	f.host.change(func(*host.Info) {}, errors.New("no netlink"))
	f.do(Refused, byRule(Block, "192.0.2.1", 0)) // by what was known
	if s := f.Status(); s.Failing["host"] == "" {
		t.Errorf("%+v", s.Failing)
	}
	f.host.change(func(*host.Info) {}, nil)
	f.do(Refused, byRule(Block, "192.0.2.1", 0))
	if s := f.Status(); s.Failing["host"] != "" || f.troubles.host.State().Failures == 0 {
		t.Errorf("%+v", s.Failing)
	}
	f.Close()
	f.host.facts, f.host.err = nil, errors.New("no netlink")
	if _, _, err := Open(context.Background(), f.config, Options{Firewall: f.firewall, Host: f.host, Now: f.clock.Now}); err == nil || !strings.Contains(err.Error(), "no netlink") {
		t.Errorf("opened without knowing what to protect: %v", err)
	}
}

func TestTarget(t *testing.T) {
	for text, want := range map[string]string{
		"198.51.100.7": "198.51.100.7", "198.51.100.7/24": "198.51.100.0/24", "198.51.100.7/32": "198.51.100.7", "::ffff:198.51.100.7": "198.51.100.7",
		"::ffff:198.51.100.0/120": "198.51.100.0/24", "2001:DB8::7": "2001:db8::7", "2001:db8::7/128": "2001:db8::7", "0.0.0.0/0": "0.0.0.0/0",
		"": "", "all": "", "198.51.100": "", "198.51.100.7/33": "", "fe80::1%eth0": "", "198.51.100.7/": "",
	} {
		got, err := ParseTarget(text)
		if (want == "") != (err != nil) || err == nil && got.String() != want {
			t.Errorf("%q: %s, %v; want %q", text, got, err, want)
		}
		if err == nil && target(got.String()) != got {
			t.Errorf("%s is not read as it is written", got)
		}
	}
}
