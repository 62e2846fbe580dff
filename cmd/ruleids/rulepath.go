package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ruleids/ruleids/rules"
)

// haveRules returns an error that names a path where there is nothing, or no rule file: more likely a
// slip than a wish. Test files and settings may be named beside rule files, as *.hcl does in a shell.
func haveRules(paths []string) error {
	var bare []string
	for _, p := range paths {
		if err := exists(p); err != nil {
			return err
		}
		names, errs := rules.FindFiles(p)
		if len(names) > 0 || len(errs) > 0 { // loading the rules will say what is wrong
			continue
		}
		if filepath.Ext(p) != ".hcl" {
			return noRules(p)
		}
		bare = append(bare, p)
	}
	if len(bare) > 0 && len(bare) == len(paths) {
		return noRules(strings.Join(bare, ", "))
	}
	return nil
}

func noRules(where string) error {
	return fmt.Errorf("there are no rule files in %s: they are named *.hcl, but not *_test.hcl or %s, do not begin with a dot, and are not in a directory named testdata", where, rules.SettingsName)
}
