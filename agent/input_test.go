package agent

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/internal/diag"
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
