package agent

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/engine/snapshot"
)

// A list that rules fill, and a rule that reads it. Tests have packets of a day that is past.
const seenRules = `list "seen" {
  type = "ip"
  for  = "100000h"
}
rule "see" {
  description = "d"
  severity    = "low"
  silent      = true
  where       = "tcp.dstport == 1"
  track "seen" { value = "ip.src" }
}
rule "known" {
  description = "d"
  severity    = "low"
  where       = "tcp.dstport == 2 and ip.src in list.seen"
  by          = ["ip.src"]
}
`

func TestMemorySurvivesARestart(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{"seen.hcl": seenRules}
	for i, workers := range []string{"1", "3", "1"} {
		r := startIn(t, root, "capture {\n  workers = "+workers+"\n}\n", files)
		if i == 0 {
			r.source.send(t, batchOf(syn(t, "10.0.0.1", 1, 0)))
		}
		r.source.send(t, batchOf(syn(t, "10.0.0.1", 2, 1+i), syn(t, "10.0.0.2", 2, 2+i)))
		s := r.Status(context.Background())
		if s.Memory == nil || (s.Memory.Restored != nil) != (i > 0) || s.Memory.Damaged != "" || s.Memory.File != filepath.Join(root, "memory") {
			t.Errorf("start %d: memory %+v", i, s.Memory)
		}
		must(t, r.stop())
		if got := r.outputs.of("known"); len(got) != 1 || got[0].Key[0].Value != "10.0.0.1" {
			t.Errorf("start %d: alerts %+v", i, got)
		}
	}
}

// It is saved while the daemon runs, too, and after a reload that adds a list; what cannot be saved is told.
func TestMemoryIsSaved(t *testing.T) {
	root := t.TempDir()
	r := startIn(t, root, "", map[string]string{"p.hcl": portRule("p", "23")})
	if s := r.Status(context.Background()); s.Memory != nil {
		t.Errorf("memory %+v where no rule remembers", s.Memory)
	}
	r.memory.save(context.Background())
	if _, err := os.Stat(filepath.Join(root, "memory")); err == nil {
		t.Error("a file was written where no rule remembers")
	}
	r.write(t, "seen.hcl", seenRules)
	report, err := r.Reload(context.Background(), "test")
	if err != nil || len(report.EmptyLists) != 1 || report.EmptyLists[0] != "seen" {
		t.Fatalf("%v, report %+v", err, report)
	}
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 1, 0)))
	r.memory.save(context.Background())
	sections, err := snapshot.Read(filepath.Join(root, "memory"))
	if err != nil || len(sections) != 1 || sections[0].Name != "list/seen" || len(sections[0].Data) < 24 {
		t.Fatalf("%v, sections %+v", err, sections)
	}
	if s := r.Status(context.Background()); s.Memory == nil || s.Memory.Saved == nil || s.Memory.Error != "" {
		t.Errorf("memory %+v", s.Memory)
	}
	must(t, os.Remove(filepath.Join(root, "memory")))
	must(t, os.Mkdir(filepath.Join(root, "memory"), 0o700))
	at := r.log.now()
	r.memory.save(context.Background())
	r.memory.save(context.Background())
	r.log.wait(t, at, "the memory of rules cannot be saved")
	if s := r.Status(context.Background()); s.Memory.Error == "" || !strings.Contains(strings.Join(s.Trouble, "\n"), "memory: ") {
		t.Errorf("memory %+v, trouble %q", s.Memory, s.Trouble)
	}
	must(t, os.Remove(filepath.Join(root, "memory")))
	r.memory.save(context.Background())
	r.log.wait(t, at, "saved again")
}

// A damaged file is told of, rules begin with nothing, and it is replaced.
func TestMemoryDamaged(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{"seen.hcl": seenRules}
	r := startIn(t, root, "", files)
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 1, 0)))
	must(t, r.stop())
	file := filepath.Join(root, "memory")
	data, err := os.ReadFile(file)
	must(t, err)
	data[len(data)/2] ^= 1
	must(t, os.WriteFile(file, data, 0o600))

	r = startIn(t, root, "", files)
	r.log.wait(t, 0, "the memory of rules cannot be read, and begins empty")
	s := r.Status(context.Background())
	if s.Memory.Damaged == "" || s.Memory.Restored != nil || !strings.Contains(strings.Join(s.Trouble, "\n"), "the file is damaged") {
		t.Errorf("memory %+v, trouble %q", s.Memory, s.Trouble)
	}
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 2, 1)))
	must(t, r.stop())
	if got := r.outputs.of("known"); len(got) != 0 {
		t.Errorf("alerts %+v", got)
	}
	if _, err := snapshot.Read(file); err != nil {
		t.Error(err)
	}
}

// The minute passes.
func TestMemoryEveryMinute(t *testing.T) {
	root := t.TempDir()
	r := startIn(t, root, "", map[string]string{"seen.hcl": seenRules})
	m := newMemories(r.Daemon)
	m.every = 10 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := snapshot.Read(filepath.Join(root, "memory")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing is saved")
		}
	}
	cancel()
	must(t, <-ended)
}
