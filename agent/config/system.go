package config

import (
	"os"
	"runtime"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/internal/diag"
)

// CheckLists returns what is wrong with the files of lists, which Load does not look at.
func (c *Config) CheckLists() hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, r := range c.Reputations {
		l, ok := r.Config.(*reputation.ListConfig)
		if !ok {
			continue
		}
		if err := l.Check(); err != nil {
			out = append(out, diag.New(diag.BadValue, r.Range, "The list cannot be used: %v.", err))
		}
	}
	return out
}

// exposed is the code of the warnings of CheckSecrets.
var exposed = diag.Code{Name: "exposed-secret", Severity: hcl.DiagWarning, Summary: "Secret that others can read",
	Doc: "A settings file with a secret in it, or a file that holds one, can be read by everybody on this host."}

// CheckSecrets returns warnings about secrets that everybody on this host can read: those in the settings file, and the
// files that settings name.
func (c *Config) CheckSecrets() hcl.Diagnostics {
	var out hcl.Diagnostics
	if runtime.GOOS == "windows" { // modes say nothing there
		return nil
	}
	for f := range c.fields() {
		switch at := f.place.Value; {
		case at.Filename == "": // the settings do not give it
		case f.IsSecret() && f.IsSource() && readableByAll(at.Filename):
			out = append(out, exposed.New(at, "%s may hold a secret, and everybody on this host can read %s: chmod o-r it, or put the secret into a file of its own.", f.Name, at.Filename))
		case f.SecretFile() != "" && readableByAll(f.SecretFile()):
			out = append(out, exposed.New(at, "Everybody on this host can read %s, which holds a secret: chmod 600 it, or 640 for the group of the daemon.", f.SecretFile()))
		}
	}
	return out
}

// readableByAll reports whether the mode of a file lets everybody read it.
func readableByAll(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().Perm()&0o004 != 0
}
