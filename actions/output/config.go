package output

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one output: a *FileConfig, a *SyslogConfig, an *EventLogConfig or a *StdoutConfig. NewConfig
// returns one with every default set. Its fields are attributes of the block `output "kind" "name"`, as package
// setting reads them.
type Config interface {
	// open makes what New runs. It returns an error where trying again will not help.
	open(env environment) (*route, error)
}

// Common is the settings that every kind of output has.
type Common struct {
	// Queue is how many alerts are held while the output cannot keep up, and, in units of 4 KiB, how
	// much memory they may take.
	Queue int `setting:"queue" default:"10000" range:"1..1000000"`
	// MinSeverity is the least severity of the alerts that are written.
	MinSeverity scale.Severity `setting:"min_severity,required" default:"low"`
	// Rules choose the alerts that are written by the names of their rules; none for all.
	Rules setting.Patterns `setting:"rules"`
}

// kinds makes the settings of each kind of output, by the name of the kind.
func kinds() map[string]func() Config {
	return map[string]func() Config{
		"csv":      func() Config { return NewCSV("") },
		"eve":      func() Config { return NewEVE("") },
		"eventlog": func() Config { return NewEventLog() },
		"stdout":   func() Config { return NewStdout() },
		"syslog":   func() Config { return NewSyslog() },
	}
}

// Kinds returns the kinds of outputs that there are, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds())) }

// NewConfig returns the defaults of a kind of output. The error names the kinds that there are.
func NewConfig(kind string) (Config, error) {
	if f, ok := kinds()[kind]; ok {
		return f(), nil
	}
	return nil, fmt.Errorf("there is no kind of output %q; there are %s", kind, strings.Join(Kinds(), ", "))
}

// environment is what outputs need from the program.
type environment struct {
	stdout   stdoutTarget
	hostname string
	// complain counts and logs an error that lost nothing.
	complain func(error)
}

// passes reports whether the output wants the alert.
func (c *Common) passes(a *alert.Alert) bool {
	return a.Severity >= c.MinSeverity && c.Rules.Match(a.Rule)
}

// hostname returns the name of this host, and the NILVALUE of RFC 5424 where it has none.
func hostname() string {
	if h, err := os.Hostname(); err == nil && h != "" {
		return h
	}
	return "-"
}
