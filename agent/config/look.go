package config

import (
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
	c.fields(func(id string, f setting.Field) {
		if path := f.SecretFile(); path != "" {
			out = append(out, Named{id, path})
		}
	})
	return out
}

// SecretEnvs returns the environment variables of secrets that the settings name, in the order of the settings.
func (c *Config) SecretEnvs() (out []Named) {
	c.fields(func(id string, f setting.Field) {
		if !strings.HasSuffix(f.Name, "_env") {
			return
		}
		if name, err := strconv.Unquote(f.String()); err == nil && name != "" {
			out = append(out, Named{id, name})
		}
	})
	return out
}

// fields calls do for all settings of labelled blocks.
func (c *Config) fields(do func(id string, f setting.Field)) {
	for _, b := range c.sections() {
		for i, config := range b.configs {
			for _, f := range setting.Fields(config) {
				do(b.ids[i]+"."+f.Name, f)
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
	for _, b := range c.sections() {
		for i, config := range b.configs {
			for _, f := range setting.Fields(config) {
				if path, err := strconv.Unquote(f.String()); err == nil && (b.block == "output" && f.Name == "path" || b.block == "honeypot" && f.Name == "log") {
					add(b.ids[i]+"."+f.Name, path)
				}
			}
		}
	}
	for i, l := range c.Logs {
		add(sectionsOf("auth", c.Logs).ids[i]+".state", logsource.StateFile(l.Config))
	}
	return out
}
