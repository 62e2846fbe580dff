package main

import (
	"errors"
	"runtime"
	"strconv"
)

// A workerCount is the value of --workers. 0, which is auto, is one for each CPU.
type workerCount int

// maxAuto is how many workers there are at most where no flag says: more have nothing to do, as there are eight lanes of windows,
// and each takes memory for the packets that it has under way.
const maxAuto = 16

// number is how many goroutines there are to be.
func (w workerCount) number() int {
	if w == 0 {
		return min(runtime.GOMAXPROCS(0), maxAuto)
	}
	return int(w)
}

// String implements pflag.Value.
func (w *workerCount) String() string {
	if *w == 0 {
		return "auto"
	}
	return strconv.Itoa(int(*w))
}

// Set implements pflag.Value.
func (w *workerCount) Set(s string) error {
	n, err := strconv.Atoi(s)
	if s == "auto" {
		n, err = 0, nil
	}
	if err != nil || n < 0 {
		return errors.New("write auto, or a number, 0 or more")
	}
	*w = workerCount(n)
	return nil
}

// Type implements pflag.Value.
func (w *workerCount) Type() string { return "N" }
