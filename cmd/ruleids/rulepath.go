package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ruleids/ruleids/rules"
)

// filesIn returns the files of a folder, and of the folders below it, whose name is wanted and not
// hidden (which is to begin with a dot, as that of a folder above them may not). A file stands for
// itself, whatever its name.
func filesIn(path string, wanted func(base string) bool) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{filepath.Clean(path)}, nil
	}
	var out []string
	root := path + string(filepath.Separator) // so that a link to a folder is followed
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		hidden := name != root && strings.HasPrefix(d.Name(), ".")
		switch {
		case err != nil:
			return err
		case d.IsDir() && hidden:
			return fs.SkipDir
		case !d.IsDir() && !hidden && wanted(d.Name()):
			out = append(out, name)
		}
		return nil
	})
	return out, err
}

// isRuleFile reports whether the loader reads a file of this name.
func isRuleFile(base string) bool {
	return strings.HasSuffix(base, ".hcl") && !strings.HasSuffix(base, "_test.hcl") && base != rules.SettingsName
}

// haveRules returns an error that names a path where there is nothing, or no rule file: more likely a
// slip than a wish. Test files and settings may be named beside rule files, as *.hcl does in a shell.
func haveRules(paths []string) error {
	var bare []string
	for _, p := range paths {
		if err := exists(p); err != nil {
			return err
		}
		names, err := filesIn(p, isRuleFile)
		switch {
		case err != nil: // loading the rules will say what is wrong
		case len(names) == 0:
			return noRules(p)
		case names[0] == filepath.Clean(p) && (strings.HasSuffix(p, "_test.hcl") || filepath.Base(p) == rules.SettingsName):
			bare = append(bare, p)
		}
	}
	if len(bare) > 0 && len(bare) == len(paths) {
		return noRules(strings.Join(bare, ", "))
	}
	return nil
}

func noRules(where string) error {
	return fmt.Errorf("there are no rule files in %s: they are named *.hcl, but not *_test.hcl or %s, and do not begin with a dot", where, rules.SettingsName)
}
