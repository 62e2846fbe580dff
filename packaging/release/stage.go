package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// manual writes the manual pages and completions that the program makes of itself, and what packages have in another
// form than the tree: units that name /usr/bin.
func (r *release) manual() error {
	program, err := r.native()
	if err != nil {
		return err
	}
	man := filepath.Join(r.stage, "man")
	if out, err := exec.Command(program, "man", man).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(man, "*.1"))
	if err != nil {
		return err
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := z.Write(text); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		if err := r.put("man.gz/"+filepath.Base(page)+".gz", b.Bytes()); err != nil {
			return err
		}
	}
	for shell, name := range map[string]string{"bash": "ruleids", "zsh": "_ruleids", "fish": "ruleids.fish", "powershell": "ruleids.ps1"} {
		text, err := exec.Command(program, "completion", shell).Output()
		if err != nil {
			return fmt.Errorf("completion %s: %w", shell, err)
		}
		if err := r.put("completion/"+shell+"/"+name, text); err != nil {
			return err
		}
	}
	for _, unit := range []string{"ruleids.service", "ruleids-server.service"} {
		text, err := os.ReadFile(filepath.Join(r.root, "packaging", unit))
		if err != nil {
			return err
		}
		const from = "ExecStart=/usr/local/bin/ruleids "
		if strings.Count(string(text), from) != 1 {
			return fmt.Errorf("packaging/%s has no line that begins with %q", unit, from)
		}
		if err := r.put("systemd/"+unit, []byte(strings.Replace(string(text), from, "ExecStart=/usr/bin/ruleids ", 1))); err != nil {
			return err
		}
	}
	return nil
}

// put writes a file of the stage.
func (r *release) put(name string, text []byte) error {
	path := filepath.Join(r.stage, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
