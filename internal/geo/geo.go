// Package geo tells where addresses are registered: the country, and the autonomous system (RFC 1930) that announces them, as
// files in the MaxMind DB format say, https://maxmind.github.io/MaxMind-DB/. Those of MaxMind, DB-IP and IPinfo are known.
package geo

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// A DB is the files that are asked, in their order: what the first does not know the next may. It does not change, and may be used
// by several goroutines. A nil DB knows nothing.
type DB struct {
	files  []*maxminddb.Reader
	digest [sha256.Size]byte
}

// A Place is what is known of an address; what is not is "" and 0.
type Place struct {
	Country string // two capital letters, ISO 3166-1
	ASN     int64
	Org     string // the organization of the autonomous system
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
)

// Look returns what is known of an address.
func (db *DB) Look(a netip.Addr) (p Place) {
	if db == nil || !a.IsValid() {
		return p
	}
	a = a.Unmap()
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
