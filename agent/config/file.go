package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
)

// file reads the settings file.
func (l *loader) file(name string) {
	name = filepath.ToSlash(name)
	text, err := os.ReadFile(name)
	if err != nil {
		l.unreadable(name, err)
		return
	}
	l.config.Files = []string{name}
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	for _, d := range diags {
		rng := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
		if d.Subject != nil {
			rng = *d.Subject
		}
		code := diag.Syntax
		if d.Summary == "Attribute redefined" {
			code = diag.DuplicateName
		}
		l.report(code, rng, "%s", d.Detail)
	}
	if file == nil {
		return
	}
	l.config.Sources[name] = file
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return
	}
	l.attributes("", body)
	seen := map[string]hcl.Range{}
	for _, b := range body.Blocks {
		if read := l.labelled()[b.Type]; read != nil {
			read(b)
			continue
		}
		switch {
		case !slices.Contains(blocks(), b.Type):
			hint := diag.DidYouMean(b.Type, append(blocks(), attributesOf("")...))
			if slices.Contains(attributesOf(""), b.Type) {
				hint = fmt.Sprintf(" Write it as an attribute: %s = ….", b.Type)
			} else if slices.Contains([]string{"rule", "list", "macro", "variable", "override", "test"}, b.Type) {
				hint = " Rules stand in files of their own, which rules { paths = […] } names."
			}
			l.report(diag.UnknownBlock, b.TypeRange, "There is no block %q in the settings.%s", b.Type, hint)
			continue
		case len(b.Labels) > 0:
			l.report(diag.BadName, b.LabelRanges[0], "A %s block has no name.", b.Type)
		}
		if first, twice := seen[b.Type]; twice {
			l.report(diag.DuplicateName, b.TypeRange, "There is a %s block already in line %d. Join the two.", b.Type, first.Start.Line)
			continue
		}
		seen[b.Type] = b.TypeRange
		if b.Type == "vars" { // what is in it is checked with the rules, which declare the variables
			continue
		}
		l.attributes(b.Type, b.Body)
		for _, inner := range b.Body.Blocks {
			hint := diag.DidYouMean(inner.Type, attributesOf(b.Type))
			if slices.Contains(attributesOf(b.Type), inner.Type) {
				hint = fmt.Sprintf(" Write it as an attribute: %s = ….", inner.Type)
			}
			l.report(diag.UnknownBlock, inner.TypeRange, "A %s block has no block %q.%s", b.Type, inner.Type, hint)
		}
	}
}

// attributes reads the attributes of a block, or of the file where the block is "".
func (l *loader) attributes(block string, body *hclsyntax.Body) {
	file := body.SrcRange.Filename
	for _, a := range inOrder(body.Attributes) {
		name := a.Name
		if block != "" {
			name = block + "." + a.Name
		}
		s := named(name)
		if s == nil {
			l.unknown(block, a)
			continue
		}
		rng := a.Expr.Range()
		l.ranges[name] = rng
		l.config.from[name] = fmt.Sprintf("%s:%d", file, a.NameRange.Start.Line)
		v, diags := a.Expr.Value(nil)
		if diags.HasErrors() {
			l.broken(s)
			l.report(diag.BadValue, rng, "A setting is a constant: %s", diags[0].Detail)
			continue
		}
		if err := fromHCL(s.at(l.config), v); err != nil {
			l.broken(s)
			l.fault(s, err)
			continue
		}
		if s.path {
			l.resolve(s, file)
		}
	}
}

// resolve makes the paths of a setting relative to the file's folder.
func (l *loader) resolve(s *Setting, file string) {
	switch p := s.at(l.config).(type) {
	case *string:
		*p = beside(file, *p)
	case *[]string:
		for i := range *p {
			(*p)[i] = beside(file, (*p)[i])
		}
	}
}

// unknown reports an attribute that is no setting, with the nearest one, of another block too.
func (l *loader) unknown(block string, a *hclsyntax.Attribute) {
	what := "Outside of blocks there is"
	if block != "" {
		what = "A " + block + " block has"
	}
	hint := diag.DidYouMean(a.Name, attributesOf(block))
	switch {
	case hint != "":
	case block == "" && slices.Contains(blocks(), a.Name):
		hint = fmt.Sprintf(" Write it as a block: %s { … }.", a.Name)
	default:
		for i := range settings {
			if b, name, ok := strings.Cut(settings[i].Name, "."); ok && name == a.Name {
				hint = fmt.Sprintf(" Block %s has one.", b)
			} else if settings[i].Name == a.Name {
				hint = " It stands outside of blocks."
			}
		}
	}
	if hint == "" {
		hint = " There are " + strings.Join(attributesOf(block), ", ") + "."
	}
	l.report(diag.UnknownAttribute, a.NameRange, "%s no setting %q.%s", what, a.Name, hint)
}

// labelled are the blocks of which there may be several, with the functions that read them.
func (l *loader) labelled() map[string]func(*hclsyntax.Block) {
	return map[string]func(*hclsyntax.Block){
		"output": l.output, "reputation": l.reputation, "notifier": l.notifier, "honeypot": l.honeypot,
	}
}

// blocks are the names of the blocks of a settings file.
func blocks() []string {
	out := append(slices.Collect(maps.Keys((*loader)(nil).labelled())), "vars")
	for i := range settings {
		if b, _, ok := strings.Cut(settings[i].Name, "."); ok && !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	slices.Sort(out)
	return out
}

// attributesOf are the names of the settings of a block, sorted.
func attributesOf(block string) []string {
	var out []string
	for i := range settings {
		b, name, ok := strings.Cut(settings[i].Name, ".")
		if !ok {
			b, name = "", settings[i].Name
		}
		if b == block {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// inOrder returns attributes in the order of the file.
func inOrder(attrs hclsyntax.Attributes) []*hclsyntax.Attribute {
	out := make([]*hclsyntax.Attribute, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *hclsyntax.Attribute) int { return diag.CompareRanges(a.NameRange, b.NameRange) })
	return out
}
