package reputation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
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
type Problem = setting.Problem

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

// spanOf checks a length of time.
func spanOf(name, s string, least time.Duration) []Problem {
	d, err := setting.ParseDuration(s)
	switch {
	case err != nil:
		return []Problem{{Setting: name, Detail: err.Error() + "."}}
	case d < least:
		return []Problem{{Setting: name, Detail: fmt.Sprintf("%q is too short; write at least %q.", s, least)}}
	}
	return nil
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
		return []Problem{{Setting: "files", Detail: "A list needs the paths of its files, as [\"bad.txt\"]."}}
	}
	return nil
}

// Resolve implements Config.
func (c *ListConfig) Resolve(dir string) {
	for i, f := range c.Files {
		c.Files[i] = setting.Beside(dir, f)
	}
}

func (c *ListConfig) open(s *Sources, opt Options) (err error) {
	if s.list != nil {
		return errors.New("there is another; write one block, with all files")
	}
	s.list, err = openList(c, opt)
	return err
}
