package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/setting"
)

// file reads the settings file.
func (l *loader) file(name string) {
	name = filepath.ToSlash(name)
	text, err := files.Read(name)
	if err != nil {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err
		}
		l.report(diag.UnreadableFile, hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}, "%s cannot be read: %v.", name, err)
		return
	}
	l.config.Files = []string{name}
	file, diags := diag.Parse(text, name)
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
	file.Bytes = slices.Clone(file.Bytes) // secrets will be blotted out
	l.config.Sources[name] = file
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return
	}
	parts := map[string]part{}
	for _, p := range l.config.parts() {
		parts[p.block] = p
	}
	l.read(parts[""], "The settings file", &hclsyntax.Body{Attributes: body.Attributes, SrcRange: body.SrcRange}, body.SrcRange)
	seen := map[string]hcl.Range{}
	for _, b := range body.Blocks {
		if read := labelled()[b.Type]; read != nil {
			read(l, b)
			continue
		}
		p, known := parts[b.Type]
		switch {
		case !known && b.Type != "vars":
			l.unknownBlock(b)
			continue
		case len(b.Labels) > 0:
			l.report(diag.BadName, b.LabelRanges[0], "A %s block has no name.", b.Type)
		}
		if first, twice := seen[b.Type]; twice {
			l.report(diag.DuplicateName, b.TypeRange, "There is a %s block already in line %d. Join the two.", b.Type, first.Start.Line)
		} else {
			seen[b.Type] = b.TypeRange
		}
		if known { // what is in vars is checked with the rules, which declare the variables
			l.read(p, "A "+b.Type+" block", b.Body, b.DefRange())
		}
	}
}

// read reads the settings of a part.
func (l *loader) read(p part, what string, body *hclsyntax.Body, header hcl.Range) {
	b := setting.Block{What: what, Body: body, Header: header, Hint: func(name string) string { return l.hint(p.block, name) }}
	if p.block != "" {
		b.Prefix = p.block + "."
	}
	b.Skip = func(name string) bool { _, ok := l.given[p.name(name)]; return ok }
	places, diags := b.Read(p.structs...)
	l.diags = append(l.diags, diags...)
	for name, place := range places {
		l.config.places[p.name(name)] = place
	}
}

// blot makes secrets unreadable in the text that diagnostics are printed with.
func (l *loader) blot(places map[string]setting.Place) {
	for _, p := range places {
		if f := l.config.Sources[p.Value.Filename]; f != nil && p.Secret {
			for i := p.Value.Start.Byte; i < p.Value.End.Byte; i++ {
				if f.Bytes[i] != '\n' {
					f.Bytes[i] = '*'
				}
			}
		}
	}
}

// unknownBlock reports a block that there is not.
func (l *loader) unknownBlock(b *hclsyntax.Block) {
	blocks, attributes := append(slices.Collect(maps.Keys(labelled())), "vars"), l.attributesOf("")
	for _, p := range l.config.parts()[1:] {
		blocks = append(blocks, p.block)
	}
	slices.Sort(blocks)
	hint := diag.DidYouMean(b.Type, append(blocks, attributes...))
	if slices.Contains(attributes, b.Type) {
		hint = fmt.Sprintf(" Write it as an attribute: %s = ….", b.Type)
	} else if b.Type == "notify" { // as the block of rules is called
		hint = " Did you mean \"notifier\"?"
	} else if slices.Contains([]string{"rule", "list", "macro", "model", "variable", "override", "parser", "test"}, b.Type) {
		hint = " Rules stand in files of their own, which rules { paths = […] } names."
	}
	l.report(diag.UnknownBlock, b.TypeRange, "There is no block %q in the settings.%s", b.Type, hint)
}

// hint says where a setting of a name is that its block does not have.
func (l *loader) hint(block, name string) string {
	for _, p := range l.config.parts() {
		switch has := slices.Contains(l.attributesOf(p.block), name); {
		case block == "" && p.block == name:
			return fmt.Sprintf(" Write it as a block: %s { … }.", name)
		case has && p.block == "":
			return " It stands outside of blocks."
		case has:
			return fmt.Sprintf(" Block %s has one.", p.block)
		}
	}
	return " There are " + strings.Join(l.attributesOf(block), ", ") + "."
}

// attributesOf are the names of the settings of a block, sorted.
func (l *loader) attributesOf(block string) []string {
	var out []string
	for _, p := range l.config.parts() {
		if p.block == block {
			for _, f := range setting.Fields(p.structs...) {
				out = append(out, f.Name)
			}
		}
	}
	slices.Sort(out)
	return out
}
