package rules_test

import (
	"fmt"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

func ExampleLoad() {
	source := []byte(`
rule "telnet" {
  description = "Somebody still uses Telnet."
  severity    = "low"
  where       = "tcp.dstport == 23 and tcp.flags.syn"
}

rule "broken" {
  where = "tcp.dport == 80"
}
`)
	rs, diags := rules.Load(rules.Options{Sources: map[string][]byte{"my.hcl": source}})
	for _, d := range diags {
		fmt.Printf("%s: %s: %s\n", d.Subject, diag.CodeOf(d), d.Detail)
	}
	for _, r := range rs.Rules {
		if !r.Broken {
			fmt.Printf("%s (%s): %s\n", r.Name, r.Severity, ast.Format(r.Where))
		}
	}
	// Output:
	// my.hcl:9,12-21: unknown-field: There is no field "tcp.dport". Did you mean "tcp.dstport"?
	// telnet (low): (tcp and tcp.dstport == 23) and (tcp and tcp.flags.syn)
}
