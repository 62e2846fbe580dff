package output

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one output: a *FileConfig, a *SyslogConfig or a *StdoutConfig. NewConfig
// returns one with every default set. Fields with hcl tags are attributes of the block
// `output "kind" "name"`; gohcl.DecodeBody into it leaves the defaults of what the block does not set.
type Config interface {
	// Validate returns all that is wrong with the settings, in the order of the fields. It looks at
	// no file and no network.
	Validate() []Problem
	// Resolve makes relative paths relative to a folder, that of the settings file.
	Resolve(dir string)
	// open makes what New runs. It returns an error where trying again will not help.
	open(env environment) (*route, error)
}

// A Problem is what is wrong with one setting.
type Problem = setting.Problem

// kinds makes the settings of each kind of output, by the name of the kind.
func kinds() map[string]func() Config {
	return map[string]func() Config{
		"csv":    func() Config { return NewCSV("") },
		"eve":    func() Config { return NewEVE("") },
		"stdout": func() Config { return NewStdout() },
		"syslog": func() Config { return NewSyslog() },
	}
}

// Kinds returns the kinds of outputs that there are, sorted.
func Kinds() []string {
	var out []string
	for k := range kinds() {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// NewConfig returns the defaults of a kind of output. The error names the kinds that there are.
func NewConfig(kind string) (Config, error) {
	if f, ok := kinds()[kind]; ok {
		return f(), nil
	}
	return nil, fmt.Errorf("there is no kind of output %q; there are %s", kind, strings.Join(Kinds(), ", "))
}

// DefaultQueue is how many alerts an output holds that cannot keep up, unless its settings say otherwise.
const DefaultQueue = 10_000

// maxQueue bounds the setting: more is no queue but a leak.
const maxQueue = 1_000_000

// environment is what outputs need from the program.
type environment struct {
	stdout   stdoutTarget
	hostname string
	// complain counts and logs an error that lost nothing.
	complain func(error)
}

// A filter says which alerts an output gets.
type filter struct {
	least scale.Severity
	rules []string
}

// newFilter makes a filter of settings that were checked.
func newFilter(minSeverity string, rules []string) filter {
	least, _ := scale.ParseSeverity(minSeverity)
	return filter{least: least, rules: rules}
}

// passes reports whether the output wants the alert.
func (f *filter) passes(a *alert.Alert) bool {
	if a.Severity < f.least {
		return false
	}
	return len(f.rules) == 0 || slices.ContainsFunc(f.rules, func(pattern string) bool {
		ok, _ := path.Match(pattern, a.Rule) // the pattern was checked
		return ok
	})
}

// validateCommon checks the settings that every kind has.
func validateCommon(queue int, minSeverity string, rules []string) (ps []Problem) {
	if queue < 1 || queue > maxQueue {
		ps = append(ps, Problem{Setting: "queue", Detail: fmt.Sprintf("%d alerts cannot be held; write a number from 1 to %d.", queue, maxQueue)})
	}
	if _, err := scale.ParseSeverity(minSeverity); err != nil {
		ps = append(ps, Problem{Setting: "min_severity", Detail: err.Error() + "."})
	}
	for _, r := range rules {
		if _, err := path.Match(r, ""); err != nil || r == "" {
			ps = append(ps, Problem{Setting: "rules", Detail: fmt.Sprintf("%q is not a name or pattern of rules; write names, with * for any characters.", r)})
		}
	}
	return ps
}

// hostname returns the name of this host, and the NILVALUE of RFC 5424 where it has none.
func hostname() string {
	if h, err := os.Hostname(); err == nil && h != "" {
		return h
	}
	return "-"
}
