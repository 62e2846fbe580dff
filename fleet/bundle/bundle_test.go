package bundle

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestRoundTrip: what is signed is what is read, with the right key alone and unchanged.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.hcl": "rule", "lists/bad.txt": "192.0.2.1\n", "a_test.hcl": "test", ".git/x.hcl": "no", "notes.md": "no"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Read(dir)
	if err != nil || len(s.Files) != 2 || s.Files[0].Name != "a.hcl" || s.Files[1].Name != "lists/bad.txt" {
		t.Fatalf("%+v %v", s, err)
	}
	private, public, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	priv, err := ParsePrivate(private)
	if err != nil || Public(priv) != public {
		t.Fatal(err)
	}
	pub, err := ParsePublic(public)
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.Sign(priv)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Open(data, pub)
	if err != nil || len(got.Files) != 2 || got.Files[1].Text != "192.0.2.1\n" {
		t.Fatalf("%+v %v", got, err)
	}
	to := filepath.Join(t.TempDir(), "set")
	if err := got.Write(to); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(to, "lists", "bad.txt")); err != nil || string(text) != "192.0.2.1\n" {
		t.Errorf("%q %v", text, err)
	}
	other, _, _ := NewKey()
	otherKey, _ := ParsePrivate(other)
	forged, _ := s.Sign(otherKey)
	if _, err := Open(forged, pub); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	var x signed
	if err := json.Unmarshal(data, &x); err != nil {
		t.Fatal(err)
	}
	x.Set[len(x.Set)-1] ^= 1
	changed, _ := json.Marshal(x)
	if _, err := Open(changed, pub); !errors.Is(err, ErrSignature) {
		t.Errorf("changed: %v", err)
	}
	for _, name := range []string{"../x.hcl", "/etc/x.hcl", "a/../../x.hcl", ".x.hcl", "", `a\b.hcl`} {
		bad, err := (&Set{Files: []File{{name, "x"}}}).Sign(priv)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(bad, pub); err == nil {
			t.Errorf("a file of the name %q is taken", name)
		}
	}
}
