package lint_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lint"
	"github.com/ruleids/ruleids/stdlib"
)

// seen writes down what a Load came to: its findings, and of the rules what an engine would run.
func seen(cache *lint.Cache, rs *rules.RuleSet, diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, f := range cache.Run(rs, diags) {
		fmt.Fprintf(&b, "%s:%d:%d-%d:%d %v %s %s\n", f.File, f.Line, f.Column, f.EndLine, f.EndColumn, f.Severity, f.Code, f.Detail)
	}
	for _, r := range rs.Rules {
		fmt.Fprintf(&b, "rule %s %v %v %s broken %v", r.Name, r.Range, r.Severity, ast.Format(r.Where), r.Broken)
		for _, e := range r.Exprs() {
			fmt.Fprintf(&b, " %s %v", ast.Format(e), e.Range())
		}
		b.WriteByte('\n')
	}
	for _, l := range rs.Lists {
		fmt.Fprintf(&b, "list %s %v %v %d used %v\n", l.Name, l.Shipped, l.Range, l.Len, l.Used)
	}
	for _, m := range rs.Macros {
		fmt.Fprintf(&b, "macro %s %v %v %s used %v\n", m.Name, m.Shipped, m.Range, m.Text, m.Used)
	}
	for _, v := range rs.Variables {
		fmt.Fprintf(&b, "variable %s %v %v %v used %v\n", v.Name, v.Shipped, v.Range, v.Value, v.Used)
	}
	fmt.Fprintln(&b, "digest", rs.Digest)
	return b.String()
}

// cached is files that use each other's names, in pieces that may come, go and change.
var cached = map[string][]string{
	"rules/names.hcl": {
		"variable \"many\" {\n  description = \"d\"\n  default = 20\n}\n", "variable \"many\" {\n  default = 30\n}\n", "variable \"ports\" {\n  default = [80, 443]\n}\n",
		"list \"friends\" {\n  type = \"ip\"\n  values = [\"192.0.2.1\"]\n}\n", "list \"friends\" {\n  type = \"port\"\n  values = [80]\n}\n",
		"list \"friends\" {\n  append = true\n  values = [\"192.0.2.9\"]\n}\n", "list \"home_nets\" {\n  type = \"ip\"\n  values = [\"10.0.0.0/8\"]\n}\n",
		"list \"bad\" {\n  type = \"ip\"\n  file = \"bad.txt\"\n}\n", "list \"seen\" {\n  type = \"ip\"\n  for = \"1h\"\n}\n", "list \"wrong\" {\n  type = \"ip\"\n  values = [\"x\"]\n}\n",
	},
	"rules/macros.hcl": {
		"macro \"web\" {\n  expr = \"tcp.dstport in var.ports\"\n}\n", "macro \"web\" {\n  expr = \"tcp.dstport == 8080\"\n}\n",
		"macro \"outer\" {\n  expr = \"web and not (ip.src in list.friends)\"\n}\n", "macro \"a\" {\n  expr = \"b\"\n}\n", "macro \"b\" {\n  expr = \"a\"\n}\n", "macro \"b\" {\n  expr = \"tcp\"\n}\n",
		"macro \"scan_key\" {\n  expr = \"udp.dstport == 53\"\n}\n", "macro \"never\" {\n  expr = \"tcp.dstport == 1 and tcp.dstport == 2\"\n}\n", "macro \"x\" {\n",
	},
	"rules/one.hcl": {
		"rule \"one\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"outer\"\n  by = [\"ip.src\"]\n  window \"10s\" {\n    n = \"distinct(ip.dst)\"\n  }\n  when = \"n > var.many\"\n}\n",
		"rule \"two\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"ip.src in list.friends and a\"\n}\n", "rule \"three\" {\n  where = \"tcp.dport == 1 or never\"\n}\n",
		"rule \"writes\" {\n  severity = \"low\"\n  where = \"tcp.dstport == 1\"\n  track \"seen\" {\n    value = \"ip.src\"\n  }\n}\n", "# lint:ignore missing-description why\nrule \"quiet\" {\n  severity = \"low\"\n  where = \"ip.src in list.seen\"\n}\n",
	},
	"rules/two.hcl": {
		"override \"one\" {\n  threshold = var.many\n}\n", "override \"port_scan\" {\n  except \"x\" {\n    where = \"ip.src in list.bad\"\n  }\n}\n", "rule \"two\" {\n  where = \"udp\"\n}\n",
		"rule \"alerts\" {\n  description = \"d\"\n  severity = \"low\"\n  on = \"alert\"\n  where = \"alert.rule == 'two'\"\n}\n", "rule \"unknown\" {\n  where = \"wen\"\n}\n", "}\n", "\n", "# a comment\n",
	},
}

// TestCacheChangesNothing edits files at random; with a Cache loading and linting say what they say without.
func TestCacheChangesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	cache, found := &rules.Cache{}, &lint.Cache{}
	opt := rules.Options{Paths: []string{dir}, Stdlib: stdlib.FS(), LintCodes: lint.IgnoreCodes(), Overlay: map[string][]byte{}}
	r := rand.New(rand.NewPCG(1, 2))
	there := map[string][]int{}
	names := slices.Sorted(maps.Keys(cached))
	steps := 40
	if testing.Short() {
		steps = 30
	}
	for step := range steps {
		for range 1 + r.IntN(2) {
			name := names[r.IntN(len(names))]
			if at := there[name]; len(at) > 0 && r.IntN(3) == 0 {
				i := r.IntN(len(at))
				there[name] = slices.Delete(at, i, i+1)
			} else {
				there[name] = slices.Insert(at, r.IntN(len(at)+1), r.IntN(len(cached[name])))
			}
			var text strings.Builder
			for _, i := range there[name] {
				text.WriteString(cached[name][i])
			}
			path := filepath.ToSlash(filepath.Join(dir, name))
			if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			if r.IntN(2) == 0 {
				opt.Overlay[path] = []byte(text.String())
			} else {
				delete(opt.Overlay, path)
			}
		}
		bad := filepath.Join(dir, "rules", "bad.txt")
		switch r.IntN(10) {
		case 0:
			os.Remove(bad)
		case 1:
			if err := os.WriteFile(bad, []byte(fmt.Sprintf("192.0.2.%d\n%s", step, strings.Repeat("# x\n", step))), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		opt.Cache = nil
		rs, diags := rules.Load(opt)
		want := seen(&lint.Cache{}, rs, diags)
		opt.Cache = cache
		rs, diags = rules.Load(opt)
		if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(seen(found, rs, diags), "\n")); d != "" {
			t.Fatalf("step %d of %v: %s", step, there, d)
		}
	}
}
