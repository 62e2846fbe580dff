package main

import (
	"errors"
	"syscall"
)

// Exit statuses of every command.
const (
	statusClean    = 0 // nothing was found to be wrong
	statusFindings = 1 // lint findings, failed tests, files that fmt would change
	statusFault    = 2 // the command could not do its work, or not all of it
)

// A status is an error that says only how to exit: what there was to say has been printed.
type status int

func (s status) Error() string { return [...]string{"clean", "findings", "fault"}[s] }

// statusOf returns the exit status for what a command returned, and whether the error is still to be
// printed. A closed pipe is no mistake, so it ends the program without a word.
func statusOf(err error) (code int, tell bool) {
	var s status
	switch {
	case err == nil:
		return statusClean, false
	case errors.As(err, &s):
		return int(s), false
	case errors.Is(err, syscall.EPIPE):
		return statusFault, false
	}
	return statusFault, true
}
