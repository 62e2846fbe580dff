package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// child runs this program again to do one thing in a process of its own, and decodes what it prints to out.
func (s *session) child(out any, what, arg string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := output(exec.Command(self, "child", what, arg))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}

// beChild does what a process that child starts is for.
func beChild(args []string) error {
	if len(args) != 2 {
		return errors.New("child takes what to do and a path; the bench starts it by itself")
	}
	var out any
	var err error
	switch what, path := args[0], args[1]; what {
	case "memory":
		out, err = memoryChild(path)
	case "list":
		out, err = listChild(path)
	default:
		err = fmt.Errorf("child: there is no %q", what)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
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

// starts is how often the program is started to take the median time of it.
const starts = 25

// start takes the time of the whole of `ruleids run` on a capture of ten packets, from fork to exit.
func (s *session) start() ([]reading, error) {
	if s.program == "" {
		s.program = filepath.Join(s.dir, "ruleids")
		if err := build(context.Background(), s.program, "."); err != nil {
			return nil, fmt.Errorf("%w; say where the program is with -ruleids, or run the bench in a clone", err)
		}
	}
	file, err := mixedTraffic.file(s.dir, 10)
	if err != nil {
		return nil, err
	}
	var times []float64
	for range starts {
		began := time.Now()
		if _, err := output(exec.Command(s.program, "run", "-r", file)); err != nil {
			return nil, err
		}
		times = append(times, milliseconds(time.Since(began)))
	}
	return []reading{{name: "start: ruleids run on ten packets", unit: "ms", value: median(times), alerts: -1}}, nil
}

// build builds the program from the repository that dir is in, as a release is built.
func build(ctx context.Context, to, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", to, modulePath+"/cmd/ruleids")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	_, err := output(cmd)
	return err
}

const modulePath = "github.com/ruleids/ruleids"

// median returns the middle of values, the mean of the two in the middle where their number is even; 0 for none.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	if n == 0 {
		return 0
	}
	return (s[(n-1)/2] + s[n/2]) / 2
}
