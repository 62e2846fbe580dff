package agent

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/stdlib"
)

// TestFaultsPointAtSettings: what only the system can say of the settings is told at the line that has them.
func TestFaultsPointAtSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ruleids.hcl")
	must(t, os.WriteFile(file, []byte("user = \"no-such-account\"\n\nrules {\n  paths = [\"not-there\"]\n}\n"), 0o644))
	in := Input{Settings: config.Options{File: file}, Stdlib: func([]string) (fs.FS, error) { return nil, nil }}
	loaded := in.Load()
	if len(loaded.Diags) != 1 {
		t.Fatalf("want one error: %v", loaded.Diags)
	}
	if d := loaded.Diags[0]; diag.CodeOf(d) != diag.UnreadableFile || d.Subject == nil || d.Subject.Filename != filepath.ToSlash(file) || d.Subject.Start.Line != 4 {
		t.Errorf("a directory that is not there: %v", d)
	}
	if d := CheckAccount(loaded.Config); d == nil || d.Subject == nil || d.Subject.Start.Line != 1 {
		t.Errorf("an account that is not there: %v", d)
	}
	loaded.Config.User = "root"
	if d := CheckAccount(loaded.Config); d != nil {
		t.Error(d)
	}
}

// The daemon knows what its host is; who reads captures from elsewhere does not ask.
func TestHostVariables(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ruleids.hcl")
	must(t, os.WriteFile(file, nil, 0o644))
	in := Input{Settings: config.Options{File: file}, Stdlib: func([]string) (fs.FS, error) { return stdlib.FS(), nil }}
	from := func() map[string]string {
		loaded := in.Load()
		if loaded.Diags.HasErrors() {
			t.Fatal(loaded.Diags)
		}
		out := map[string]string{}
		for _, v := range loaded.Rules.Variables {
			out[v.Name] = v.From
		}
		return out
	}
	if got := from(); got["own_nets"] != "default" || got["own_macs"] != "default" {
		t.Errorf("of a capture: %v", got)
	}
	in.Host = true
	if got := from(); got["own_nets"] != "this host" || got["own_macs"] != "this host" || got["home_nets"] != "default" {
		t.Errorf("of a host: %v", got)
	}
	in.Set = map[string]string{"own_macs": "02:00:00:00:00:01"}
	if got := from(); got["own_macs"] != "--set" {
		t.Errorf("with a value that is given: %v", got)
	}
}
