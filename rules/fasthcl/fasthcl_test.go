package fasthcl

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
)

// layouts are files that try the borders of chunks and of what is plain.
var layouts = []string{
	"",
	"\n",
	" \t\n  ",
	"a {\n}\n",
	"a {}",
	"a \"b\" \"c\" {\n  d = \"e\"\n}\n\nf {\n}\n",
	"a {\n\tb = [1, 2,\n \"three\", true,\n]\n  c { d = false }\n  e \"f\" {\n  }\n}\n",
	"a { b = [] }\n",
	"a { b = 1\n}\n",
	"a { b = 1 c = 2 }\n",
	"a {\n  b = 1\n  b = 2\n}\n",
	"a {\n  b = 007\n  c = 99999999999999999999999999\n}\n",
	"a {\n  b = 1.5\n  c = -1\n  d = 1e3\n  e = 12x\n}\n",
	"a {\n  b = var.c\n  d = true.e\n  f = nullable\n  g = null\n}\n",
	"a {\n  b = \"\"\n  c = \"\\n\"\n  d = \"${e}\"\n  f = \"$${g}\"\n  h = \"100%\"\n  i = \"ä\"\n}\n",
	"a {\n  b = \"c\" # d\n}\n",
	"# a\n// b\na { # c\n  # d\n  b = 1 // e\n  c = [ # f\n    1, # g\n  ]\n} # h\n# i",
	"a { /* b */ c = 1 }\n",
	"a {\n  b = 1 / 2\n  c = 1 /\n 2\n}\n",
	"# é\n# b\r\na { # c\r\n}\n",
	"# a",
	"a {\n  b = var.c.d-e\n  f = g\n  h = [var.i, j.k]\n}\n",
	"a {\n  b = c . d\n  e = f.0\n  g = h.*\n  i = j[0]\n  k = l()\n  m = n::o()\n  p = q.\n}\n",
	"a {\n  b = [for]\n}\n",
	"a {\n  b = \"${c.d} e ${f}\"\n  g = \"${h}\"\n  i = \"j${k.l}\"\n}\n",
	"a {\n  b = \"${ c }\"\n  d = \"${~ e ~}\"\n  f = \"${g()}\"\n  h = \"${true}\"\n  i = \"$j\"\n  k = \"${}\"\n}\n",
	"a {\n  b = \"${c\"\n}\n",
	"a {\n  b = \"x${c}${d}\"\n  e = \"%{if f}g%{endif}\"\n}\n",
	"# a\nb {\n  c = 1\n}\n# d\n",
	"a {\n  b = 1\n}\n/*\n}\n*/\nc {\n  d = 2\n}\n",
	"a {\n  b = 1\n}\n/*\nc {\n  d = 2\n}\n*/\n",
	"a {\n  b = <<EOT\n}\nc {\nEOT\n  d = 1\n}\ne {\n}\n",
	"a {\n  b = <<-EOT\n  x\n  EOT\n}\ne {\n}\n",
	"a {\n  b = <<-EOT\n    x $y 5% of\n      z\\n \"\"\n\n  \n   w\n  EOT \n  c = <<EOT\n  x\n y\nEOT\n}\n",
	"a {\n  b = <<-EOT\n  EOT\n}\n",
	"a {\n  b = <<-EOT\n\n    \n  EOT\n}\n",
	"a {\n  b = <<-EOT\n  \n    x\n  EOT\n}\n",
	"a {\n  b = <<-EOT\nx\n  y\n  EOT\n}\n",
	"a {\n  b = <<-EOT\n    ${c}\n  x$\n  EOT\n}\n",
	"a {\n  b = <<-EOT\n    $x\n    %y\n  z\n  EOT\n}\n",
	"a {\n  b = <<-EOT\n    $${x} $$y %%{z} $%\n  EOT\n}\n",
	"a {\n  b = <<-EOT\n  é\n  EOT\n}\n",
	"a {\n  b = <<-EOT\n\tx\n  EOT\n}\n",
	"a {\n  b = <<-EOT\n\tx\n\tEOT\n}\n",
	"a {\n  b = <<-EOT \n  x\n  EOT\n}\n",
	"a {\n  b = <<- EOT\n  x\n  EOT\n}\n",
	"a {\n  b = < < EOT\n}\n",
	"a {\n  b = <<-E-1\n  x\n  E-1\n  c = [<<F\n  x\nF\n  , <<G\ny\nG\n]\n}\n",
	"a { b = <<EOT\nx\nEOT\n}\n",
	"a {\n  b = <<EOT\nx\nEOT }\n",
	"a {\n  b = <<EOT\nx\nEOT",
	"a {\n  b = <<EOT\nx\nEOT # c\nEOT\n  d = <<EOT # e\nx\nEOT\n}\n",
	"a {\n  b = <<EOT\r\nx\r\nEOT\r\n}\n",
	"a {\nb {\nc = 1\n}\n}\nd {\n}\n",
	"a {\nb = \"${{\n}\n}\"\n}\nc {\n}\n",
	"a {\r\n  b = 1\r\n}\r\nc {\r\n}\r\n",
	"a {\n  b = 1\n}\r\n\r\nc {\n}\r",
	"a = 1\nb {\n}\nc {\n}\n",
	"b {\n}\na = 1\n",
	"a = {\n}\nb = 2\na = 3\n",
	"a {\n}\n}\nb {\n}\n",
	"a {\n}\nb {\n",
	"a {\n} b {\n}\nc {\n}\n",
	"a b {\n}\nc \"d\" e {\n}\n",
	"a-b_C9 {\n  d-e = 1\n}\n",
	"a \"b\nc\" {\n}\n",
	"a {\n  b == 1\n}\n",
	"a {\n  b = [1 2]\n}\n",
	"a {\n  b = [1]]\n}\n",
	"a {\n  b = [for x in y : x]\n}\n",
	"\xef\xbb\xbfa {\n}\nb {\n}\n",
	"a {\n}\n\xef\xbb\xbfb {\n}\n",
	"a {\n}\n\x00",
	"é {\n}\nb {\n}\n",
}

// sameAsWhole fails the test where a file parsed by chunks is not that parsed by hclsyntax alone.
func sameAsWhole(t *testing.T, src []byte) {
	t.Helper()
	got, gotDiags := Parse(src, "a.hcl")
	want, diags := diag.Parse(src, "a.hcl")
	if !reflect.DeepEqual(gotDiags, diags) && (len(gotDiags) > 0 || len(diags) > 0) {
		t.Errorf("%q gives\n%v\nand not\n%v", src, gotDiags, diags)
	}
	if !reflect.DeepEqual(got.Body, want.Body) || !bytes.Equal(got.Bytes, want.Bytes) {
		t.Errorf("%q is parsed to another tree than by hclsyntax", src)
	}
	if !reflect.DeepEqual(got.Nav, want.Nav) {
		t.Errorf("%q has other navigation", src)
	}
}

func TestChunksParseLikeTheWhole(t *testing.T) {
	for _, src := range layouts {
		sameAsWhole(t, []byte(src))
	}
	err := filepath.WalkDir("../../stdlib", func(name string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".hcl") {
			return err
		}
		src, err := os.ReadFile(name)
		sameAsWhole(t, src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is plain must not fall back without being noticed: it is what makes loading fast.
func TestPlainRulesAreReadPlain(t *testing.T) {
	src := []byte("rule \"r\" {\n  description = \"d\"\n  attack = [\"T1046\"]\n  where = \"tcp.dstport in [1, 2]\"\n" +
		"  enabled = true\n  window \"10s\" { n = \"count()\" }\n  threshold = 15\n  quarantine {\n    target = \"ip.src\"\n  }\n}\n")
	body := chunk{src, hcl.InitialPos}.parsePlain("a.hcl")
	if body == nil || len(body.Blocks) != 1 || len(body.Blocks[0].Body.Blocks) != 2 {
		t.Fatalf("a plain rule is read as %+v", body)
	}
	if n := len(chunks(bytes.Repeat(src, 100))); n != 100 {
		t.Errorf("100 rules are cut to %d chunks", n)
	}
}

func FuzzChunks(f *testing.F) {
	for _, src := range layouts {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if diag.TooDeep(src, "") != nil {
			return
		}
		sameAsWhole(t, src)
	})
}

func TestDeepNestingIsAnError(t *testing.T) {
	for _, src := range []string{"a = " + strings.Repeat("[", 100_000), strings.Repeat("a {", 100_000), "a = \"" + strings.Repeat("${[", 100_000)} {
		f, diags := Parse([]byte(src), "a.hcl")
		if len(diags) != 1 || f == nil || f.Body.(*hclsyntax.Body) == nil {
			t.Errorf("%.10s… gives %v", src, diags)
		}
	}
	src := "a = \"" + strings.Repeat("[", 100_000) + "\"\n" // no brackets but text
	if _, diags := Parse([]byte(src), "a.hcl"); len(diags) > 0 {
		t.Error(diags)
	}
}
