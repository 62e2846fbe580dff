// The bench command makes its own traffic and measures what the engine costs on it, in one process, each
// measure in turn, several times over, against the least that any program must do (reading, decoding) and
// against the same detectors written by hand. As "bench check" it compares two revisions of the program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:])
	switch {
	case err == nil:
	case errors.Is(err, errSlower):
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "check":
			return check(ctx, args[1:])
		case "child":
			return beChild(args[1:])
		}
	}
	return bench(ctx, args)
}

// traffics is where captures are kept unless a flag says otherwise.
func traffics() string { return filepath.Join(os.TempDir(), "ruleids-bench") }

// bench measures, and prints what it found.
func bench(ctx context.Context, args []string) (err error) {
	fs := flag.NewFlagSet("bench", flag.ExitOnError)
	s := &session{seen: map[string]outcome{}}
	fs.StringVar(&s.dir, "dir", traffics(), "`folder` where the traffic is kept")
	fs.IntVar(&s.mixed, "mixed", 5_000_000, "packets of mixed traffic")
	fs.IntVar(&s.spoofed, "spoofed", 10_000_000, "packets of spoofed traffic; 0 leaves it out")
	fs.StringVar(&s.program, "ruleids", "", "`path` of the program that is started on ten packets (default: it is built)")
	runs := fs.Int("runs", 5, "how often each measure is taken")
	only := fs.String("only", "", "comma-separated `names` of measures (default all)")
	vm := fs.Bool("vm", true, "measure the expr VM too, on a hundredth of the traffic")
	cpu := fs.Int("cpu", -1, "`CPU` that measures of one worker run on (default the first that the process may use)")
	profile := fs.String("cpuprofile", "", "write a CPU profile to this `file`")
	page := fs.String("markdown", "", "write the results between the marks of this `page`, too")
	_ = fs.Parse(args) // it exits on errors
	if fs.NArg() > 0 {
		return fmt.Errorf("there is nothing to do with %q; see -help", fs.Args())
	}
	ms, err := choose(s.measures(*vm), *only)
	if err != nil {
		return err
	}
	if s.machine, err = newMachine(*cpu); err != nil {
		return err
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	r, err := s.take(ms, *runs)
	if err != nil {
		return err
	}
	if err := r.figures().text(os.Stdout); err != nil {
		return err
	}
	if g := r.targets(); len(g) > 1 {
		fmt.Println()
		if err := g.text(os.Stdout); err != nil {
			return err
		}
	}
	for i, n := range r.notes() {
		if i == 0 {
			fmt.Println()
		}
		fmt.Println(n)
	}
	if *page == "" {
		return nil
	}
	return writeResults(*page, r.markdown(setting{
		machine: s.machine.describe(), revision: revision(ctx), date: time.Now().UTC().Format(time.DateOnly),
		command: strings.Join(os.Args, " "),
		traffic: fmt.Sprintf("%s packets mixed, %s packets spoofed; rounds: %d", thousands(float64(s.mixed)), thousands(float64(s.spoofed)), *runs),
	}))
}
