package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

// downloads is where a release is published.
const downloads = "https://github.com/ruleids/ruleids/releases/download/v"

// formula writes a Homebrew formula that fetches the archives of macOS and Linux.
func (r *release) formula() error {
	type archive struct{ Arch, File, Sum string }
	type system struct {
		Name     string
		Archives []archive
	}
	var systems []system
	for _, s := range []struct{ os, name string }{{"darwin", "macos"}, {"linux", "linux"}} {
		var archives []archive
		for _, t := range r.targets {
			arch := map[string]string{"amd64": "intel", "arm64": "arm"}[t.arch]
			if t.os != s.os || arch == "" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(r.out, r.archiveName(t)))
			if err != nil {
				return err
			}
			archives = append(archives, archive{arch, r.archiveName(t), fmt.Sprintf("%x", sha256.Sum256(text))})
		}
		if len(archives) > 0 {
			systems = append(systems, system{s.name, archives})
		}
	}
	if len(systems) == 0 {
		return nil
	}
	t, err := template.ParseFiles(filepath.Join(r.root, "packaging", "homebrew", "ruleids.rb.tmpl"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, map[string]any{"Version": r.version, "Base": downloads + r.version, "Systems": systems}); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "ruleids.rb"), b.Bytes(), 0o644)
}
