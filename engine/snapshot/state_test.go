package snapshot

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/stateversion"
)

// TestEachVersion reads the files in testdata/state, each of which a version of the program has written.
func TestEachVersion(t *testing.T) {
	files, err := filepath.Glob("testdata/state/*.snapshot")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no file", err)
	}
	for _, file := range files {
		sections, err := Read(file)
		if err != nil || len(sections) != 2 || sections[0].Name != "list/resolved" || string(sections[0].Data) != "\x00\x01data" || sections[1].Name != "empty" {
			t.Errorf("%s: %q, %v", file, sections, err)
		}
	}
}

// TestLaterVersion tells a file of a later version from a damaged one.
func TestLaterVersion(t *testing.T) {
	file := filepath.Join(t.TempDir(), "memory")
	text := []byte("ruleids snapshot 2\nwhat no program before understands")
	sum := sha256.Sum256(text)
	if err := os.WriteFile(file, append(text, sum[:]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(file); !errors.Is(err, stateversion.ErrLater) || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "up to version 1") {
		t.Errorf("%v", err)
	}
}
