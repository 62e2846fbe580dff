package lsp

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

var (
	validName = lazyregexp.New(`^[a-z_][a-z0-9_]*$`)
	validRule = lazyregexp.New(`^[a-z_][a-z0-9_-]*$`) // of a rule, which no condition names but in quotes
)

// renamable returns the symbol at a place, with an error where it cannot have another name.
func (s *Server) renamable(p positionParams) (*document, occurrence, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return nil, occurrence{}, errors.New("the file is not open")
	}
	w := s.recent()
	o, ok := w.symbolAt(d, d.offset(p.Position, s.enc))
	if !ok {
		return nil, o, errors.New("here is no name of a rule, list, macro, variable or model")
	}
	for _, found := range w.everywhere(o.symbol) {
		if slices.ContainsFunc(found, func(x occurrence) bool { return x.declares }) {
			return d, o, nil
		}
	}
	return nil, o, fmt.Errorf("the %s %q is not declared in these files, so its name cannot be changed", o.kind, o.name)
}

func (s *Server) prepareRename(p positionParams) (any, error) {
	d, o, err := s.renamable(p)
	if err != nil {
		return nil, err
	}
	return map[string]any{"range": d.rangeOf(o.from, o.to, s.enc), "placeholder": o.name}, nil
}

func (s *Server) rename(p renameParams) (any, error) {
	_, o, err := s.renamable(p.positionParams)
	if err != nil {
		return nil, err
	}
	w := s.recent()
	_, layer := packet.LayerByName(p.NewName)
	switch {
	case !validName.MatchString(p.NewName) && (o.kind != "rule" || !validRule.MatchString(p.NewName)):
		return nil, fmt.Errorf("%q is no name: write lower case letters, digits and _, a letter first", p.NewName)
	case o.kind == "macro" && (layer || packet.FieldByName(p.NewName) != nil || slices.Contains(operators, p.NewName)):
		return nil, fmt.Errorf("%q means something else in conditions: choose another name", p.NewName)
	case p.NewName != o.name && w.describe(symbol{o.kind, p.NewName}) != "":
		return nil, fmt.Errorf("there is a %s %q already: choose another name", o.kind, p.NewName)
	}
	edit := WorkspaceEdit{map[string][]TextEdit{}}
	for in, found := range w.everywhere(o.symbol) {
		for _, x := range found {
			edit.Changes[in.uri] = append(edit.Changes[in.uri], TextEdit{in.rangeOf(x.from, x.to, s.enc), p.NewName})
		}
	}
	return edit, nil
}
