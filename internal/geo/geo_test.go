// The writer of MMDB files needs an int of 64 bits.

//go:build !386 && !arm && !mips && !mipsle

package geo

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/ruleids/ruleids/internal/geo/geotest"
)

func TestLook(t *testing.T) {
	country := geotest.Write(t, map[string]mmdbtype.Map{
		"198.51.100.0/24":  {"country": mmdbtype.Map{"iso_code": mmdbtype.String("DE")}},
		"2001:db8::/32":    {"registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("fr")}},
		"203.0.113.0/24":   {"country_code": mmdbtype.String("US"), "asn": mmdbtype.String("AS64500"), "as_name": mmdbtype.String("Lite")},
		"192.0.2.0/24":     {"country": mmdbtype.Uint32(7), "asn": mmdbtype.String("none")},
		"192.88.99.0/25":   {"location": mmdbtype.Map{"latitude": mmdbtype.Float64(52.5), "longitude": mmdbtype.Float64(13.4)}},
		"192.88.99.128/25": {"lat": mmdbtype.String("-33.9"), "lng": mmdbtype.String("151.2")},
		"192.88.98.0/24":   {"location": mmdbtype.Map{"latitude": mmdbtype.Float64(91), "longitude": mmdbtype.Float64(13.4)}},
	})
	asn := geotest.Write(t, map[string]mmdbtype.Map{
		"198.51.100.0/25": {"autonomous_system_number": mmdbtype.Uint32(64496), "autonomous_system_organization": mmdbtype.String("Example")},
	})
	db, err := Open(country, asn)
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]Place{
		"198.51.100.7":        {Country: "DE", ASN: 64496, Org: "Example"},
		"::ffff:198.51.100.7": {Country: "DE", ASN: 64496, Org: "Example"},
		"198.51.100.200":      {Country: "DE"},
		"2001:db8::1":         {Country: "FR"},
		"203.0.113.9":         {Country: "US", ASN: 64500, Org: "Lite"},
		"192.88.99.1":         {Latitude: 52.5, Longitude: 13.4, Located: true},
		"192.88.99.200":       {Latitude: -33.9, Longitude: 151.2, Located: true},
		"192.88.98.1":         {},
		"192.0.2.1":           {},
		"10.0.0.1":            {},
	} {
		if got := db.Look(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %+v, want %+v", addr, got, want)
		}
	}
	var none *DB
	if got := none.Look(netip.MustParseAddr("198.51.100.7")); got != (Place{}) {
		t.Errorf("no files know %+v", got)
	}
	if other, _ := Open(country); other.Digest() == db.Digest() {
		t.Error("other files have the same digest")
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	if db, err := Open(); db != nil || err != nil {
		t.Errorf("of no files: %v, %v", db, err)
	}
	bad := filepath.Join(t.TempDir(), "bad.mmdb")
	if err := os.WriteFile(bad, []byte("no such thing"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{bad, bad + ".none", t.TempDir()} {
		if _, err := Open(name); err == nil {
			t.Errorf("%s opens", name)
		}
	}
}

func FuzzLook(f *testing.F) {
	content, err := os.ReadFile(geotest.Write(f, map[string]mmdbtype.Map{"198.51.100.0/24": {"country": mmdbtype.Map{"iso_code": mmdbtype.String("DE")}, "asn": mmdbtype.Uint32(1)}}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Fuzz(func(t *testing.T, content []byte) {
		name := filepath.Join(t.TempDir(), "x.mmdb")
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if db, err := Open(name); err == nil {
			db.Look(netip.MustParseAddr("198.51.100.7"))
			db.Look(netip.MustParseAddr("2001:db8::1"))
		}
	})
}

func TestDistance(t *testing.T) {
	db := Of(Network{netip.MustParsePrefix("203.0.113.0/24"), Place{Country: "DE", Latitude: 52.52, Longitude: 13.405, Located: true}},
		Network{netip.MustParsePrefix("203.0.113.7/32"), Place{Country: "AU", Latitude: -33.868, Longitude: 151.209, Located: true}})
	berlin, sydney := db.Look(netip.MustParseAddr("203.0.113.9")), db.Look(netip.MustParseAddr("203.0.113.7"))
	if km := Distance(berlin, sydney); km < 16050 || km > 16150 {
		t.Errorf("Berlin and Sydney are %.0f km apart", km)
	}
	if km := Distance(sydney, sydney); km != 0 {
		t.Errorf("Sydney is %.0f km from itself", km)
	}
	across := Place{Latitude: 52.52, Longitude: 13.405 - 180, Located: true}
	if km := Distance(berlin, across); km < 8300 || km > 8400 { // over the pole
		t.Errorf("%.0f km", km)
	}
	if p := db.Look(netip.MustParseAddr("192.0.2.1")); p != (Place{}) {
		t.Errorf("it knows %+v", p)
	}
}
