// The rate command finds the highest rate at which nothing is lost on a link between two network namespaces, of
// ruleids with all shipped rules and of tcpdump, in turn in one run; and checks what happens at twice that rate.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
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
	case errors.Is(err, errVerdict):
		fmt.Fprintln(os.Stderr, "rate:", err)
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "rate:", err)
		os.Exit(2)
	}
}

// errVerdict is what command returns where everything was measured and something is not as it should be.
var errVerdict = errors.New("not all is as it should be; the verdicts above say what")

// A session is what the flags ask for.
type session struct {
	program   string
	sizes     []int
	traffics  []traffic
	runs      int
	step      time.Duration
	precision float64
	ring      int
	stack     string
	only      string
	send      int
	receive   int
	overload  bool
	verbose   bool
}

func command(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("rate", flag.ExitOnError)
	s := &session{}
	fs.StringVar(&s.program, "ruleids", "bin/ruleids", "`path` of the program")
	sizes := fs.String("sizes", "64,512,1400", "lengths of frames in `bytes`")
	kinds := fs.String("traffic", "mix,flow", "`kinds` of traffic")
	fs.IntVar(&s.runs, "runs", 3, "how often each rate is searched")
	fs.DurationVar(&s.step, "step", 3*time.Second, "how long each rate is tried")
	fs.Float64Var(&s.precision, "precision", 0.02, "of the search, as a part of the highest rate that can be sent")
	ring := fs.Int("ring", 16, "`MiB` of the ring of each program; a larger one hides losses at short steps")
	fs.StringVar(&s.stack, "stack", "sender,receiver", "which `CPU` does the work of the stack on what comes in")
	fs.StringVar(&s.only, "only", "", "measure only this `program`: tcpdump or ruleids")
	fs.IntVar(&s.send, "send-cpu", 0, "`CPU` that sends")
	fs.IntVar(&s.receive, "receive-cpu", 1, "`CPU` of the program that receives")
	fs.BoolVar(&s.overload, "overload", true, "check what happens at twice the rate")
	fs.BoolVar(&s.verbose, "v", false, "tell of every step")
	_ = fs.Parse(args) // it exits on errors
	s.ring = *ring << 20
	for _, word := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < minFrame || n > 1514 {
			return fmt.Errorf("-sizes: frames of %q bytes; give %d to 1514", word, minFrame)
		}
		s.sizes = append(s.sizes, n)
	}
	for _, word := range strings.Split(*kinds, ",") {
		i := slices.IndexFunc(traffics(), func(t traffic) bool { return t.name == word })
		if i < 0 {
			return fmt.Errorf("-traffic: there is no kind %q; there are mix and flow", word)
		}
		s.traffics = append(s.traffics, traffics()[i])
	}
	if s.send == s.receive {
		return errors.New("the sender needs a CPU of its own; give -send-cpu and -receive-cpu two different ones")
	}
	if _, err := os.Stat(s.program); err != nil {
		return fmt.Errorf("%w; build it, or say where it is with -ruleids", err)
	}
	// Nothing is to interrupt the sender; what this program allocates is little.
	debug.SetGCPercent(-1)
	return s.run(ctx)
}

// run measures everything in turn, prints the table, then checks the overload.
func (s *session) run(ctx context.Context) error {
	programs, err := contenders()
	if err != nil {
		return err
	}
	if s.only != "" {
		programs = slices.DeleteFunc(programs, func(c contender) bool { return c.name != s.only })
	}
	bad := false
	for _, stack := range strings.Split(s.stack, ",") {
		if stack != "sender" && stack != "receiver" {
			return fmt.Errorf("-stack: %q is none; give sender, receiver or both with a comma", stack)
		}
		b, err := newBench(s.program, s.send, s.receive, s.ring, stack == "receiver")
		if err != nil {
			return err
		}
		results, err := s.measure(ctx, b, programs)
		if err == nil {
			err = report(os.Stdout, stack, names(programs), results)
		}
		if err == nil && s.overload {
			var verdicts []verdict
			verdicts, err = s.check(ctx, b, stack == "receiver")
			bad = !tell(os.Stdout, verdicts) || bad
		}
		b.close()
		if err != nil {
			return err
		}
	}
	if bad {
		return errVerdict
	}
	return nil
}

func names(cs []contender) []string {
	var out []string
	for _, c := range cs {
		out = append(out, c.name)
	}
	return out
}

// measure searches all rates, the programs in turn.
func (s *session) measure(ctx context.Context, b *bench, programs []contender) ([]result, error) {
	var out []result
	for _, size := range s.sizes {
		for _, kind := range s.traffics {
			r := result{kind.name, size, map[string][]finding{}}
			frames := kind.frames(size)
			if err := b.generator.load(frames); err != nil {
				return nil, err
			}
			for range s.runs {
				for _, p := range programs {
					f, err := s.search(ctx, b, p, frames)
					if err != nil {
						return nil, fmt.Errorf("%s, %s of %d bytes: %w", p.name, kind.name, size, err)
					}
					r.findings[p.name] = append(r.findings[p.name], f)
				}
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// search finds the rate of one program.
func (s *session) search(ctx context.Context, b *bench, p contender, frames [][]byte) (finding, error) {
	r, err := p.start(b)
	if err != nil {
		return finding{}, err
	}
	each := time.Duration(0)
	f, err := search(func(rate float64) (float64, bool, error) {
		if err := ctx.Err(); err != nil {
			return 0, false, err
		}
		t, err := b.try(r, p.wants, frames, rate, s.step, nil)
		if err != nil {
			return 0, false, err
		}
		if s.verbose {
			fmt.Fprintf(os.Stderr, "%s: %d bytes at %.0f/s (asked for %.0f), %d ns each: %s\n", p.name, len(frames[0]), t.rate(), rate, t.each().Nanoseconds(), t.loss())
		}
		if t.loss() == "" {
			each = t.each()
		}
		return t.rate(), t.loss() == "", nil
	}, s.precision)
	f.each = each
	return f, errors.Join(err, r.close())
}
