package decision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// snapshot is all that a Store must not lose: what holds, what is remembered.
func snapshot(b *Store) map[string]string {
	out := map[string]string{}
	for t, s := range b.active.states {
		if s.decision != nil {
			out[t.String()] = fmt.Sprintf("%d %s %d forced %v since %s", s.decision.ID, s.decision, s.decision.Offences, s.decision.Forced, s.decision.Since)
		} else if !s.stale(b.now(), &b.config) {
			out[t.String()] = fmt.Sprintf("offences %d until %s, released %s", s.offences, s.ended, s.released)
		}
	}
	return out
}

// operations does up to n things at random, and calls after with each; it ends when that says so.
func operations(f *fixture, seed uint64, n int, after func() bool) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	addr := func() string { return fmt.Sprintf("198.51.100.%d", rnd.IntN(4)) }
	for range n {
		switch rnd.IntN(10) {
		case 0, 1, 2:
			f.Decide(context.Background(), byRule(Quarantine, addr(), time.Duration(1+rnd.IntN(5))*time.Minute))
		case 3:
			f.Decide(context.Background(), byRule(Block, addr(), 0))
		case 4, 5:
			f.Decide(context.Background(), byPerson(Release, addr(), 0))
		case 6, 7:
			f.DecideAll(context.Background(), []Request{byPerson(Block, addr(), 0), byPerson(Release, addr(), 0), byRule(Quarantine, addr(), time.Minute)})
		case 8:
			f.wait(time.Duration(rnd.IntN(120)) * time.Second)
		case 9:
			if err := f.call(context.Background(), func() { _ = f.rewrite() }); err != nil {
				f.t.Fatal(err)
			}
		}
		if !after() {
			return
		}
	}
}

// A killer is a disk on which the program is killed after it wrote so many bytes.
type killer struct {
	left     int
	dead     bool
	flight   []byte           // what it was writing when it died
	into     string           // and to which file
	unsynced map[string]int64 // by file: how much of it is on the disk
	before   []byte           // of a file that was replaced, as long as the directory is not synced
	replaced string
}

var errKilled = errors.New("killed")

func (k *killer) ops() fileOps {
	return fileOps{
		write: func(file *os.File, b []byte) (int, error) {
			if k.dead {
				return 0, errKilled
			}
			if _, known := k.unsynced[file.Name()]; !known {
				st, err := file.Stat()
				if err != nil {
					return 0, err
				}
				k.unsynced[file.Name()] = st.Size()
			}
			cut := min(len(b), k.left)
			k.left -= cut
			n, err := file.Write(b[:cut])
			if k.dead = cut < len(b); k.dead && err == nil {
				k.flight, k.into, err = slices.Clone(b), file.Name(), errKilled
			}
			return n, err
		},
		sync: func(file *os.File) error {
			if k.dead {
				return errKilled
			}
			delete(k.unsynced, file.Name())
			return nil
		},
		syncDirectory: func(string) error {
			if k.dead {
				return errKilled
			}
			k.before, k.replaced = nil, ""
			return nil
		},
		rename: func(from, to string) error {
			if k.dead {
				return errKilled
			}
			k.replaced = to
			k.before, _ = os.ReadFile(to)
			if size, ok := k.unsynced[from]; ok {
				k.unsynced[to] = size
			}
			return os.Rename(from, to)
		},
	}
}

// crash has the machine go down too: what was not synced is lost, but for some bytes.
func (k *killer) crash(t *testing.T, some int64) {
	if k.replaced != "" {
		write(t, k.replaced, k.before)
	}
	for name, size := range k.unsynced {
		st, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.Truncate(name, min(size+some, st.Size()))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestKilled kills the program at every byte that it ever writes, to the journal or to the file that takes its place,
// and every other time the machine with it. After each, exactly what was acknowledged is there, and of what was asked
// for at that moment the part that was written.
func TestKilled(t *testing.T) {
	const n = 9
	for seed := range uint64(2) {
		f := newFixture(t, func(c *Config) { c.Audit = "" })
		f.Close()
		for at := 0; ; at++ {
			if err := os.Remove(f.config.Journal); err != nil {
				t.Fatal(err)
			}
			k := &killer{left: at, unsynced: map[string]int64{}}
			f.ops, f.clock, f.firewall = k.ops(), newClock(), new(Memory)
			f.open()
			acked, file := snapshot(f.Store), read(t, f.config.Journal)
			operations(f, seed, n, func() bool {
				if !k.dead {
					acked, file = snapshot(f.Store), read(t, f.config.Journal)
				}
				return !k.dead
			})
			f.Close()
			if at%2 == 1 || !k.dead {
				k.crash(t, int64(at/2%50))
			}
			f.ops = quickOps()
			f.open()
			got := snapshot(f.Store)
			f.Close()
			if !k.dead {
				if diff := cmp.Diff(acked, got); diff != "" {
					t.Fatal(diff)
				}
				t.Logf("killed at each of %d bytes", at)
				break
			}
			same := cmp.Equal(acked, got)
			if lines := bytes.SplitAfter(k.flight, []byte{'\n'}); !same && k.into == f.config.Journal {
				for i := 1; i < len(lines) && !same; i++ {
					write(t, f.config.Journal, slices.Concat(file, slices.Concat(lines[:i]...)))
					f.open()
					same = cmp.Equal(snapshot(f.Store), got)
					f.Close()
				}
			}
			if !same {
				t.Fatalf("seed %d, killed at byte %d of %q: acknowledged was\n%v\nthere is\n%v", seed, at, k.flight, acked, got)
			}
			if f.report.BadCount > 0 || f.report.KeptAside != "" {
				t.Fatalf("a kill is taken for damage: %+v", f.report)
			}
		}
	}
}
