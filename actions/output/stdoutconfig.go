package output

import "github.com/ruleids/ruleids/internal/setting"

// StdoutConfig is the settings of kind "stdout": standard output.
type StdoutConfig struct {
	// Format is "text", a line for people, or "json", EVE JSON.
	Format string `hcl:"format,optional"`

	// Queue is how many alerts are held while the output cannot keep up, and, in units of 4 KiB, how
	// much memory they may take.
	Queue int `hcl:"queue,optional"`
	// MinSeverity is the least severity of the alerts that are written.
	MinSeverity string `hcl:"min_severity,optional"`
	// Rules are names of rules, or patterns with * and ?, whose alerts are written; none for all.
	Rules []string `hcl:"rules,optional"`
}

// NewStdout returns the defaults of kind "stdout".
func NewStdout() *StdoutConfig {
	return &StdoutConfig{Format: "text", Queue: DefaultQueue, MinSeverity: "low"}
}

// Validate implements Config.
func (c *StdoutConfig) Validate() []Problem {
	return append(setting.OneOf("format", c.Format, "text", "json"), validateCommon(c.Queue, c.MinSeverity, c.Rules)...)
}

// Resolve implements Config; there is no path to resolve.
func (c *StdoutConfig) Resolve(string) {}

func (c *StdoutConfig) open(env environment) (*route, error) {
	if err := setting.Join(c.Validate()); err != nil {
		return nil, err
	}
	r := &route{
		kind: "stdout", target: "standard output", limit: c.Queue, filter: newFilter(c.MinSeverity, c.Rules),
		render: appendEVE, patience: filePatience, sink: &stdout{w: env.stdout.w},
	}
	if c.Format == "text" {
		color := env.stdout.color
		r.render = func(dst []byte, e *event) []byte { return append(e.alert.AppendText(dst, color), '\n') }
	}
	return r, nil
}
