// The bench command is what go test -bench and benchstat leave to do. As "bench report" it holds the results of this
// package's benchmarks to their targets, and writes them to a page; as "bench check" it compares two revisions of the
// program. The benchmarks make their own traffic, and measure the engine on it beside the least that any program must do
// (reading, decoding) and beside the same detectors written by hand.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := errors.New(`name a command: "report FILE" or "check"; both take -help`)
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "check":
			err = check(ctx, os.Args[2:])
		case "report":
			err = report(ctx, os.Args[2:])
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		if errors.Is(err, errSlower) {
			os.Exit(1)
		}
		os.Exit(2)
	}
}

const modulePath = "github.com/ruleids/ruleids"

// build builds the program from the repository that dir is in, as a release is built.
func build(ctx context.Context, to, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", to, modulePath+"/cmd/ruleids")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	_, err := output(cmd)
	return err
}

// output runs a command and returns what it writes; its error has what the command says is wrong.
func output(cmd *exec.Cmd) ([]byte, error) {
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", cmd, err, bytes.TrimSpace(errs.Bytes()))
	}
	return out, nil
}

// median returns the middle of values, the mean of the two in the middle where their number is even; 0 for none.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	if n == 0 {
		return 0
	}
	return (s[(n-1)/2] + s[n/2]) / 2
}
