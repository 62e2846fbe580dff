package reputation

import (
	"errors"

	"github.com/ruleids/ruleids/internal/setting"
)

// Config is the settings of one source: a *VirusTotalConfig or a *ListConfig. Kinds makes one with
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

// Kinds returns what makes the settings of each kind of source, with every default set, by the name of the kind.
func Kinds() map[string]func() Config {
	return map[string]func() Config{
		KindList:       func() Config { return setting.New[ListConfig]() },
		KindVirusTotal: func() Config { return setting.New[VirusTotalConfig]() },
	}
}

// ListConfig is the settings of kind "list": local files of indicators and tiers.
type ListConfig struct {
	// Files have an indicator and its tier in a line. They are all read; the worse tier holds of one
	// that is there twice.
	Files []string `setting:"files,required,path"`
}

func (c *ListConfig) open(s *Sources, opt Options) (err error) {
	if s.list != nil {
		return errors.New("there is another; write one block, with all files")
	}
	s.list, err = openList(c, opt)
	return err
}
