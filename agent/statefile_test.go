package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files that a later version of the program wrote are told of and left as they are, whatever they keep.
func TestLaterStateFiles(t *testing.T) {
	root := t.TempDir()
	later := []byte("ruleids snapshot 99\n")
	sum := sha256.Sum256(later)
	later = append(later, sum[:]...)
	names := []string{"memory", "peaks", "assets"}
	for _, name := range names {
		must(t, os.WriteFile(filepath.Join(root, name), later, 0o600))
	}
	r := startIn(t, root, "", map[string]string{"seen.hcl": seenRules})
	s := r.Status(context.Background())
	for _, what := range []string{r.memory.what, r.peaks.what, r.assets.what} {
		if !strings.Contains(strings.Join(s.Trouble, "\n"), what+" from before the restart is not used: ") {
			t.Errorf("%s: trouble %q", what, s.Trouble)
		}
	}
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 1, 0)))
	r.memory.save(context.Background())
	must(t, r.stop())
	for _, name := range names {
		if is, err := os.ReadFile(filepath.Join(root, name)); err != nil || !bytes.Equal(is, later) {
			t.Errorf("%s was written over: %v", name, err)
		}
	}
}
