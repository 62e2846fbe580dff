package config

import (
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/rules"
)

// Options say what Load reads.
type Options struct {
	// File is the settings file; "" for none.
	File string
	// Environ are environment variables as os.Environ returns them.
	Environ []string
	// Flags are values from the command line by the setting that they set, the strongest.
	Flags map[string]Given
}

// Given is the value of a flag.
type Given struct {
	Flag   string   // as the user writes it, "--ring"
	Values []string // the entries of a list; of others the last counts
}

// Load reads the settings: flags over environment over file over defaults. All errors are returned at once,
// sorted by place; those of the file have a range. The Config is never nil; where there are errors it holds
// what could be read and must not be used.
func Load(opt Options) (*Config, hcl.Diagnostics) {
	l := &loader{config: newConfig()}
	l.given = l.environment(opt.Environ)
	maps.Copy(l.given, opt.Flags)
	if opt.File != "" {
		l.file(opt.File)
	}
	for _, s := range l.config.settings() {
		g, ok := l.given[s.Name]
		if !ok {
			continue
		}
		l.config.from[s.Name] = g.Flag
		err := s.Set(g.Values...)
		if err != nil {
			l.diags = append(l.diags, loose(diag.BadValue, "%s: %v.", g.Flag, err))
		}
		l.config.places[s.Name] = setting.Place{Faulty: err != nil}
	}
	for _, p := range l.config.parts() {
		for _, problem := range setting.CheckTogether(nil, p.structs...) {
			if name := p.name(problem.Setting); !l.config.places[name].Faulty {
				l.diags = append(l.diags, l.config.Fault(name, diag.BadValue, "%s", problem.Detail))
			}
		}
	}
	if l.config.Agent == "" {
		// Without a name the host's own will do; without that, none.
		l.config.Agent, _ = os.Hostname()
	}
	return l.config, diag.Sort(l.diags)
}

type loader struct {
	config *Config
	given  map[string]Given // what is stronger than the file, by setting
	diags  hcl.Diagnostics
}

// report adds a diagnostic at a place of the file.
func (l *loader) report(code string, rng hcl.Range, format string, args ...any) {
	l.diags = append(l.diags, diag.New(code, rng, format, args...))
}

// environment returns the settings of environment variables. A variable that is close to the name of a setting and is
// not one is more likely a slip than something else.
func (l *loader) environment(environ []string) map[string]Given {
	var names []string
	byEnv := map[string]Setting{}
	for _, s := range l.config.settings() {
		names = append(names, s.Env())
		byEnv[s.Env()] = s
	}
	out := map[string]Given{}
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) || strings.HasPrefix(name, rules.EnvPrefix) {
			continue
		}
		s, ok := byEnv[name]
		if !ok {
			if near := diag.Nearest(name, names); near != "" {
				l.diags = append(l.diags, loose(diag.UnknownAttribute, "The environment variable %s is not a setting. Did you mean %s?", name, near))
			}
			continue
		}
		words := []string{value}
		if s.IsList() {
			words = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
		}
		out[s.Name] = Given{name, words}
	}
	return out
}
