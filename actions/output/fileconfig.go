package output

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/setting"
)

// FileConfig is the settings of the kinds "eve" and "csv", which write to a file.
type FileConfig struct {
	// Path of the file. Its folder must exist.
	Path string `hcl:"path"`
	// Mode is the permission bits, in octal, that the file is made with, whatever the umask. A file
	// that is there already keeps its own.
	Mode string `hcl:"mode,optional"`
	// RotateSize is the size, in bytes or with a unit, that the file does not grow beyond; "0" for none.
	RotateSize string `hcl:"rotate_size,optional"`
	// RotateEvery is a length of time; the file is rotated where a multiple of it, counted in UTC from
	// 1970-01-01, begins. "0s" for never.
	RotateEvery string `hcl:"rotate_every,optional"`
	// Keep is the number of rotated files that are left; -1 for all.
	Keep int `hcl:"keep,optional"`
	// Compress says to compress rotated files with gzip.
	Compress bool `hcl:"compress,optional"`

	// Queue is how many alerts are held while the output cannot keep up, and, in units of 4 KiB, how
	// much memory they may take.
	Queue int `hcl:"queue,optional"`
	// MinSeverity is the least severity of the alerts that are written.
	MinSeverity string `hcl:"min_severity,optional"`
	// Rules are names of rules, or patterns with * and ?, whose alerts are written; none for all.
	Rules []string `hcl:"rules,optional"`

	csv bool
}

// NewEVE returns the defaults of kind "eve": EVE JSON, one object a line.
func NewEVE(path string) *FileConfig {
	return &FileConfig{Path: path, Mode: "0640", RotateSize: "100MiB", RotateEvery: "0s", Keep: 10, Compress: true,
		Queue: DefaultQueue, MinSeverity: "low"}
}

// NewCSV returns the defaults of kind "csv": RFC 4180 with a header line.
func NewCSV(path string) *FileConfig {
	c := NewEVE(path)
	c.csv = true
	return c
}

// Validate implements Config.
func (c *FileConfig) Validate() []Problem {
	_, ps := c.parse()
	return ps
}

// Resolve implements Config.
func (c *FileConfig) Resolve(dir string) { c.Path = setting.Beside(dir, c.Path) }

// fileSettings is what the text of a FileConfig says.
type fileSettings struct {
	path     string
	mode     fs.FileMode
	limit    int64 // bytes; 0 for none
	every    time.Duration
	keep     int
	compress bool
}

// minRotateSize keeps a slip of the pen from making a file for each alert, minRotateEvery one each second.
const (
	minRotateSize  = 64 << 10
	minRotateEvery = time.Minute
)

func (c *FileConfig) parse() (s fileSettings, ps []Problem) {
	s = fileSettings{path: filepath.Clean(c.Path), keep: c.Keep, compress: c.Compress}
	if c.Path == "" {
		ps = append(ps, Problem{Setting: "path", Detail: "The output needs the path of its file."})
	}
	mode, err := strconv.ParseUint(c.Mode, 8, 32)
	if err != nil || mode&^0o777 != 0 || mode&0o600 != 0o600 {
		ps = append(ps, Problem{Setting: "mode", Detail: fmt.Sprintf("%q is not the mode of a file that its owner can read and write; write three octal digits, as \"0640\".", c.Mode)})
	}
	s.mode = fs.FileMode(mode)
	if s.limit, err = setting.ParseSize(c.RotateSize); err != nil {
		ps = append(ps, Problem{Setting: "rotate_size", Detail: err.Error() + "."})
	} else if s.limit != 0 && s.limit < minRotateSize {
		ps = append(ps, Problem{Setting: "rotate_size", Detail: "Files this small would be too many; write at least \"64KiB\", or \"0\" for no limit."})
	}
	if s.every, err = setting.ParseDuration(c.RotateEvery); err != nil {
		ps = append(ps, Problem{Setting: "rotate_every", Detail: err.Error() + ", or \"0s\" for never."})
	} else if s.every != 0 && s.every < minRotateEvery {
		ps = append(ps, Problem{Setting: "rotate_every", Detail: "Files for so short a time would be too many; write at least \"1m\", or \"0s\" for never."})
	}
	if c.Keep < -1 {
		ps = append(ps, Problem{Setting: "keep", Detail: "Write how many rotated files are kept, or -1 for all."})
	}
	return s, append(ps, validateCommon(c.Queue, c.MinSeverity, c.Rules)...)
}

func (c *FileConfig) open(env environment) (*route, error) {
	s, ps := c.parse()
	if err := setting.Join(ps); err != nil {
		return nil, err
	}
	r := &route{
		kind: "eve", target: s.path, limit: c.Queue, filter: newFilter(c.MinSeverity, c.Rules),
		render: appendEVE, patience: filePatience,
	}
	f := newFile(s, env.complain)
	if c.csv {
		form := alert.NewCSV()
		r.kind, r.render = "csv", func(dst []byte, e *event) []byte { return form.Append(dst, e.alert) }
		f.header = alert.AppendCSVHeader(nil)
	}
	r.sink = f
	return r, f.check()
}

func appendEVE(dst []byte, e *event) []byte { return append(append(dst, e.json()...), '\n') }
