package rules

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/geo"
)

// geo reads the files that say where addresses are, where a file of rules has the word.
func (l *loader) geo(rs *RuleSet) {
	asks := func(f *ruleFile) bool {
		return bytes.Contains(f.bytes, []byte("geoip.")) || bytes.Contains(f.bytes, []byte("moved()"))
	}
	if len(l.opt.GeoIP) == 0 || !slices.ContainsFunc(l.files, asks) {
		return
	}
	db, err := geo.Open(l.opt.GeoIP...)
	if err != nil {
		d := diag.New(diag.UnreadableFile, hcl.Range{}, "What says where addresses are cannot be read: %v. Name another file with --geoip, or in the settings with rules { geoip = […] }.", err)
		d.Subject = nil
		l.diags = append(l.diags, d)
		return
	}
	rs.Geo = db
	l.digest = append(l.digest, db.Digest())
}
