package main

import (
	"debug/buildinfo"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"
)

// billOfMaterials writes which modules are in the programs, in which versions, as CycloneDX has it: by what the linker wrote into
// them, not by what go.mod asks for.
func (r *release) billOfMaterials() error {
	found := map[string]cyclonedx.Component{}
	for _, t := range r.targets {
		info, err := buildinfo.ReadFile(r.binary(t))
		if err != nil {
			return err
		}
		std := strings.TrimPrefix(info.GoVersion, "go")
		found["std"] = cyclonedx.Component{
			BOMRef: "pkg:golang/std@" + std, Type: cyclonedx.ComponentTypeLibrary, Name: "std", Version: std, PackageURL: "pkg:golang/std@" + std,
		}
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			url := "pkg:golang/" + m.Path + "@" + m.Version
			found[m.Path] = cyclonedx.Component{
				BOMRef: url, Type: cyclonedx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, PackageURL: url,
				Properties: &[]cyclonedx.Property{{Name: "go:sum", Value: m.Sum}},
			}
		}
	}
	var refs []string
	components := []cyclonedx.Component{}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		components = append(components, found[name])
		refs = append(refs, found[name].BOMRef)
	}
	commit, err := r.git("rev-parse", "HEAD")
	if err != nil {
		return err
	}
	main := cyclonedx.Component{
		BOMRef: "pkg:golang/github.com/ruleids/ruleids@v" + r.version, Type: cyclonedx.ComponentTypeApplication, Name: "ruleids", Version: r.version,
		PackageURL: "pkg:golang/github.com/ruleids/ruleids@v" + r.version,
		Licenses:   &cyclonedx.Licenses{{License: &cyclonedx.License{ID: "Apache-2.0"}}},
		Properties: &[]cyclonedx.Property{{Name: "vcs.revision", Value: commit}},
	}
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{Timestamp: r.date.Format("2006-01-02T15:04:05Z"), Component: &main}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: main.BOMRef, Dependencies: &refs}}
	out, err := os.Create(filepath.Join(r.out, "ruleids_"+r.version+".cdx.json"))
	if err != nil {
		return err
	}
	defer out.Close()
	if err := cyclonedx.NewBOMEncoder(out, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cyclonedx.SpecVersion1_6); err != nil {
		return err
	}
	return out.Close()
}
