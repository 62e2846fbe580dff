package config

import (
	"cmp"
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
		from := cmp.Or(c.from[s.Name], origin(c.places[s.Name]))
		out = append(out, Shown{s.Name, s.String(), from})
	}
	for f := range c.fields() {
		out = append(out, Shown{f.id, f.String(), origin(f.place)})
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
