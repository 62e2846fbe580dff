package rules

import (
	"strings"
	"testing"
)

func TestParsers(t *testing.T) {
	for body, want := range map[string]string{
		`pattern = "user (?P<user>\\S+)"`:             "",
		``:                                            `needs a pattern`,
		`pattern = "user (?P<usr>\\S+)"`:              `there is no group "usr"`,
		`pattern = "(?P<user>a)(?P<user>b)"`:          "cannot be used",
		`pattern = "user (\\S+"`:                      "missing closing )",
		`pattern = "logged in"`:                       "neither a group",
		"pattern = \"(?P<ip>.*)\"\n result = \"won\"": `"won"`,
		"pattern = \"(?P<ip>.*)\"\n result = \"success\"\n reason = \"x\"": "Only a failure has a reason",
		"pattern = \"(?P<ip>.*)\"\n service = \"\"":                        "The service is empty",
		"pattern = \"(?P<ip>.*)\"\n programm = \"x\"":                      "programm",
	} {
		rs, diags := Load(Options{Sources: map[string][]byte{"p.hcl": []byte("parser \"p\" {\n" + body + "\n}\n")}})
		if got := diags.Error(); want == "" && diags.HasErrors() || !strings.Contains(got, want) {
			t.Errorf("%s: %s", body, got)
		}
		if want == "" && len(rs.Patterns()) != 1 {
			t.Errorf("%s: %d patterns", body, len(rs.Patterns()))
		}
	}
}
