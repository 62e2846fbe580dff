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
	"runtime"
	"runtime/debug"
	"syscall"
)

func main() {
	// A reader of our output that goes away (ruleids … | head) must end us by an error from write,
	// with our exit status, and not by the signal.
	signal.Ignore(syscall.SIGPIPE)
	// Package net/http writes what servers send unasked to the standard logger; that is for no terminal.
	log.SetOutput(io.Discard)
	spareCollections()
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(a.main(context.Background(), os.Args[1:]))
}

// spareCollections has the first garbage collection come when the heap has 24 MiB and not 4, where GOGC does not say when:
// loading the shipped rules ends below that, and a third of its processor time was that of collections. From the first on, all
// come as usual, or as somebody has set since.
func spareCollections() {
	if os.Getenv("GOGC") != "" {
		return
	}
	const spared = 600
	usual := debug.SetGCPercent(spared)
	runtime.AddCleanup(&struct{ _ [16]byte }{}, func(percent int) {
		if set := debug.SetGCPercent(percent); set != spared {
			debug.SetGCPercent(set)
		}
	}, usual)
}
