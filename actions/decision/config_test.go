package decision

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
)

// decode reads a response block as the daemon does.
func decode(t *testing.T, text string) *Config {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL([]byte(text), "ruleids.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var root struct {
		Response struct {
			Body hcl.Body `hcl:",remain"`
		} `hcl:"response,block"`
	}
	if diags := gohcl.DecodeBody(file.Body, nil, &root); diags.HasErrors() {
		t.Fatal(diags)
	}
	c := NewConfig()
	if diags := gohcl.DecodeBody(root.Response.Body, nil, c); diags.HasErrors() {
		t.Fatal(diags)
	}
	return c
}

func TestDecode(t *testing.T) {
	want := NewConfig()
	want.Mode, want.Journal, want.NeverBlock, want.Grace, want.EscalateBy = "enforce", "/etc/ruleids/d.jsonl", []string{"10.0.0.0/8"}, "2m", 1.5
	want.EscalateMax, want.SSHPorts = "7d", []int{2222}
	got := decode(t, `response {
  mode         = "enforce"
  journal      = "d.jsonl"
  never_block  = ["10.0.0.0/8"]
  grace        = "2m"
  escalate_by  = 1.5
  escalate_max = "7d"
  ssh_ports    = [2222]
}`)
	got.Resolve("/etc/ruleids")
	if diff := cmp.Diff(want, got); diff != "" || len(got.Validate()) > 0 {
		t.Errorf("%s%v", diff, got.Validate())
	}
	if ps := decode(t, "response {}").Validate(); len(ps) > 0 || NewConfig().Mode != "monitor" || NewConfig().Grace != "60s" {
		t.Errorf("the defaults: %v", ps)
	}
}

func TestValidate(t *testing.T) {
	c := &Config{Mode: "on", NeverBlock: []string{"10.0.0.0/8", "home"}, Grace: "soon", EscalateBy: 0.5, EscalateMax: "-1s", ForgetAfter: "99999d",
		SSHPorts: []int{22, 0}, SSHLoginGrace: "2"}
	var got []string
	for _, p := range c.Validate() {
		got = append(got, p.Setting)
		if !strings.HasSuffix(p.Detail, ".") {
			t.Errorf("%q is no sentence", p.Detail)
		}
	}
	want := []string{"mode", "journal", "never_block", "grace", "escalate_by", "escalate_max", "forget_after", "max_decisions", "ssh_ports", "ssh_login_grace"}
	if !slices.Equal(got, want) {
		t.Errorf("problems with %v, want %v", got, want)
	}
	same := NewConfig()
	same.Audit = same.Journal
	if ps := same.Validate(); len(ps) != 1 || ps[0].Setting != "audit" {
		t.Errorf("%v", ps)
	}
}
