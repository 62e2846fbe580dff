package state

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// TestEachVersion opens the files in testdata/state, each of which a version of the program has written: an account "anna", and
// a line in the audit log.
func TestEachVersion(t *testing.T) {
	files, err := filepath.Glob("testdata/state/*.db")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no file", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "server.db")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			d, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if a, err := d.Verify(t.Context(), "anna", "the password of anna"); err != nil || a.Role != Analyst {
				t.Errorf("%+v, %v", a, err)
			}
			if as, err := d.Audits(t.Context(), 0, 10); err != nil || len(as) != 1 || as[0].Who != "anna" {
				t.Errorf("%+v, %v", as, err)
			}
			if err := d.Log(t.Context(), "ben", "look", "", ""); err != nil {
				t.Error(err)
			}
			db, err := store.OpenDB(path, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(`PRAGMA user_version = 1000`); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path); !errors.Is(err, stateversion.ErrLater) {
				t.Errorf("a later version: %v", err)
			}
			for what, damaged := range map[string][]byte{"cut": text[:len(text)/3], "something else": []byte("# the file of another program, which is longer than the header of SQLite's files is: 100 bytes\n")} {
				other := filepath.Join(t.TempDir(), "server.db")
				if err := os.WriteFile(other, damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				if _, err := Open(other); err == nil || !strings.Contains(err.Error(), other) || !strings.Contains(err.Error(), "put a copy of it there") {
					t.Errorf("%s: %v", what, err)
				}
				if is, err := os.ReadFile(other); err != nil || !bytes.Equal(is, damaged) {
					t.Errorf("%s: it was changed: %v", what, err)
				}
			}
		})
	}
}
