// Package settingtest is what tests of settings share.
package settingtest

import (
	"encoding"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/setting"
)

// Blocks returns the blocks of a settings file.
func Blocks(t *testing.T, text string) []*hclsyntax.Block {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(text), "/etc/ruleids/ruleids.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return file.Body.(*hclsyntax.Body).Blocks
}

// Read reads the settings of a block, as the daemon does, and returns all that is wrong.
func Read(t *testing.T, b *hclsyntax.Block, structs ...any) []setting.Problem {
	t.Helper()
	block := setting.Block{What: "The block", Body: b.Body, Header: b.DefRange()}
	places, diags := block.Read(structs...)
	var ps []setting.Problem
	for _, d := range diags {
		name, detail, found := strings.Cut(d.Detail, ": ")
		if !found || strings.ContainsRune(name, ' ') {
			name, detail = "", d.Detail
		}
		ps = append(ps, setting.Problem{Setting: name, Detail: detail})
	}
	return append(ps, setting.CheckTogether(places, structs...)...)
}

// ReadBody reads the settings of a block without its head and braces.
func ReadBody(t *testing.T, text string, structs ...any) []setting.Problem {
	t.Helper()
	return Read(t, Blocks(t, "block {\n"+text+"\n}\n")[0], structs...)
}

// Manual compares tables of settings with the settings: the first two cells of each row are the name, and the default, or
// "must be set". A table is "page.md#mark": the page of docs, and the comment before the table.
func Manual(t *testing.T, config any, tables ...string) {
	t.Helper()
	got := map[string]string{}
	for _, name := range tables {
		page, mark, _ := strings.Cut(name, "#")
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		_, table, ok := strings.Cut(string(text), "<!-- "+mark+" -->\n")
		if !ok {
			t.Fatalf("%s has no mark %q", page, mark)
		}
		table, _, _ = strings.Cut(table, "\n\n")
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([^|]*) \\|").FindAllStringSubmatch(table, -1) {
			got[m[1]] = strings.Trim(m[2], "`")
		}
	}
	for _, f := range setting.Fields(config) {
		want := f.String()
		if f.Required && (want == `""` || want == "[]") {
			want = "must be set"
		}
		if got[f.Name] != want {
			t.Errorf("%s: the default of %s is %s, not %s", tables, f.Name, want, got[f.Name])
		}
		delete(got, f.Name)
	}
	for name := range got {
		t.Errorf("%s: there is no setting %s", tables, name)
	}
}

// Value returns the value that is written so.
func Value[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](text string) (v T) {
	if err := P(&v).UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return v
}
