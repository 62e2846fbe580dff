// Package geo tells where addresses are registered: the country, and the autonomous system (RFC 1930) that announces them, as
// files in the MaxMind DB format say, https://maxmind.github.io/MaxMind-DB/. Those of MaxMind, DB-IP and IPinfo are known.
package geo

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// A DB is the files that are asked, in their order: what the first does not know the next may. It does not change, and may be used
// by several goroutines. A nil DB knows nothing.
type DB struct {
	files  []*maxminddb.Reader
	given  []Network // what is known without files, the most particular first
	digest [sha256.Size]byte
}

// A Place is what is known of an address; what is not is "" and 0.
type Place struct {
	Country string // two capital letters, ISO 3166-1
	ASN     int64
	Org     string // the organization of the autonomous system
	// Latitude and Longitude are in degrees, where Located is true.
	Latitude, Longitude float64
	Located             bool
}

// A Network is addresses and where they are.
type Network struct {
	Prefix netip.Prefix
	Place  Place
}

// Of returns a DB that knows networks and has no file: of several that have an address the most particular counts.
func Of(networks ...Network) *DB {
	db := &DB{given: slices.Clone(networks)}
	slices.SortStableFunc(db.given, func(a, b Network) int { return b.Prefix.Bits() - a.Prefix.Bits() })
	db.digest = sha256.Sum256(fmt.Append(nil, db.given))
	return db
}

// MaxSize bounds a file, in bytes: it is held in memory as a whole, so that whoever overwrites it changes nothing.
const MaxSize = 1 << 30

// Open reads files. Of no files it returns nil. The error names the file.
func Open(paths ...string) (*DB, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	db := &DB{}
	sum := sha256.New()
	for _, path := range paths {
		st, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if st.Size() > MaxSize {
			return nil, fmt.Errorf("%s: it has more than %d bytes", path, MaxSize)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		file, err := maxminddb.OpenBytes(content)
		if err != nil {
			return nil, fmt.Errorf("%s: it is no file in the MaxMind DB format: %w", path, err)
		}
		sum.Write(content)
		db.files = append(db.files, file)
	}
	sum.Sum(db.digest[:0])
	return db, nil
}

// Digest identifies the contents of the files.
func (db *DB) Digest() [sha256.Size]byte { return db.digest }

// paths are where files of different makers have a value.
var (
	countryPaths = [][]any{{"country", "iso_code"}, {"registered_country", "iso_code"}, {"country_code"}}
	asnPaths     = [][]any{{"autonomous_system_number"}, {"asn"}}
	orgPaths     = [][]any{{"autonomous_system_organization"}, {"as_name"}}

	latitudePaths  = [][]any{{"location", "latitude"}, {"latitude"}, {"lat"}}
	longitudePaths = [][]any{{"location", "longitude"}, {"longitude"}, {"lng"}, {"lon"}}
)

// Look returns what is known of an address.
func (db *DB) Look(a netip.Addr) (p Place) {
	if db == nil || !a.IsValid() {
		return p
	}
	a = a.Unmap()
	for _, n := range db.given {
		if n.Prefix.Contains(a) {
			return n.Place
		}
	}
	for _, file := range db.files {
		r := file.Lookup(a)
		if r.Err() != nil || !r.Found() { // a file of IPv4 does not know IPv6
			continue
		}
		if p.Country == "" {
			p.Country = strings.ToUpper(text(r, countryPaths))
		}
		if p.Org == "" {
			p.Org = text(r, orgPaths)
		}
		if p.ASN == 0 {
			p.ASN = number(r)
		}
		if !p.Located {
			latitude, ok := degrees(r, latitudePaths, 90)
			longitude, found := degrees(r, longitudePaths, 180)
			if ok && found {
				p.Latitude, p.Longitude, p.Located = latitude, longitude, true
			}
		}
	}
	return p
}

// text returns the first text that is there.
func text(r maxminddb.Result, paths [][]any) string {
	for _, path := range paths {
		s := ""
		if err := r.DecodePath(&s, path...); err == nil && s != "" {
			return s
		}
	}
	return ""
}

// number returns the number of the autonomous system, which some makers write as "AS64496".
func number(r maxminddb.Result) int64 {
	for _, path := range asnPaths {
		var n uint32
		if err := r.DecodePath(&n, path...); err == nil && n > 0 {
			return int64(n)
		}
		s := ""
		if err := r.DecodePath(&s, path...); err == nil {
			if n, err := strconv.ParseUint(strings.TrimPrefix(s, "AS"), 10, 32); err == nil {
				return int64(n)
			}
		}
	}
	return 0
}

// degrees returns the first number that is there, which some makers write as text, where it is one from -most to most.
func degrees(r maxminddb.Result, paths [][]any, most float64) (float64, bool) {
	for _, path := range paths {
		var x float64
		if err := r.DecodePath(&x, path...); err != nil || x == 0 { // 0 too where there is nothing
			s := ""
			if r.DecodePath(&s, path...) != nil {
				continue
			}
			if x, err = strconv.ParseFloat(s, 64); err != nil {
				continue
			}
		}
		if x >= -most && x <= most {
			return x, true
		}
	}
	return 0, false
}

// earthRadius is the mean radius of the earth in kilometres (IUGG).
const earthRadius = 6371.0088

// Distance returns how far two places are apart on a great circle, in kilometres, by the haversine formula. Both must be Located.
func Distance(a, b Place) float64 {
	const radian = math.Pi / 180
	half := func(x float64) float64 { return math.Pow(math.Sin(x*radian/2), 2) }
	h := half(b.Latitude-a.Latitude) + math.Cos(a.Latitude*radian)*math.Cos(b.Latitude*radian)*half(b.Longitude-a.Longitude)
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}
