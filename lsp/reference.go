package lsp

import (
	"cmp"
	"slices"
)

func (s *Server) definition(p positionParams) (any, error) {
	return s.places(p, func(x occurrence) bool { return x.declares })
}

func (s *Server) references(p referenceParams) (any, error) {
	return s.places(p.positionParams, func(x occurrence) bool { return !x.declares || p.Context.IncludeDeclaration })
}

// places returns where the symbol at a position stands, of those places that are asked for.
func (s *Server) places(p positionParams, asked func(occurrence) bool) (any, error) {
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
			if asked(x) {
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
