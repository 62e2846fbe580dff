package lint

import (
	"bytes"
	"os"
	"testing"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// Whatever a rule file says, lint comes to an end, and its findings have places in that file.
func FuzzRun(f *testing.F) {
	text, err := os.ReadFile(page)
	if err != nil {
		f.Fatal(err)
	}
	for _, block := range bytes.Split(text, []byte("```")) {
		if rest, ok := bytes.CutPrefix(block, []byte("hcl ")); ok {
			_, body, _ := bytes.Cut(rest, []byte("\n"))
			f.Add(string(body))
		}
	}
	for _, body := range []string{"", `absent "a" { where = "tcp" }`, `step "a" {}`} { // broken ones
		f.Add("rule \"r\" {\n sequence \"1m\" {\n" + body + "\n}\n block {\n target = \"ip.src\"\n for = \"1h\"\n}\n}\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		rs, diags := rules.Load(rules.Options{Sources: map[string][]byte{"rules.hcl": []byte(text)}, LintCodes: IgnoreCodes()})
		findings := Run(rs, diags)
		for _, d := range findings {
			if d.Code == "" || d.Summary == "" || d.File == "rules.hcl" && (d.Line < 1 || d.Column < 1) {
				t.Errorf("finding %v", d)
			}
		}
		var b bytes.Buffer
		if err := diag.WriteText(&b, findings, rs.Sources, true); err != nil {
			t.Fatal(err)
		}
		if err := (diag.SARIF{Codes: Codes(), Sources: rs.Sources, Version: ""}).Write(&b, findings); err != nil {
			t.Fatal(err)
		}
	})
}
