package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// runnable are the commands that this test runs.
var runnable = regexp.MustCompile(`^([A-Z_]+=\S+ )?(ruleids|sed) `)

// elsewhere are the commands that an example may show and this test does not run, since they change
// the machine or reach out of it.
var elsewhere = regexp.MustCompile(`^(cd|git|go|make|mkdir|sudo|install|source) `)

// console runs commands and compares what they print.
func (p *page) console(t *testing.T, f fence) {
	t.Helper()
	var out []string
	differ, last := false, 0
	for i := 0; i < len(f.text); {
		at := f.line + i
		command, ok := strings.CutPrefix(f.text[i], "$ ")
		if !ok {
			t.Errorf("%s:%d: a command begins with \"$ \"", p.name, at)
			return
		}
		out = append(out, f.text[i])
		for i++; strings.HasSuffix(command, "\\") && i < len(f.text); i++ {
			out = append(out, f.text[i])
			command += "\n" + f.text[i]
		}
		var want []string
		for ; i < len(f.text) && !strings.HasPrefix(f.text[i], "$ "); i++ {
			want = append(want, f.text[i])
		}
		var got string
		switch {
		case command == "echo $?":
			got = fmt.Sprintln(last)
		case command == "make run":
			got, last = p.shell(t, makeRun(t))
		case runnable.MatchString(command):
			got, last = p.shell(t, command)
		case elsewhere.MatchString(command) && len(want) == 0:
			continue
		default:
			t.Errorf("%s:%d: this test cannot run %q", p.name, at, command)
		}
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if got == "" {
			lines = nil
		}
		if elided(want).MatchString(got) {
			lines = want
		} else {
			differ = true
			if !*update {
				t.Errorf("%s:%d: %q prints\n%s\nand not\n%s", p.name, at, command, got, strings.Join(want, "\n"))
			}
		}
		out = append(out, lines...)
	}
	if differ {
		p.written[f.line] = out
	}
}

// elided is a pattern for lines in which … stands for what is left out.
func elided(lines []string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for _, line := range lines {
		if line == "…" {
			b.WriteString(`(?:.*\n)*?`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*?") + `\n`)
	}
	return regexp.MustCompile(b.String() + `\z`)
}

// makeRun is what `make run` runs once it has built the program.
func makeRun(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := regexp.MustCompile(`(?m)^run:.*\n\t\$\(BIN\) (.*)$`).FindSubmatch(text)
	capture := regexp.MustCompile(`(?m)^PCAP +\?= (.*)$`).FindSubmatch(text)
	if recipe == nil || capture == nil {
		t.Fatal("the Makefile has no target run that replays $(PCAP)")
	}
	return "ruleids " + strings.ReplaceAll(string(recipe[1]), "$(PCAP)", string(capture[1]))
}

// shell runs a command in the page's directory and returns what it prints, on both outputs, and its status.
func (p *page) shell(t *testing.T, command string) (string, int) {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "TERM=dumb")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// json holds an example to be JSON, and to be what a command prints first where it names one.
func (p *page) json(t *testing.T, f fence, command string) {
	t.Helper()
	var want any
	if err := json.Unmarshal([]byte(strings.Join(f.text, "\n")), &want); err != nil {
		t.Errorf("%s:%d: %v", p.name, f.line, err)
		return
	}
	if command == "" {
		return
	}
	out, _ := p.shell(t, command)
	first, _, _ := strings.Cut(out, "\n")
	var got any
	if err := json.Unmarshal([]byte(first), &got); err != nil {
		t.Errorf("%s:%d: %q does not print JSON: %v: %s", p.name, f.line, command, err, first)
		return
	}
	if where := differs(want, got); where != "" {
		t.Errorf("%s:%d: %q prints something else at %s: %s", p.name, f.line, command, where, first)
	}
}

// differs names the first place where JSON is not as an example has it; empty where it is.
func differs(want, got any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || !slices.Equal(slices.Sorted(maps.Keys(w)), slices.Sorted(maps.Keys(g))) {
			return "the keys"
		}
		for _, k := range slices.Sorted(maps.Keys(w)) {
			if where := differs(w[k], g[k]); where != "" {
				return k + ", " + where
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			return "the list"
		}
		for i := range w {
			if where := differs(w[i], g[i]); where != "" {
				return fmt.Sprintf("%d, %s", i, where)
			}
		}
		return ""
	case string:
		if elided([]string{w}).MatchString(fmt.Sprintln(got)) {
			return ""
		}
	}
	if want == got {
		return ""
	}
	return fmt.Sprintf("%v", got)
}

var yamlCommand = regexp.MustCompile(`(?m)^\s*(?:(?:- )?run: )?(ruleids .*)$`)

// yaml holds an example to be YAML, and runs the commands of ruleids in it.
func (p *page) yaml(t *testing.T, f fence) {
	t.Helper()
	text := strings.Join(f.text, "\n")
	if err := yaml.Unmarshal([]byte(text), new(any)); err != nil {
		t.Errorf("%s:%d: %v", p.name, f.line, err)
	}
	for _, m := range yamlCommand.FindAllStringSubmatch(text, -1) {
		if out, status := p.shell(t, m[1]); status != statusClean {
			t.Errorf("%s:%d: %q ends with status %d: %s", p.name, f.line, m[1], status, out)
		}
	}
}
