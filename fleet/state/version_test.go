package state

import (
	"errors"
	"os"
	"path/filepath"
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
		})
	}
}
