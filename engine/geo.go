package engine

import (
	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// geoPlaces is how many addresses a worker remembers the places of: most packets are of few.
const geoPlaces = 1 << 10

// A geoCache remembers the places of addresses that came last, by hash.
type geoCache [geoPlaces]geoEntry

type geoEntry struct {
	addr    packet.Addr
	known   bool
	country []byte
	org     []byte
	asn     int64

	latitude, longitude float64
	located             bool
}

// place returns what is known of an address. It is valid until the next call.
func (s *scope) place(db *geo.DB, a packet.Addr) *geoEntry {
	if s.places == nil {
		s.places = new(geoCache)
	}
	h := (a.Hi ^ a.Lo ^ s.seed) * 0x9e3779b97f4a7c15
	e := &s.places[h>>(64-10)]
	if !e.known || e.addr != a {
		p := db.Look(a.Netip())
		*e = geoEntry{addr: a, known: true, country: []byte(p.Country), org: []byte(p.Org), asn: p.ASN,
			latitude: p.Latitude, longitude: p.Longitude, located: p.Located}
	}
	return e
}

// hasPlace returns a function for whether a call of geoip.country, geoip.asn or geoip.as_org has a value.
func (b *builder) hasPlace(e *ast.CallExpr) func(*scope) bool {
	db := b.geo
	if db == nil {
		return func(*scope) bool { return false }
	}
	x := b.addrFunc(e.Args[0])
	switch e.Func.ID {
	case ast.FnCountry:
		return func(s *scope) bool { return len(s.place(db, x(s)).country) > 0 }
	case ast.FnASN:
		return func(s *scope) bool { return s.place(db, x(s)).asn != 0 }
	}
	return func(s *scope) bool { return len(s.place(db, x(s)).org) > 0 }
}

// placeText returns a function for geoip.country or geoip.as_org.
func (b *builder) placeText(e *ast.CallExpr) bytesFunc {
	db := b.geo
	if db == nil {
		return func(*scope) []byte { return nil }
	}
	x := b.addrFunc(e.Args[0])
	if e.Func.ID == ast.FnCountry {
		return func(s *scope) []byte { return s.place(db, x(s)).country }
	}
	return func(s *scope) []byte { return s.place(db, x(s)).org }
}

// placeNumber returns a function for geoip.asn.
func (b *builder) placeNumber(e *ast.CallExpr) intFunc {
	db := b.geo
	if db == nil {
		return func(*scope) int64 { return 0 }
	}
	x := b.addrFunc(e.Args[0])
	return func(s *scope) int64 { return s.place(db, x(s)).asn }
}
