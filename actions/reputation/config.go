package reputation

import (
	"errors"
	"fmt"
	"strings"
)

// Config is the settings of one source: a *VirusTotalConfig or a *ListConfig. NewConfig returns one with
// every default set. Its fields are attributes of the block `reputation "kind"`, as package setting reads them.
type Config interface {
	// open adds the source to those that New makes.
	open(s *Sources, opt Options) error
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

// ListConfig is the settings of kind "list": local files of indicators and tiers.
type ListConfig struct {
	// Files have an indicator and its tier in a line. They are all read; the worse tier holds of one
	// that is there twice.
	Files []string `setting:"files,required,path"`
}

// NewList returns the defaults of kind "list", which needs its files set.
func NewList() *ListConfig { return &ListConfig{} }

func (c *ListConfig) open(s *Sources, opt Options) (err error) {
	if s.list != nil {
		return errors.New("there is another; write one block, with all files")
	}
	s.list, err = openList(c, opt)
	return err
}
