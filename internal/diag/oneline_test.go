package diag

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// TestOneLine parses blocks with several attributes on one line. Each range is that of the text as it was given.
func TestOneLine(t *testing.T) {
	const text = "# é\nsequence \"10m\" {\n  step \"é\" { on = \"alert\"  where = \"a == 'x}'\" by = [\"ip.src\", f({ a = 1 })] }\n  one { where = \"b\" }\n}\nlist \"x\" { append = true  values = [1, 2]}\n"
	f, diags := Parse([]byte(text), "x.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var got []string
	var walk func(b *hclsyntax.Body)
	walk = func(b *hclsyntax.Body) {
		for _, a := range SortedAttributes(b.Attributes) {
			r := a.SrcRange
			got = append(got, fmt.Sprintf("%d:%d %s", r.Start.Line, r.Start.Column, text[r.Start.Byte:r.End.Byte]))
			e := a.Expr.Range()
			if want := strings.TrimSpace(strings.SplitN(text[r.Start.Byte:r.End.Byte], "=", 2)[1]); text[e.Start.Byte:e.End.Byte] != want {
				t.Errorf("the expression is %q, want %q", text[e.Start.Byte:e.End.Byte], want)
			}
		}
		for _, x := range b.Blocks {
			got = append(got, fmt.Sprintf("%d:%d %s", x.TypeRange.Start.Line, x.TypeRange.Start.Column, x.Type))
			if x.CloseBraceRange.Start.Byte < len(text) && text[x.CloseBraceRange.Start.Byte] != '}' {
				t.Errorf("%s is closed by %q", x.Type, text[x.CloseBraceRange.Start.Byte])
			}
			walk(x.Body)
		}
	}
	walk(f.Body.(*hclsyntax.Body))
	want := "2:1 sequence\n3:3 step\n3:14 on = \"alert\"\n3:28 where = \"a == 'x}'\"\n3:48 by = [\"ip.src\", f({ a = 1 })]\n4:3 one\n4:9 where = \"b\"\n6:1 list\n6:12 append = true\n6:27 values = [1, 2]"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if string(f.Bytes) != text {
		t.Error("the text of the file is another")
	}
}

// TestOneLineFaults holds that mistakes stay mistakes, at their places.
func TestOneLineFaults(t *testing.T) {
	for text, want := range map[string]string{
		"x { a = 1  b = }\n":                  "1:16-1:16",
		"x { a = 1  b = 2\n":                  "1:12-1:13",
		"x { a = 1  a = 2 }\n":                "1:12-1:13",
		"x = { a = 1, b = 2 }\n":              "",
		"x { a = 1 b }\n":                     "1:11-1:12",
		"x {\n a = 1 b = 2\n}\n":              "2:8-2:9",
		"y { a = { b = 1, c = 2 }  d = 3 }\n": "",
	} {
		_, diags := Parse([]byte(text), "x.hcl")
		got := ""
		if len(diags) > 0 {
			got = fmt.Sprintf("%d:%d-%d:%d", diags[0].Subject.Start.Line, diags[0].Subject.Start.Column, diags[0].Subject.End.Line, diags[0].Subject.End.Column)
		}
		if got != want {
			t.Errorf("%q: %s, want %s: %v", text, got, want, diags)
		}
	}
}

// FuzzOneLine holds that no text makes the parser panic, and that places are within the text.
func FuzzOneLine(f *testing.F) {
	f.Add("x \"y\" { a = 1  b = [2] }\nz { c = \"${d}\" e = <<-E\nx\nE\n}")
	f.Fuzz(func(t *testing.T, text string) {
		file, diags := Parse([]byte(text), "x.hcl")
		if file == nil {
			t.Fatal("no file")
		}
		for _, d := range diags {
			if d.Subject != nil && (d.Subject.Start.Byte < 0 || d.Subject.End.Byte > len(text)+3) {
				t.Errorf("%v of %d bytes", d.Subject, len(text))
			}
		}
	})
}
