package ruletest

import (
	"net/netip"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/geo"
)

// placeExample is how a test says where addresses are.
const placeExample = `{ "203.0.113.0/24" = { country = "DE", latitude = 52.5, longitude = 13.4 } }`

// placeType is the value of a network; where only the country matters, text is one.
var placeType = cty.ObjectWithOptionalAttrs(map[string]cty.Type{
	"country": cty.String, "asn": cty.Number, "org": cty.String, "latitude": cty.Number, "longitude": cty.Number,
}, []string{"country", "asn", "org", "latitude", "longitude"})

// places reads where addresses are, which a test says so that it needs no file.
func (r *reader) places(a *hclsyntax.Attribute) (out []geo.Network) {
	r.entries(a, placeExample, func(name string, nameAt hcl.Range, v cty.Value, valueAt hcl.Range) {
		prefix, err := netip.ParsePrefix(name)
		if addr, aerr := netip.ParseAddr(name); aerr == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			r.report(diag.BadValue, nameAt, "%q is no network and no address. Write places = %s.", name, placeExample)
			return
		}
		if v.Type() == cty.String {
			v = cty.ObjectVal(map[string]cty.Value{"country": v})
		}
		if v.Type().IsObjectType() {
			for attr := range v.Type().AttributeTypes() {
				if !placeType.HasAttribute(attr) {
					r.report(diag.BadValue, valueAt, "A place has no %q: it has country, asn, org, latitude and longitude.", attr)
					return
				}
			}
		}
		v, err = convert.Convert(v, placeType)
		if err != nil || v.IsNull() || !v.IsWhollyKnown() {
			r.report(diag.BadValue, valueAt, "A place is a country, as \"DE\", or has country, asn, org, latitude and longitude. Write places = %s.", placeExample)
			return
		}
		text := func(attr string) string {
			if x := v.GetAttr(attr); !x.IsNull() {
				return x.AsString()
			}
			return ""
		}
		number := func(attr string) (f float64, ok bool) {
			x := v.GetAttr(attr)
			if x.IsNull() {
				return 0, false
			}
			f, _ = x.AsBigFloat().Float64()
			return f, true
		}
		p := geo.Place{Country: text("country"), Org: text("org")}
		asn, _ := number("asn")
		p.ASN = int64(asn)
		latitude, north := number("latitude")
		longitude, east := number("longitude")
		switch p.Latitude, p.Longitude, p.Located = latitude, longitude, north && east; {
		case north != east:
			r.report(diag.BadValue, valueAt, "A place has a latitude and a longitude, or neither.")
			return
		case latitude < -90 || latitude > 90 || longitude < -180 || longitude > 180:
			r.report(diag.BadValue, valueAt, "A latitude is from -90 to 90, and a longitude from -180 to 180.")
			return
		}
		out = append(out, geo.Network{Prefix: prefix.Masked(), Place: p})
	})
	return out
}
