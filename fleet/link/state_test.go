package link

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/stateversion"
)

// TestMembershipOfEachVersion reads the memberships in testdata/state, each of which a version of the program has written, and
// refuses one that a later version has.
func TestMembershipOfEachVersion(t *testing.T) {
	files, err := filepath.Glob("testdata/state/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no membership", err)
	}
	dir := t.TempDir()
	put := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, memberFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		put(text)
		m, err := Read(dir)
		if err != nil || m.ID != "0d5f2f7e9b4c4f0f" || m.Name != "pc-17" || m.CA != "sha256:19ea" || strings.Join(m.addresses(), " ") != "fleet.example.com:8444" {
			t.Errorf("%s: %+v, %v", file, m, err)
		}
	}
	put([]byte(`{"version": 2, "id": {"of": "another form"}}`))
	if _, err := Read(dir); !errors.Is(err, stateversion.ErrLater) || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
}
