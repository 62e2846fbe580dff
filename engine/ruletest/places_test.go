package ruletest

import (
	"strings"
	"testing"
)

func TestPlacesTellWhatIsWrong(t *testing.T) {
	for places, want := range map[string]string{
		`"here"`:                "places must be an object, as " + placeExample,
		`{ here = "DE" }`:       `"here" is no network and no address.`,
		`{ "203.0.113.7" = 7 }`: "A place is a country",
		`{ "203.0.113.7" = { city = "Berlin" } }`:                   `A place has no "city"`,
		`{ "203.0.113.7" = { latitude = 7 } }`:                      "A place has a latitude and a longitude, or neither.",
		`{ "203.0.113.7" = { latitude = 97, longitude = 0 } }`:      "A latitude is from -90 to 90",
		`{ "203.0.113.7" = { latitude = "north", longitude = 0 } }`: "A place is a country",
	} {
		tests, diags := Parse([]byte("test \"a\" {\n  places = "+places+"\n  quiet = true\n  packets {\n    auth {}\n  }\n}\n"), "a_test.hcl")
		for _, x := range tests {
			diags = append(diags, x.Mistakes...)
		}
		if len(diags) != 1 || !strings.Contains(diags[0].Detail, want) {
			t.Errorf("%s: %v, want %s", places, diags, want)
		}
	}
}
