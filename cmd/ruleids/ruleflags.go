package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lint"
)

// ruleFlags are the flags that say which rules a command works on.
type ruleFlags struct {
	paths    []string
	noStdlib bool
	set      []string
	geoip    []string
	bare     bool // no settings and no values: the shipped rules as they are
	config   string
}

// add declares the flags on a command whose arguments are no rules.
func (f *ruleFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.paths, "rules", nil, "rule file, or directory of them, to load besides the shipped rules: `PATH` (repeatable)")
	_ = cmd.MarkFlagFilename("rules", "hcl")
	f.addShared(cmd)
}

// addShared declares the flags that every command that loads rules has.
func (f *ruleFlags) addShared(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.noStdlib, "no-stdlib", false, "do not load the shipped rules")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "give a variable a value: `name=value` (repeatable)")
	_ = cmd.RegisterFlagCompletionFunc("set", f.completeVariables)
	cmd.Flags().StringArrayVar(&f.geoip, "geoip", nil, "ask a `FILE` in the MaxMind DB format where addresses are (repeatable; default rules.geoip of the settings)")
	_ = cmd.MarkFlagFilename("geoip", "mmdb")
	cmd.Flags().StringVar(&f.config, "config", "", "settings `FILE` with a vars block (default "+rules.SettingsName+" in the current directory, where there is one)")
	_ = cmd.MarkFlagFilename("config", "hcl")
}

// options returns what the flags tell rules.Load to read. Files of the shipped rules' own source
// directory take the place of their embedded copies, where they are below the paths of --rules or more.
func (f *ruleFlags) options(more ...string) (rules.Options, error) {
	opt := rules.Options{Paths: f.paths, Settings: f.config, LookupEnv: os.LookupEnv, LintCodes: lint.IgnoreCodes()}
	if err := haveRules(f.paths); err != nil {
		return opt, err
	}
	if !f.noStdlib {
		embedded, err := embeddedBeside(slices.Concat(f.paths, more))
		if err != nil {
			return opt, err
		}
		opt.Stdlib = embedded
	}
	var err error
	if f.bare {
		opt.LookupEnv = nil
		return opt, nil
	}
	if opt.Settings, err = settingsFile(f.config); err != nil {
		return opt, err
	}
	// What is wrong in the settings besides is the daemon's business.
	c, _ := config.Load(config.Options{File: opt.Settings, Environ: os.Environ()})
	opt.Fetched, opt.GeoIP = c.Rules.Fetched, f.geoip
	if len(opt.GeoIP) == 0 {
		opt.GeoIP = c.Rules.GeoIP
	}
	opt.Set, err = f.values()
	return opt, err
}

// values returns what --set gives to variables.
func (f *ruleFlags) values() (map[string]string, error) {
	var out map[string]string
	for _, s := range f.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, misused("--set takes name=value, not %q", s)
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = value
	}
	return out, nil
}

// given adds the flags that stand for settings of the daemon.
func (f *ruleFlags) given(to map[string]config.Given) {
	if len(f.paths) > 0 {
		to["rules.paths"] = config.Given{Flag: "--rules", Values: f.paths}
	}
	if len(f.geoip) > 0 {
		to["rules.geoip"] = config.Given{Flag: "--geoip", Values: f.geoip}
	}
	if f.noStdlib {
		to["rules.stdlib"] = config.Given{Flag: "--no-stdlib", Values: []string{"false"}}
	}
}

// exists returns an error that names the path where there is nothing.
func exists(path string) error {
	_, err := os.Stat(path)
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", path, pe.Err)
	}
	return err
}

// ruleSet loads the rules. Where they have errors it prints them and returns a status; warnings are
// lint's business.
func (f *ruleFlags) ruleSet(a *app) (*rules.RuleSet, error) {
	opt, err := f.options()
	if err != nil {
		return nil, err
	}
	set, diags := rules.Load(opt)
	if diags.HasErrors() {
		return nil, a.refuse(diags, set.Sources)
	}
	return set, nil
}

// compiled loads the rules, and makes a plan of them.
func (f *ruleFlags) compiled(a *app) (*rules.RuleSet, *engine.Plan, error) {
	src, err := f.options()
	if err != nil {
		return nil, nil, err
	}
	set, plan, diags := engine.Load(src, engine.Options{})
	if diags.HasErrors() {
		return nil, nil, a.refuse(diags, set.Sources)
	}
	return set, plan, nil
}
