// Package setting is what settings and rule files have in common with each other: how lengths of time and sizes are
// written, and how it is told that a value cannot be.
package setting

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A Problem is what is wrong with one setting.
type Problem struct {
	Setting string // the attribute; "" for the block as a whole
	Detail  string // a sentence that says what to write instead
}

// Error implements error.
func (p Problem) Error() string {
	if p.Setting == "" {
		return p.Detail
	}
	return p.Setting + ": " + p.Detail
}

// Join makes one error of problems; nil of none.
func Join(ps []Problem) error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// OneOf checks a setting that takes one of some words.
func OneOf(setting, value string, words ...string) []Problem {
	if slices.Contains(words, value) {
		return nil
	}
	return []Problem{{setting, fmt.Sprintf("%q is none of %s.", value, strings.Join(words, ", "))}}
}

// Between checks a number.
func Between(setting string, n, least, most int) []Problem {
	if n >= least && n <= most {
		return nil
	}
	return []Problem{{setting, fmt.Sprintf("%d is out of range; write a number from %d to %d.", n, least, most)}}
}

// Beside returns the path that a relative one is in a folder; "" stays "".
func Beside(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
