package lsp

import (
	"cmp"
	"slices"
)

func (s *Server) definition(p positionParams) (any, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return nil, nil
	}
	w := s.recent()
	o, ok := w.symbolAt(d, d.offset(p.Position, s.enc))
	if !ok {
		return nil, nil
	}
	out := []Location{}
	for in, found := range w.everywhere(o.symbol) {
		for _, x := range found {
			if x.declares {
				out = append(out, Location{in.uri, in.rangeOf(x.from, x.to, s.enc)})
			}
		}
	}
	return sortLocations(out), nil
}

func (s *Server) references(p referenceParams) (any, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return nil, nil
	}
	w := s.recent()
	o, ok := w.symbolAt(d, d.offset(p.Position, s.enc))
	if !ok {
		return nil, nil
	}
	out := []Location{}
	for in, found := range w.everywhere(o.symbol) {
		for _, x := range found {
			if !x.declares || p.Context.IncludeDeclaration {
				out = append(out, Location{in.uri, in.rangeOf(x.from, x.to, s.enc)})
			}
		}
	}
	return sortLocations(out), nil
}

func sortLocations(ls []Location) []Location {
	slices.SortFunc(ls, func(x, y Location) int {
		return cmp.Or(cmp.Compare(x.URI, y.URI), cmp.Compare(x.Range.Start.Line, y.Range.Start.Line), cmp.Compare(x.Range.Start.Character, y.Range.Start.Character))
	})
	return ls
}
