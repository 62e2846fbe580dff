package config

import (
	"fmt"

	"github.com/ruleids/ruleids/internal/setting"
)

// A Shown is a setting with its value and where that comes from.
type Shown struct {
	Name  string `json:"name"`  // "capture.ring", or "output.eve.main.path"
	Value string `json:"value"` // as a settings file has it; a secret as setting.Mask
	From  string `json:"from"`  // "default", "ruleids.hcl:4", "RULEIDS_CAPTURE_RING" or "--ring"
}

// Show lists every setting, in the order of the reference, then those of labelled blocks in that of the file.
func (c *Config) Show() []Shown {
	var out []Shown
	for _, s := range c.settings() {
		from := c.from[s.Name]
		if from == "" {
			from = origin(c.places[s.Name])
		}
		out = append(out, Shown{s.Name, s.String(), from})
	}
	for _, b := range c.sections() {
		for i, config := range b.configs {
			for _, f := range setting.Fields(config) {
				out = append(out, Shown{b.ids[i] + "." + f.Name, f.String(), origin(b.places[i][f.Name])})
			}
		}
	}
	return out
}

// origin says where a value comes from that neither the environment nor a flag gives.
func origin(p setting.Place) string {
	if p.Name.Filename == "" {
		return "default"
	}
	return fmt.Sprintf("%s:%d", p.Name.Filename, p.Name.Start.Line)
}
