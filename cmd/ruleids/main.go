// Command ruleids finds attacks in network traffic by rules written in HCL.
//
// Each command has a file of its own here: flags in, text and an exit status out. What the commands do is
// in the packages below.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader of our output that goes away (ruleids … | head) must end us by an error from write,
	// with our exit status, and not by the signal.
	signal.Ignore(syscall.SIGPIPE)
	// Package net/http writes what servers send unasked to the standard logger; that is for no terminal.
	log.SetOutput(io.Discard)
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(a.main(context.Background(), os.Args[1:]))
}
