package logsource

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/stateversion"
)

// TestMarkOfEachVersion reads the marks in testdata/state, each of which a version of the program has written.
func TestMarkOfEachVersion(t *testing.T) {
	files, err := filepath.Glob("testdata/state/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no mark", err)
	}
	for _, file := range files {
		m, ok, err := memory(file).load()
		if err != nil || !ok || m.Inode != 4711 || m.Offset != 1234 || m.Head != "c0ffee" || m.HeadBytes != 64 || m.Cursor != "s=1;i=2" || m.Time != 1764410400000001 {
			t.Errorf("%s: %+v, %v, %v", file, m, ok, err)
		}
	}
	later := filepath.Join(t.TempDir(), "mark.json")
	if err := os.WriteFile(later, []byte(`{"version":2,"offset":{"of":"another form"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := memory(later).load(); !errors.Is(err, stateversion.ErrLater) {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(later, []byte(`{"version":1,"off`), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	env := &environment{kind: "file", name: "sshd", opt: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	if _, ok, err := env.recall(memory(later)); ok || err != nil || !strings.Contains(log.String(), "how far a log was read is not known") || !strings.Contains(log.String(), later) {
		t.Errorf("%v, %v, %s", ok, err, log.String())
	}
}
