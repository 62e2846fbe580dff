package config

import (
	"iter"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/event/logsource"
	"github.com/ruleids/ruleids/internal/setting"
)

// A Named is a file, or the name of an environment variable, with the setting that names it.
type Named struct{ Setting, Path string }

// SecretFiles returns the files of secrets, in the order of the settings.
func (c *Config) SecretFiles() (out []Named) {
	for f := range c.fields() {
		if path := f.SecretFile(); path != "" {
			out = append(out, Named{f.id, path})
		}
	}
	return out
}

// SecretEnvs returns the environment variables of secrets that the settings name, in the order of the settings.
func (c *Config) SecretEnvs() (out []Named) {
	for f := range c.fields() {
		if name, err := strconv.Unquote(f.String()); err == nil && name != "" && strings.HasSuffix(f.Name, "_env") {
			out = append(out, Named{f.id, name})
		}
	}
	return out
}

// A field is a setting of a labelled block.
type field struct {
	setting.Field
	block, id string        // "output", and the whole name: "output.eve.main.path"
	place     setting.Place // of the value; zero where the settings do not give one
}

// fields yields all settings of labelled blocks, in the order of the file.
func (c *Config) fields() iter.Seq[field] {
	return func(yield func(field) bool) {
		for _, b := range c.sections() {
			for i, config := range b.configs {
				for _, f := range setting.Fields(config) {
					if !yield(field{f, b.block, b.ids[i] + "." + f.Name, b.places[i][f.Name]}) {
						return
					}
				}
			}
		}
	}
}

// StateFiles returns the files that the daemon writes, in the order of the settings. Of what has a directory of its own it is a file
// in there.
func (c *Config) StateFiles() (out []Named) {
	add := func(name, path string) {
		if path != "" {
			out = append(out, Named{name, path})
		}
	}
	within := func(name, dir string) {
		if dir != "" {
			add(name, filepath.Join(dir, "x"))
		}
	}
	add("rules.memory", c.Rules.Memory)
	add("rules.peaks", c.Rules.Peaks)
	within("rules.models", c.Rules.Models)
	if c.Assets.Enabled {
		add("assets.file", c.Assets.File)
	}
	add("response.journal", c.Response.Journal)
	add("response.audit", c.Response.Audit)
	within("evidence.dir", c.Evidence.Dir)
	for f := range c.fields() {
		if path, err := strconv.Unquote(f.String()); err == nil && (f.block == "output" && f.Name == "path" || f.block == "honeypot" && f.Name == "log") {
			add(f.id, path)
		}
	}
	for i, l := range c.Logs {
		add(sectionsOf("auth", c.Logs).ids[i]+".state", logsource.StateFile(l.Config))
	}
	return out
}
