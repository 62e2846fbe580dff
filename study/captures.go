// Package study runs rule sets over collections of captures: to see what a change of rules does, and which thresholds suit a
// network.
//
// Each capture stands by itself: it has an engine of its own, with empty windows. Captures are run on all processors, and
// results do not depend on how many there are.
package study

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/engine"
)

// seed fixes the hashes of keys, so that a study repeats itself to the last key that full tables evict.
const seed = 0x72756c65696473

// extensions are how the names of captures in a directory end, before .gz.
var extensions = []string{".pcap", ".pcapng", ".cap", ".dmp", ".trc"}

// Captures returns the captures that paths name, sorted and each once: files as they are, and of a directory and those below it
// every *.pcap, *.pcapng and *.cap, in gzip too. A directory without one is an error.
func Captures(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		info, err := os.Stat(p)
		var pe *fs.PathError
		if errors.As(err, &pe) {
			return nil, fmt.Errorf("%s: %w", p, pe.Err)
		} else if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			out = append(out, p)
			continue
		}
		before := len(out)
		err = filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && slices.Contains(extensions, filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))) {
				out = append(out, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(out) == before {
			return nil, fmt.Errorf("%s: there is no capture in this directory; their names end in %s, or these with .gz", p, strings.Join(extensions[:3], ", "))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// A Run is what came of one capture.
type Run struct {
	Capture string
	Packets uint64
	Traffic time.Duration // from packet to packet, gaps of more than an hour as an hour
	Alerts  []*alert.Alert
	Fault   error // what is wrong with the capture; what came before it was looked at
}

// process takes packets of one capture.
type process func(b *capture.Batch)

// Replay runs each capture through a plan and returns what came of each, in the order of the captures. It ends early, with the
// error of ctx, when that is done.
func Replay(ctx context.Context, plan *engine.Plan, captures []string) ([]Run, error) {
	return each(ctx, captures, func(r *Run) (process, func()) {
		e := engine.New(plan, engine.Config{Seed: seed})
		return func(b *capture.Batch) {
			e.Process(b.Frames, func(a *alert.Alert) { r.Alerts = append(r.Alerts, a) })
		}, func() {}
	})
}

// each reads captures, as many at once as there are processors. start is called for each before its first packet, and returns
// what takes its packets and what is called after the last.
func each(ctx context.Context, captures []string, start func(*Run) (process, func())) ([]Run, error) {
	runs := make([]Run, len(captures))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(captures)) {
		wg.Go(func() {
			for i := range next {
				runs[i].Capture = captures[i]
				take, end := start(&runs[i])
				runs[i].Fault = runs[i].read(ctx, take)
				end()
			}
		})
	}
	for i := range captures {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return runs, ctx.Err()
}

// read feeds the packets of the capture to take and returns what is wrong with it, or nil.
func (r *Run) read(ctx context.Context, take process) error {
	in, err := capture.Open(r.Capture)
	if err != nil {
		return err
	}
	defer in.Close()
	var b capture.Batch
	var newest int64
	for ctx.Err() == nil {
		if err := in.Read(&b); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for i := range b.Frames {
			if now := b.Frames[i].Time; r.Packets == 0 {
				newest = now
			} else if now > newest {
				r.Traffic += min(time.Duration(now-newest), time.Hour)
				newest = now
			}
			r.Packets++
		}
		take(&b)
	}
	return nil
}
