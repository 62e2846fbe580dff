package output

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/setting"
)

// CSVConfig is the settings of kind "csv".
type CSVConfig struct {
	FileConfig
	// Columns are the columns, in their order, each by its name or as "name as heading"; none for all.
	Columns []string `setting:"columns" most:"100"`
}

// FileConfig is the settings of kind "eve", and those that "csv" shares with it: both write to a file.
type FileConfig struct {
	// Path of the file. Its directory must exist.
	Path string `setting:"path,required,path"`
	// Mode is the permission bits that the file is made with, whatever the umask. A file that is there already
	// keeps its own.
	Mode Mode `setting:"mode" default:"0640"`
	// RotateSize is the size that the file does not grow beyond; 0 for none. Less would be a file for each alert.
	RotateSize setting.Size `setting:"rotate_size" default:"100MiB" range:"0,64KiB.."`
	// RotateEvery is a length of time; the file is rotated where a multiple of it, counted in UTC from
	// 1970-01-01, begins. 0 for never.
	RotateEvery time.Duration `setting:"rotate_every" default:"0s" range:"0,1m.."`
	// Keep is the number of rotated files that are left; -1 for all.
	Keep int `setting:"keep" default:"10" range:"-1.."`
	// Compress says to compress rotated files with gzip.
	Compress bool `setting:"compress" default:"true"`

	Common
}

// Mode is the permission bits of a file, written in octal. Its owner can read and write it.
type Mode fs.FileMode

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Mode) UnmarshalText(text []byte) error {
	mode, err := strconv.ParseUint(string(text), 8, 32)
	if err != nil || mode&^0o777 != 0 || mode&0o600 != 0o600 {
		return fmt.Errorf("%q is not the mode of a file that its owner can read and write: write three octal digits, as \"0640\"", text)
	}
	*m = Mode(mode)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (m Mode) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%04o", m), nil }

// Check returns what is wrong with the settings as they go together.
func (c *CSVConfig) Check() (ps []setting.Problem) {
	if _, err := alert.NewCSVColumns(c.Columns); err != nil {
		ps = append(ps, setting.Problem{Setting: "columns", Detail: strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "."})
	}
	return ps
}

func (c *CSVConfig) open(env environment) (*route, error) {
	form := alert.NewCSV()
	if len(c.Columns) > 0 {
		var err error
		if form, err = alert.NewCSVColumns(c.Columns); err != nil {
			return nil, err
		}
	}
	r, f := c.FileConfig.route(env)
	r.kind, r.render = "csv", func(dst []byte, e *event) []byte { return form.Append(dst, e.alert) }
	f.header = form.AppendHeader(nil)
	return r, f.check()
}

func (c *FileConfig) open(env environment) (*route, error) {
	r, f := c.route(env)
	return r, f.check()
}

// route makes what writes EVE JSON to the file.
func (c *FileConfig) route(env environment) (*route, *file) {
	own := *c
	own.Path = filepath.Clean(c.Path)
	f := newFile(&own, env.complain)
	return &route{kind: "eve", target: own.Path, Common: c.Common, render: appendEVE, backoff: fileBackoff, sink: f}, f
}

func appendEVE(dst []byte, e *event) []byte { return append(append(dst, e.json()...), '\n') }
