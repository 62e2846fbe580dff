package rules

import (
	"fmt"
	"io/fs"
	"regexp"
	"sync"

	"github.com/ruleids/ruleids/stdlib"
)

// leftOut says that a name is one of the shipped rules', for rule sets without these: to whoever wrote --no-stdlib for a while and
// forgot what it takes away.
func leftOut(kind, name string) string {
	if !shippedNames()[[2]string{kind, name}] {
		return ""
	}
	return fmt.Sprintf("The shipped rules have a %s of that name, and are left out by --no-stdlib, or stdlib = false in the settings: load them, or declare a %s %q.", kind, kind, name)
}

// declares finds the blocks of shipped rule files, which are formatted.
var declares = regexp.MustCompile(`(?m)^(variable|list|macro|rule|model) "([^"]+)"`)

// shippedNames are the kinds and names of what the shipped rule files declare.
var shippedNames = sync.OnceValue(func() map[[2]string]bool {
	out := map[[2]string]bool{}
	_ = fs.WalkDir(stdlib.FS(), ".", func(name string, d fs.DirEntry, err error) error { // embedded files can be read
		if err != nil || d.IsDir() || !IsRuleFile(name) {
			return err
		}
		text, err := fs.ReadFile(stdlib.FS(), name)
		for _, m := range declares.FindAllSubmatch(text, -1) {
			out[[2]string{string(m[1]), string(m[2])}] = true
		}
		return err
	})
	return out
})
