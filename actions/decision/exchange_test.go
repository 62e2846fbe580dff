package decision

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/internal/host"
)

func TestExchange(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.NeverBlock = []Target{target("198.51.100.99")} })
	f.do(Decided, byRule(Quarantine, bad, 10*time.Minute))
	f.do(Decided, byRule(Quarantine, "198.51.100.8", time.Minute))
	f.do(Decided, byPerson(Block, "203.0.113.128/25", 0))
	forced := byPerson(Block, "198.51.100.99", 0)
	forced.Force = true
	f.do(Decided, forced)
	f.do(Decided, byRule(Block, "198.51.100.10", 0))
	shadow := byRule(Block, "198.51.100.11", 0)
	shadow.Shadow = true
	f.do(Recorded, shadow)
	var doc bytes.Buffer
	if err := f.Export(&doc); err != nil {
		t.Fatal(err)
	}

	g := newFixture(t, func(c *Config) { c.NeverBlock = []Target{target("198.51.100.99")} })
	g.clock.add(time.Minute)
	g.host.change(func(x *host.Info) { x.Gateways = addrs("198.51.100.10") }, nil)
	rs, err := ReadExport(&doc, "alice")
	vs := g.DecideAll(context.Background(), rs)
	if err != nil {
		t.Fatal(err)
	}
	var got []Outcome
	for _, v := range vs {
		got = append(got, v.Outcome)
	}
	// The second has ended, the fourth was forced there and not here, the fifth is a gateway here.
	if want := []Outcome{Decided, Refused, Decided, Refused, Refused}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	g.inFirewall("quarantine "+bad, "block 203.0.113.128/25")
	want := f.Covering(target(bad))[0]
	have := g.Covering(target(bad))[0]
	if want.ID, have.ID = 0, 0; !cmp.Equal(want, have, cmp.Comparer(func(a, b Target) bool { return a == b })) {
		t.Errorf("%+v, want %+v", have, want)
	}
	lines := audited(t, g.config.Audit)
	if l := lines[1]; l.Source != SourceRestore || l.Who != "alice" || l.Decision.Rule != "port_scan" {
		t.Errorf("%+v", l)
	}
}

func TestReadExport(t *testing.T) {
	for text, want := range map[string]string{
		``: "not an export", `[]`: "not an export", `{"version":2}`: "version 2", `{"version":1,"x":1}`: "not an export",
		`{"version":1,"decisions":[{"kind":"ban","target":"198.51.100.7","since":"2026-11-20T12:00:00Z"},{"kind":"block","since":"2026-11-20T12:00:00Z"}]}`: "decision 2 (none): it has no target",
		`{"version":1,"decisions":[{"kind":"block","target":"all"}]}`:                                                                                       "is not an IP address",
	} {
		if rs, err := ReadExport(strings.NewReader(text), "root"); err == nil || !strings.Contains(err.Error(), want) || rs != nil {
			t.Errorf("%s: %v, %v, want %q", text, rs, err, want)
		}
	}
}
