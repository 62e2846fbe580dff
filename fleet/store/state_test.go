package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ruleids/ruleids/internal/stateversion"
)

// TestDayOfEachVersion opens the files in testdata/state, each of which a version of the program has written: a hundred alerts,
// as fill makes them.
func TestDayOfEachVersion(t *testing.T) {
	files, err := filepath.Glob("testdata/state/*.db")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no file", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			dir := t.TempDir()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "alerts-"+noon.Format("2006-01-02")+".db"), text, 0o600); err != nil {
				t.Fatal(err)
			}
			s := newStore(t, Options{Dir: dir})
			if got, _ := list(t, s, "rule:ssh_brute_force", 0, 100); len(got) != 10 {
				t.Errorf("%d alerts", len(got))
			}
			if err := s.Append(t.Context(), []*Entry{raised("rome", 7, "port_scan", 3, "203.0.113.5")}); err != nil {
				t.Error(err)
			}
			if got, _ := list(t, s, "agent:rome", 0, 100); len(got) != 1 {
				t.Errorf("%d alerts of a new agent", len(got))
			}
		})
	}
}

// TestUpgrade brings a database up to date in steps, and refuses one of a later version.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.db")
	db, err := OpenDB(path, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	first, second := `CREATE TABLE IF NOT EXISTS a(x); INSERT INTO a VALUES(1)`, `ALTER TABLE a ADD COLUMN y DEFAULT 7`
	upgrade := func(steps ...string) error { return Upgrade(t.Context(), db, path, steps...) }
	if err := errors.Join(upgrade(first), upgrade(first), upgrade(first, second), upgrade(first, second)); err != nil {
		t.Fatal(err)
	}
	var n, y int
	if err := db.QueryRow(`SELECT count(*), max(y) FROM a`).Scan(&n, &y); err != nil || n != 1 || y != 7 {
		t.Errorf("%d rows, y = %d, %v", n, y, err)
	}
	// A step that fails leaves nothing behind.
	if err := upgrade(first, second, `CREATE TABLE b(x); nonsense`); err == nil {
		t.Error("nonsense is a step")
	}
	if err := db.QueryRow(`SELECT count(*) FROM b`).Scan(&n); err == nil {
		t.Error("half of a step was kept")
	}
	if err := upgrade(first); !errors.Is(err, stateversion.ErrLater) {
		t.Errorf("a later version: %v", err)
	}
}
