package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
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
	l := &loader{config: &Config{Sources: map[string]*hcl.File{}, from: map[string]string{}}, ranges: map[string]hcl.Range{}}
	l.config.ranges = l.ranges
	for i := range settings {
		store(settings[i].at(l.config), settings[i].value)
		l.config.from[settings[i].Name] = "default"
	}
	if opt.File != "" {
		l.file(opt.File)
		l.config.Firewall.Resolve(filepath.Dir(opt.File))
	}
	l.environment(opt.Environ)
	l.flags(opt.Flags)
	for i := range settings {
		s := &settings[i]
		if s.check == nil || l.faulty[s.Name] {
			continue
		}
		if err := s.check(l.config); err != nil {
			l.fault(s, err)
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
	diags  hcl.Diagnostics
	ranges map[string]hcl.Range // of values that the file gives, by setting
	faulty map[string]bool      // settings whose value could not be read
}

// fault reports what is wrong with the value of a setting, where that came from.
func (l *loader) fault(s *Setting, err error) {
	from := l.config.from[s.Name]
	if rng, ok := l.ranges[s.Name]; ok {
		l.report(diag.BadValue, rng, "%s: %v.", s.Name, err)
		return
	}
	l.loose(diag.BadValue, "%s: %v.", from, err)
}

// report adds a diagnostic at a place of the file.
func (l *loader) report(code string, rng hcl.Range, format string, args ...any) {
	l.diags = append(l.diags, diag.New(code, rng, format, args...))
}

// loose adds a diagnostic that has no place: of the environment or of flags.
func (l *loader) loose(code, format string, args ...any) {
	d := diag.New(code, hcl.Range{}, format, args...)
	d.Subject = nil
	l.diags = append(l.diags, d)
}

// set gives a setting a value from text.
func (l *loader) set(s *Setting, from string, words ...string) {
	l.config.from[s.Name] = from
	delete(l.ranges, s.Name)
	delete(l.faulty, s.Name)
	if err := fromText(s.at(l.config), words...); err != nil {
		l.broken(s)
		l.fault(s, err)
	}
}

func (l *loader) broken(s *Setting) {
	if l.faulty == nil {
		l.faulty = map[string]bool{}
	}
	l.faulty[s.Name] = true
}

// environment takes settings from environment variables. One that is close to the name of a setting and is
// none is more likely a slip than something else.
func (l *loader) environment(environ []string) {
	names := make([]string, len(settings))
	byEnv := map[string]*Setting{}
	for i := range settings {
		names[i] = settings[i].Env()
		byEnv[names[i]] = &settings[i]
	}
	environ = slices.Sorted(slices.Values(environ))
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) || strings.HasPrefix(name, rules.EnvPrefix) {
			continue
		}
		s := byEnv[name]
		if s == nil {
			if near := diag.Nearest(name, names); near != "" {
				l.loose(diag.UnknownAttribute, "The environment variable %s is no setting. Did you mean %s?", name, near)
			}
			continue
		}
		words := []string{value}
		if isList(s.at(l.config)) {
			words = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
		}
		l.set(s, name, words...)
	}
}

func (l *loader) flags(given map[string]Given) {
	for i := range settings {
		if g, ok := given[settings[i].Name]; ok {
			l.set(&settings[i], g.Flag, g.Values...)
		}
	}
}

// unreadable reports that the settings file cannot be read.
func (l *loader) unreadable(name string, err error) {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	l.report(diag.UnreadableFile, hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}, "%s cannot be read: %v.", name, err)
}

// beside resolves a path that a settings file names from the folder of that file.
func beside(file, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}
