package reputation

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is the settings of one source: a *VirusTotalConfig or a *ListConfig. NewConfig returns one with
// every default set. Fields with hcl tags are attributes of the block `reputation "kind"`;
// gohcl.DecodeBody into it leaves the defaults of what the block does not set.
type Config interface {
	// Validate returns all that is wrong with the settings, in the order of the fields. It looks at no
	// file, no environment and no network.
	Validate() []Problem
	// Resolve makes relative paths relative to a folder, that of the settings file.
	Resolve(dir string)
	// open adds the source to those that New makes.
	open(s *Sources, opt Options) error
}

// A Problem is what is wrong with one setting.
type Problem struct {
	Setting string // the attribute; "" for the block as a whole
	Detail  string // a sentence that says what to write instead
}

func (p Problem) Error() string {
	if p.Setting == "" {
		return p.Detail
	}
	return p.Setting + ": " + p.Detail
}

// The kinds of sources, which rules name as in escalate "virustotal".
const (
	KindList       = "list"
	KindVirusTotal = "virustotal"
)

// Kinds returns the kinds of sources that there are, sorted.
func Kinds() []string { return []string{KindList, KindVirusTotal} }

// NewConfig returns the defaults of a kind of source. The error names the kinds that there are.
func NewConfig(kind string) (Config, error) {
	switch kind {
	case KindList:
		return NewList(), nil
	case KindVirusTotal:
		return NewVirusTotal(), nil
	}
	return nil, fmt.Errorf("there is no kind of reputation %q; there are %s", kind, strings.Join(Kinds(), ", "))
}

// beside makes a relative path relative to dir.
func beside(dir, p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(dir, p)
}

// invalid joins problems to one error; nil for none.
func invalid(ps []Problem) error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// between checks a number.
func between(setting string, n, least, most int) []Problem {
	if n >= least && n <= most {
		return nil
	}
	return []Problem{{setting, fmt.Sprintf("%d is out of range; write a number from %d to %d.", n, least, most)}}
}

// spanOf checks a length of time.
func spanOf(setting, s string, least time.Duration) []Problem {
	d, err := parseSpan(s)
	switch {
	case err != nil:
		return []Problem{{setting, err.Error() + "."}}
	case d < least:
		return []Problem{{setting, fmt.Sprintf("%q is too short; write at least %q.", s, least)}}
	}
	return nil
}

// parseSpan reads a length of time as rules write it: "90s", "1h30m", or days as "7d".
func parseSpan(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a length of time; write a number with a unit, as \"30s\", \"24h\" or \"7d\"", s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, bad
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, bad
	}
	return d, nil
}

// ListConfig is the settings of kind "list": local files of indicators and tiers.
type ListConfig struct {
	// Files have an indicator and its tier in a line. They are all read; the worse tier holds of one
	// that is there twice.
	Files []string `hcl:"files"`
}

// NewList returns the defaults of kind "list", which needs its files set.
func NewList() *ListConfig { return &ListConfig{} }

// Validate implements Config.
func (c *ListConfig) Validate() []Problem {
	if len(c.Files) == 0 || slices.Contains(c.Files, "") {
		return []Problem{{"files", "A list needs the paths of its files, as [\"bad.txt\"]."}}
	}
	return nil
}

// Resolve implements Config.
func (c *ListConfig) Resolve(dir string) {
	for i, f := range c.Files {
		c.Files[i] = beside(dir, f)
	}
}

func (c *ListConfig) open(s *Sources, opt Options) (err error) {
	if s.list != nil {
		return errors.New("there is another; write one block, with all files")
	}
	s.list, err = openList(c, opt)
	return err
}
