package config

// A Shown is a setting with its value and where that comes from.
type Shown struct {
	Name  string `json:"name"`  // "capture.ring", or "output.eve.main.path"
	Value string `json:"value"` // as a settings file has it
	From  string `json:"from"`  // "default", "ruleids.hcl:4", "RULEIDS_CAPTURE_RING" or "--ring"
}

// Show lists every setting, in the order of the table, then those of labelled blocks in that of the file.
func (c *Config) Show() []Shown {
	var out []Shown
	for i := range settings {
		s := &settings[i]
		out = append(out, Shown{s.Name, render(s.at(c)), c.from[s.Name]})
	}
	out = append(out, show("output", c.Outputs)...)
	out = append(out, show("reputation", c.Reputations)...)
	out = append(out, show("notifier", c.Notifiers)...)
	return append(out, show("honeypot", c.Honeypots)...)
}
