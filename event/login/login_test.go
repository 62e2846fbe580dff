package login

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/packet"
)

// A goldenCase is a case of a file in testdata.
type goldenCase struct {
	name, remark string
	lines, want  []string
}

func readCases(t *testing.T, file string) []goldenCase {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []goldenCase
	for _, line := range strings.Split(string(data), "\n") {
		if title, ok := strings.CutPrefix(line, "== "); ok {
			out = append(out, goldenCase{name: title})
			continue
		}
		if len(out) == 0 || line == "" {
			continue
		}
		c := &out[len(out)-1]
		if remark, ok := strings.CutPrefix(line, "# "); ok {
			c.remark = remark
		} else if want, ok := strings.CutPrefix(line, "=> "); ok {
			c.want = append(c.want, want)
		} else {
			c.lines = append(c.lines, line)
		}
	}
	return out
}

// told writes a login as the files in testdata have it.
func told(a *packet.Auth) string {
	src := "-"
	if a.Src.IsValid() {
		src = a.Src.String()
	}
	if a.Dst.IsValid() {
		src += " > " + a.Dst.Addr().String()
	}
	return fmt.Sprintf("%s %q %q %q %s", a.Result, a.User, a.Method, a.Reason, src)
}

// reference is the time of all logs in testdata that name no year.
var reference = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

func (c *goldenCase) run(program string) (out []string, all []packet.Auth) {
	t, f := New(nil), Format{Reference: reference, Program: program}
	for _, raw := range c.lines {
		l := f.Parse(raw)
		all = append(all, t.Line(&l)...)
	}
	all = append(all, t.Flush()...)
	for i := range all {
		out = append(out, told(&all[i]))
	}
	return out, all
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, file := range files {
		service := strings.TrimSuffix(filepath.Base(file), ".txt")
		for _, c := range readCases(t, file) {
			t.Run(service+"/"+c.name, func(t *testing.T) {
				got, all := c.run("")
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
				for i := range all {
					if s := all[i].Service; s != service && !strings.Contains(c.name, "service "+s) {
						t.Errorf("service %q", s)
					}
				}
			})
		}
	}
}

// sshdForms are the rows of the table in docs/logins.md: the cases 1 to 35 of testdata/sshd.txt.
func sshdForms(t *testing.T) (out []string) {
	t.Helper()
	for _, c := range readCases(t, "testdata/sshd.txt") {
		number, title, _ := strings.Cut(c.name, " ")
		if number != fmt.Sprint(len(out)+1) || len(out) == 35 {
			continue
		}
		code := func(lines []string) string { return "`" + strings.Join(lines, "`<br>`") + "`" }
		becomes := "none"
		if len(c.want) > 0 {
			becomes = code(c.want)
		}
		if c.remark != "" {
			becomes += ": " + c.remark
		}
		out = append(out, fmt.Sprintf("| %s | %s | %s | %s |", number, title, code(c.lines), becomes))
	}
	return out
}

var update = flag.Bool("update", false, "write the table of sshd's lines to docs/logins.md")

// The table of sshd's lines is what the goldens say.
func TestDocsOfSSHDForms(t *testing.T) {
	const file, begin, end = "../../docs/logins.md", "<!-- sshd: begin, written by: go test ./event/login -run TestDocs -update -->\n", "<!-- sshd: end -->"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("there is no table")
	}
	rows := sshdForms(t)
	if len(rows) != 35 {
		t.Errorf("%d forms", len(rows))
	}
	want := "| | | sshd writes | login |\n| --- | --- | --- | --- |\n" + strings.Join(rows, "\n") + "\n"
	if *update {
		err = os.WriteFile(file, []byte(before+begin+want+end+after), 0o644)
	} else if d := cmp.Diff(want, table); d != "" {
		err = errors.New("(-want +got)\n" + d)
	}
	if err != nil {
		t.Error(err)
	}
}
