package decision

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

// TestUndoKeepsReleases: while the journal cannot be written, what is decided and released in one batch is released,
// here and in the firewall, and does not bring back what held before.
func TestUndoKeepsReleases(t *testing.T) {
	f := newFixture(t)
	f.Close()
	full := false
	f.ops.write = func(file *os.File, b []byte) (int, error) {
		if full {
			return 0, errors.New("no space left on device")
		}
		return file.Write(b)
	}
	f.open()
	f.do(Decided, byRule(Quarantine, bad, time.Hour))
	full = true
	vs := f.DecideAll(context.Background(), []Request{byPerson(Block, bad, 0), byPerson(Release, bad, 0), byPerson(Block, "198.51.100.8", 0)})
	if vs[0].Outcome != Failed || vs[1].Outcome != Released || vs[1].Err == nil || vs[2].Outcome != Failed {
		t.Errorf("%v", vs)
	}
	if l := f.List(); len(l) != 0 {
		t.Errorf("released, but there is %v", l)
	}
	f.inFirewall()
}
