package rules

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
)

const shippedText = `
variable "nets" { default = ["10.0.0.0/8"] }
variable "limit" { default = 5 }
list "home" {
  type   = "ip"
  values = var.nets
}
macro "from_home" { expr = "ip.src in list.home" }
macro "wide" { expr = "from_home and tcp" }
rule "shipped" {
  description = "d"
  severity    = "low"
  where       = "wide and ip.dst in list.home"
  by          = ["ip.src"]
  window "10s" { n = "count()" }
  threshold   = var.limit
  when        = "n >= threshold"
}
`

func loadBeside(t *testing.T, text string, set map[string]string) (*RuleSet, string) {
	t.Helper()
	rs, diags := Load(Options{Stdlib: fstest.MapFS{"a.hcl": {Data: []byte(shippedText)}}, Sources: map[string][]byte{"own.hcl": []byte(text)}, Set: set})
	if diags.HasErrors() {
		t.Fatal(diagText(diags))
	}
	return rs, diagText(diags)
}

// TestShadows: names of one's own that are shipped ones too mean one's own in one's own rules, and change no shipped rule.
func TestShadows(t *testing.T) {
	own := `
variable "limit" { default = "text" }
variable "nets" { default = ["192.0.2.0/24"] }
list "home" {
  type   = "ip"
  values = var.nets
}
macro "from_home" { expr = "ip.src in list.home and udp" }
rule "mine" {
  description = "d"
  severity    = "low"
  where       = "from_home"
}
rule "theirs" {
  description = "d"
  severity    = "low"
  where       = "wide"
}
override "shipped" {
  except "mine" { where = "ip.src in list.home" }
}
`
	rs, warnings := loadBeside(t, own, map[string]string{"limit": "words", "nets": "198.51.100.0/24"})
	if n := strings.Count(warnings, diag.ShadowsShipped); n != 4 {
		t.Errorf("%d warnings: %s", n, warnings)
	}
	wheres := map[string]string{}
	sets := map[string][]string{}
	for _, r := range rs.Rules {
		wheres[r.Name] = ast.Format(r.Where)
		ast.Walk(r.Where, func(e ast.Expr) bool {
			if in, ok := e.(*ast.InExpr); ok {
				sets[r.Name] = append(sets[r.Name], in.Set.String())
			}
			return true
		})
	}
	for name, want := range map[string]string{"mine": "['198.51.100.0/24']", "theirs": "['10.0.0.0/8']", "shipped": "['10.0.0.0/8'] ['10.0.0.0/8'] ['198.51.100.0/24']"} {
		if got := strings.Join(sets[name], " "); got != want {
			t.Errorf("%s looks into %s, want %s: %s", name, got, want, wheres[name])
		}
	}
	if !strings.Contains(wheres["mine"], "udp") || strings.Contains(wheres["theirs"], "udp") {
		t.Errorf("macros: %v", wheres)
	}
	if len(rs.Lists) != 2 || !rs.Lists[0].Shipped || rs.Lists[1].Shipped || len(rs.Variables) != 4 || len(rs.Macros) != 3 {
		t.Errorf("%d lists, %d variables, %d macros", len(rs.Lists), len(rs.Variables), len(rs.Macros))
	}
	for _, r := range rs.Rules {
		if r.Name == "shipped" && r.Threshold.Value != 5 {
			t.Errorf("the threshold of the shipped rule is %v", r.Threshold.Value)
		}
	}
}

// TestAppends: entries are added to the list that one's own rules see.
func TestAppends(t *testing.T) {
	const add = "list \"home\" {\n  append = true\n  values = [\"203.0.113.0/24\"]\n}\n"
	rs, warnings := loadBeside(t, add+strings.Replace(add, "203.0.113", "203.0.114", 1), nil)
	if warnings != "" || len(rs.Lists) != 1 || rs.Lists[0].Set.String() != "['10.0.0.0/8', '203.0.113.0-203.0.114.255']" || rs.Lists[0].Len != 3 {
		t.Errorf("%s%v", warnings, rs.Lists[0].Set)
	}
	rs, _ = loadBeside(t, add+"list \"home\" {\n  type = \"ip\"\n  values = [\"192.0.2.1\"]\n}\n", nil)
	if got := rs.Lists[0].Set.String() + rs.Lists[1].Set.String(); got != "['10.0.0.0/8']['192.0.2.1', '203.0.113.0/24']" {
		t.Errorf("beside a list of one's own: %s", got)
	}
}

// TestGivenValuesStopNothing: what never holds by the value that a site gives a variable is a warning.
func TestGivenValuesStopNothing(t *testing.T) {
	const text = `
variable "ports" { default = [22, 443] }
variable "kind" { default = 8 }
macro "secure" { expr = "tcp.dstport in var.ports and tcp.dstport == 443" }
rule "a" {
  description = "d"
  severity    = "low"
  where       = "secure"
}
rule "b" {
  description = "d"
  severity    = "low"
  where       = "icmp.type == var.kind"
}
`
	for _, set := range []map[string]string{{"ports": "22"}, {"kind": "256"}, {"ports": "[]"}} {
		if _, warnings := loadBeside(t, text, set); !strings.Contains(warnings, diag.NeverTrue) && set["ports"] != "[]" {
			t.Errorf("%v: %q", set, warnings)
		}
	}
	_, diags := Load(Options{Sources: map[string][]byte{"own.hcl": []byte(strings.Replace(text, "= 8", "= 256", 1))}})
	if !diags.HasErrors() {
		t.Error("a default by which a rule never fires is no error")
	}
}
