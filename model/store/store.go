// Package store keeps baselines in a directory: what models have learned, a file for each.
//
// Files are replaced whole, so that a crash leaves the old or the new one. The baseline that a new one takes the place of is
// kept as NAME.previous.json, to be compared with it.
package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/model"
)

// A Store is a directory of baselines.
type Store struct{ Dir string }

const (
	suffix   = ".json"
	previous = ".previous.json"
)

// maxSize bounds a file: more than the largest forest and all that is collected.
const maxSize = 64 << 20

// Path returns the file of a model.
func (s Store) Path(name string) string { return filepath.Join(s.Dir, name+suffix) }

// Previous returns the file of the baseline before.
func (s Store) Previous(name string) string { return filepath.Join(s.Dir, name+previous) }

// Names returns the models that there are files of, sorted. A directory that does not exist has none.
func (s Store) Names() ([]string, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), suffix); ok && !strings.HasSuffix(e.Name(), previous) && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names, err
}

// Read reads a file, which has the text of model.Save.
func Read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = fmt.Errorf("%s is larger than %d bytes, which no baseline is", path, maxSize)
	}
	return data, err
}

// Load returns what a model has learned, by its file. The error is fs.ErrNotExist where there is none, or that of model.Load,
// with the file.
func (s Store) Load(spec model.Spec) (*model.Model, error) {
	path := s.Path(spec.Name)
	data, err := Read(path)
	if err != nil {
		return nil, err
	}
	m, err := model.Load(spec, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Write writes the file of a model. Where another baseline was there, it is kept as the one before.
func (s Store) Write(name, baseline string, data []byte) error {
	if err := os.MkdirAll(s.Dir, 0o750); err != nil {
		return err
	}
	path := s.Path(name)
	if old, err := Read(path); err == nil {
		if m, err := model.Load(model.Spec{}, old); err == nil && m.ID() != "" && m.ID() != baseline {
			if err := files.Rename(path, s.Previous(name)); err != nil {
				return err
			}
		}
	}
	return files.Write(path, data, 0o640)
}

// Forget removes the file of a model; the one before stays. The error is fs.ErrNotExist where there is none.
func (s Store) Forget(name string) error { return os.Remove(s.Path(name)) }
