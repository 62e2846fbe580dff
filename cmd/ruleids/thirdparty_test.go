package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notices is the file with the licences of what is linked into the binary, which several of them ask to be handed on
// with it.
const notices = "../../THIRD_PARTY_NOTICES.txt"

// licenceFile matches the names of files with a licence or the notices that go with one.
var licenceFile = regexp.MustCompile(`(?i)^(licen[sc]e|copying|notice|unlicense|patents)([-.].*)?$`)

// TestDocsNotices holds the notices against the modules of the binaries for all systems; -update writes them.
func TestDocsNotices(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("The ruleids program contains the following modules, under the licences that follow them.\n")
	for _, m := range linkedModules(t) {
		fmt.Fprintf(&b, "\n%s\n%s %s\n%[1]s\n", strings.Repeat("=", 100), m.Path, m.Version)
		entries, err := os.ReadDir(m.Dir)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			text, err := os.ReadFile(filepath.Join(m.Dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			found = true
			fmt.Fprintf(&b, "\n--- %s ---\n\n%s\n", e.Name(), strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"))
		}
		if !found {
			t.Errorf("%s has no licence file", m.Path)
		}
	}
	if *update {
		if err := os.WriteFile(notices, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(notices)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not that of the modules in go.mod; run: go test ./cmd/ruleids -run TestDocs -update", filepath.Base(notices))
	}
}

// A linked module is what `go list` tells of one.
type linked struct{ Path, Version, Dir string }

// linkedModules returns the modules whose packages the program links on any of its systems, sorted.
func linkedModules(t *testing.T) []linked {
	t.Helper()
	all := map[string]linked{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command("go", "list", "-deps", "-json=Module", ".")
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v", cmd, err)
		}
		for dec := json.NewDecoder(bytes.NewReader(out)); ; {
			var p struct{ Module *linked }
			if err := dec.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if m := p.Module; m != nil && m.Version != "" {
				all[m.Path] = *m
			}
		}
	}
	var out []linked
	for _, m := range all {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b linked) int { return strings.Compare(a.Path, b.Path) })
	return out
}
