package output

// StdoutConfig is the settings of kind "stdout": standard output.
type StdoutConfig struct {
	// Format is "text", a line for people, or "json", EVE JSON.
	Format string `setting:"format" default:"text" oneof:"text json"`

	Common
}

func (c *StdoutConfig) open(env environment) (*route, error) {
	r := &route{kind: "stdout", target: "standard output", Common: c.Common, render: appendEVE, backoff: fileBackoff, sink: &stdout{w: env.stdout.w}}
	if c.Format == "text" {
		color := env.stdout.color
		r.render = func(dst []byte, e *event) []byte { return append(e.alert.AppendText(dst, color), '\n') }
	}
	return r, nil
}
