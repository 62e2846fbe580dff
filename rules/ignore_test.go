package rules

import (
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
)

func TestIgnores(t *testing.T) {
	const text = `# lint:ignore never-true for the whole block
# lint:ignore no-cooldown a second one
rule "a" {
  where = "tcp and udp"
  when  = "tcp.dstport == 70000"
}

rule "b" {
  where = <<-EOT
    tcp // lint:ignore never-true within the heredoc this is text
  EOT
  description = "b" /* lint:ignore no-cooldown behind an attribute */
}

rule "c" { where = "tcp" } // lint:ignore unused-thing never needed
`
	rs, diags := Load(Options{Sources: map[string][]byte{"a.hcl": []byte(text)}, LintCodes: []string{"no-cooldown"}})
	if len(diags) != 1 || diag.CodeOf(diags[0]) != diag.BadIgnore || diags[0].Subject.Start.Line != 15 {
		t.Errorf("want a warning for the unknown code, got\n%s", diagText(diags))
	}
	at := func(line int) hcl.Range {
		return hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: line, Column: 1}, End: hcl.Pos{Line: line, Column: 2}}
	}
	for _, c := range []struct {
		code string
		line int
		want bool
	}{
		{"never-true", 3, true}, {"never-true", 6, true}, {"never-true", 8, false}, {"never-true", 2, false},
		{"no-cooldown", 3, true}, {"no-cooldown", 12, true}, {"no-cooldown", 8, false},
		{"unknown-field", 3, false},
	} {
		if got := rs.IgnoreFor(c.code, at(c.line)) != nil; got != c.want {
			t.Errorf("%s in line %d ignored: %v", c.code, c.line, got)
		}
	}
	for _, ig := range rs.Ignores {
		if used := ig.Code == "never-true"; ig.Used != used {
			t.Errorf("%s %q used: %v", ig.Code, ig.Reason, ig.Used)
		}
	}
	if r := rs.rule("a"); r.Broken {
		t.Error("a rule whose errors are silenced is broken")
	}
}
