package main

import "testing"

// TestServiceHandsOnFlags: the service manager starts "service run" with the flags of "run", though its usage names no arguments;
// a command such as "lsp" takes none.
func TestServiceHandsOnFlags(t *testing.T) {
	for _, c := range []struct {
		path []string
		ok   bool
	}{{[]string{"service", "run"}, true}, {[]string{"lsp"}, false}} {
		cmd, _, err := (&app{}).command().Find(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.ValidateArgs([]string{"--config", "ruleids.hcl"}); (err == nil) != c.ok {
			t.Errorf("%v: %v", c.path, err)
		}
	}
}
