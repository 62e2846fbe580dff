package rules

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/stdlib"
)

// TestLeftOut: where a rule refers to what only the shipped rules declare, an error says that these are not loaded.
func TestLeftOut(t *testing.T) {
	const text = `rule "mine" {
  description = "Mine."
  severity    = "low"
  where       = "new_connection and ip.dst in list.home_nets and tcp.dstport != var.nowhere"
  threshold   = var.port_scan_ports
}
override "port_scan" {
  severity = "low"
}
`
	_, diags := Load(Options{Sources: map[string][]byte{"mine.hcl": []byte(text)}, Set: map[string]string{"port_scan_ports": "3"}})
	said := map[string]bool{}
	for _, d := range diags {
		for _, kind := range []string{"macro", "list", "variable", "rule"} {
			if strings.Contains(d.Detail, "The shipped rules have a "+kind+" of that name, and are left out by --no-stdlib") {
				said[kind] = true
			}
		}
		if strings.Contains(d.Detail, "nowhere") && strings.Contains(d.Detail, "shipped") {
			t.Errorf("%s: the shipped rules do not have it", d.Detail)
		}
	}
	for _, kind := range []string{"macro", "list", "variable", "rule"} {
		if !said[kind] {
			t.Errorf("nothing says that the shipped rules have the %s:\n%v", kind, diags)
		}
	}
	if _, diags = Load(Options{Stdlib: stdlib.FS(), Sources: map[string][]byte{"mine.hcl": []byte(strings.Replace(text, "new_connection", "new_connectio", 1))}}); !diags.HasErrors() || strings.Contains(diags.Error(), "left out") {
		t.Errorf("with the shipped rules: %v", diags)
	}
}

// TestShippedNames: what leftOut knows is what the shipped rules declare.
func TestShippedNames(t *testing.T) {
	rs, diags := Load(Options{Stdlib: stdlib.FS()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := map[[2]string]bool{}
	for _, r := range rs.Rules {
		want[[2]string{"rule", r.Name}] = true
	}
	for _, m := range rs.Macros {
		want[[2]string{"macro", m.Name}] = true
	}
	for _, v := range rs.Variables {
		want[[2]string{"variable", v.Name}] = true
	}
	for _, l := range rs.Lists {
		want[[2]string{"list", l.Name}] = true
	}
	for _, m := range rs.Models {
		want[[2]string{"model", m.Name}] = true
	}
	got := shippedNames()
	for k := range want {
		if !got[k] {
			t.Errorf("%v is not known", k)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d names are known, and there are %d", len(got), len(want))
	}
}
