// Package stateversion refuses state that a later version of the program has written. What reads a file of state knows its
// versions up to one; an older one it reads, or brings up to date.
package stateversion

import (
	"errors"
	"fmt"
)

// ErrLater is what an error of Check wraps.
var ErrLater = errors.New("it was written by a later version of ruleids")

// Check returns an error that says what to do where a file, or a directory, has a later version than this program reads.
func Check(path string, has, reads int) error {
	if has <= reads {
		return nil
	}
	return fmt.Errorf("%s has version %d, and this program reads up to version %d: %w; install that one again, or move %s away and begin without it", path, has, reads, ErrLater, path)
}
