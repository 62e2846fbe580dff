package format

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestSource(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.in.hcl")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	for _, in := range inputs {
		t.Run(strings.TrimSuffix(filepath.Base(in), ".in.hcl"), func(t *testing.T) {
			src := read(t, in)
			want := read(t, strings.Replace(in, ".in.", ".out.", 1))
			got, diags := Source(in, src)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if string(got) != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			checkStable(t, got)
			crlf := []byte(strings.ReplaceAll(string(src), "\n", "\r\n"))
			if got, _ := Source(in, crlf); string(got) != string(want) {
				t.Errorf("with CRLF:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkStable(t *testing.T, src []byte) {
	t.Helper()
	again, diags := Source("again.hcl", src)
	if diags.HasErrors() {
		t.Fatalf("result is not valid: %v\n%s", diags, src)
	}
	if string(again) != string(src) {
		t.Errorf("not stable:\n%s\nbecame:\n%s", src, again)
	}
}

func TestSourceRefuses(t *testing.T) {
	src := []byte("rule \"x\" {\n  where   =  \"a\n}\n")
	got, diags := Source("bad.hcl", src)
	if string(got) != string(src) {
		t.Errorf("a file with errors was changed: %q", got)
	}
	if !diags.HasErrors() || diags[0].Subject.Filename != "bad.hcl" || diags[0].Subject.Start.Line != 2 {
		t.Errorf("diagnostics: %v", diags)
	}
}

// The shipped rules are in canonical layout.
func TestShipped(t *testing.T) {
	files, err := filepath.Glob("../../stdlib/*/*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		src := read(t, f)
		got, diags := Source(f, src)
		if diags.HasErrors() {
			t.Errorf("%s: %v", f, diags)
		} else if string(got) != string(src) {
			t.Errorf("%s is not in canonical layout; run: ruleids fmt stdlib", f)
		}
	}
}

func FuzzSource(f *testing.F) {
	seeds, _ := filepath.Glob("testdata/*.hcl")
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, s := range []string{
		"", "\n\n", "a=1", "macro \"m\" {\nexpr=\"a&&!b\"}", "macro \"m\" { expr = \"a == \\\"b\\\"\" }",
		"macro \"m\" {\nexpr=<<E\na//x\nE\n}", "macro \"m\" {\nexpr=<<-E\n  a == `x\n  y`\n E\n}",
		"rule \"r\" {\nby=[\"a\",\"b+c\"]\nwindow \"1s\" {\nn=\"count( )\"\n}\n}", "/* a\n\n\n b */\nx = [\n\n1,\n\n]\n",
		"macro \"m\" { expr = \"a contains '$${x' && b\" }", "rule \"r\" {\n} # c\nrule \"s\" {\n}\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		got, diags := Source("fuzz.hcl", src)
		if diags.HasErrors() {
			if string(got) != string(src) {
				t.Fatal("a file with errors was changed")
			}
			return
		}
		checkStable(t, got)
		before, after := texts(t, src), texts(t, got)
		if len(before) != len(after) {
			t.Fatalf("%d conditions became %d", len(before), len(after))
		}
		for i := range before {
			if before[i] != after[i] && !sameTree(before[i], after[i]) {
				t.Fatalf("condition %q became %q", before[i], after[i])
			}
		}
	})
}

// texts returns the conditions of a file in the order of their places.
func texts(t *testing.T, src []byte) []string {
	t.Helper()
	// Line endings inside a heredoc are layout.
	file, diags := hclsyntax.ParseConfig(unix(src), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	exprs := conditionExprs(file.Body.(*hclsyntax.Body))
	slices.SortFunc(exprs, func(a, b hclsyntax.Expression) int { return a.Range().Start.Byte - b.Range().Start.Byte })
	var out []string
	for _, e := range exprs {
		if template, ok := e.(*hclsyntax.TemplateExpr); ok {
			text, _ := literal(template)
			out = append(out, text)
		}
	}
	return out
}
