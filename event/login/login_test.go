package login

import (
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
	name        string
	lines, want []string
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
		if want, ok := strings.CutPrefix(line, "=> "); ok {
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
