// The writer of MMDB files needs an int of 64 bits.

//go:build !386 && !arm && !mips && !mipsle

package engine

import (
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/ruleids/ruleids/internal/geo/geotest"
	"github.com/ruleids/ruleids/rules"
)

// located loads rules with a file that knows 10.0.0.0/30 as DE, 64496, and 10.0.0.4/30 as FR, without a number.
func located(t *testing.T, src string) *rules.RuleSet {
	t.Helper()
	file := geotest.Write(t, map[string]mmdbtype.Map{
		"10.0.0.0/30": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("DE")}, "autonomous_system_number": mmdbtype.Uint32(64496), "autonomous_system_organization": mmdbtype.String("Example Net")},
		"10.0.0.4/30": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("FR")}},
	})
	rs, diags := rules.Load(rules.Options{Sources: map[string][]byte{"test.hcl": []byte(src)}, GeoIP: []string{file}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return rs
}

const placeRules = `rule "abroad" {
  where = "tcp and geoip.country(ip.src) != 'DE'"
  by = ["ip.src", "geoip.country(ip.src)"]
}
rule "not_known_german" {
  where = "tcp and not (geoip.country(ip.src) == 'DE')"
  by = ["ip.src"]
}
rule "network" {
  where = "tcp and geoip.asn(ip.src) in [64496, 64497] and lower(geoip.as_org(ip.src)) contains 'example'"
  window "10s" {
    sources = "distinct([geoip.asn(ip.src), dst.port])"
    orgs = "distinct(geoip.as_org(ip.src))"
  }
  when = "sources >= 2"
  notify { 
    to = ["x"]
    message = "${geoip::country(ip.src)} ${orgs}"
  }
}
`

// What the files do not know has no value: comparisons with it are false, != too.
func TestPlaces(t *testing.T) {
	segs := []seg{syn(0, "10.0.0.1", 1), syn(1, "10.0.0.4", 1), syn(2, "10.0.0.2", 2), syn(3, "192.0.2.77", 1), syn(4, "::1", 1)}
	want := []string{"abroad #2 10.0.0.4 FR", "not_known_german #2 10.0.0.4", "network #3 sources=2 orgs=1",
		"not_known_german #4 192.0.2.77", "not_known_german #5 ::1"}
	rs := located(t, placeRules)
	for name, tuning := range map[string]Tuning{"default": {}, "no sharing": {NoSharing: true}, "vm": inVM} {
		p, diags := CompileTuned(rs, Options{}, tuning)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if got := run(New(p, Config{Workers: 2}), frames(segs...)); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: got %q", name, got)
		}
	}
	// Without files nothing is known.
	expect(t, fire(t, placeRules, segs...), "not_known_german #1 10.0.0.1", "not_known_german #2 10.0.0.4", "not_known_german #3 10.0.0.2",
		"not_known_german #4 192.0.2.77", "not_known_german #5 ::1")
	// A file that cannot be read is an error, where some rule asks.
	opt := rules.Options{Sources: map[string][]byte{"test.hcl": []byte(placeRules)}, GeoIP: []string{"none.mmdb"}}
	if _, diags := rules.Load(opt); !diags.HasErrors() || !strings.Contains(diags.Error(), "none.mmdb") {
		t.Errorf("got %v", diags)
	}
	opt.Sources = map[string][]byte{"test.hcl": []byte(scanRule)}
	if _, diags := rules.Load(opt); diags.HasErrors() {
		t.Errorf("where nobody asks: %v", diags)
	}
}

func TestPlacesAllocateNothing(t *testing.T) {
	p, _ := Compile(located(t, `rule "r" {
  where = "tcp and geoip.country(ip.src) == 'XX' and geoip.asn(ip.dst) > 5 or geoip.as_org(ip.dst) == 'y'"
}`), Options{})
	e := New(p, Config{})
	fs := frames(syn(0, "10.0.0.1", 1), syn(1, "10.0.0.4", 1))
	run(e, fs)
	if n := testing.AllocsPerRun(100, func() { e.Process(fs, nil) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
