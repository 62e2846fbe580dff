package output

import (
	"os"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one output: a *FileConfig, a *SyslogConfig, an *EventLogConfig or a *StdoutConfig. Kinds
// makes one with every default set. Its fields are attributes of the block `output "kind" "name"`, as package
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

// Kinds returns what makes the settings of each kind of output, with every default set, by the name of the kind.
func Kinds() map[string]func() Config {
	return map[string]func() Config{
		"csv":      func() Config { return setting.New[CSVConfig]() },
		"eve":      func() Config { return setting.New[FileConfig]() },
		"eventlog": func() Config { return setting.New[EventLogConfig]() },
		"stdout":   func() Config { return setting.New[StdoutConfig]() },
		"syslog":   func() Config { return setting.New[SyslogConfig]() },
	}
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
