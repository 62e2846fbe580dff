package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // the formats register themselves
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// packages writes the deb and rpm packages, as packaging/linux/nfpm.yaml describes them.
func (r *release) packages() error {
	for _, t := range r.targets {
		for format, arch := range map[string]string{"deb": t.deb, "rpm": t.rpm} {
			if arch == "" {
				continue
			}
			if err := r.pack(t, format, arch); err != nil {
				return fmt.Errorf("%s of %v: %w", format, t, err)
			}
		}
	}
	return nil
}

// pack writes one package.
func (r *release) pack(t target, format, arch string) error {
	packaging := filepath.Join(r.root, "packaging")
	variables := map[string]string{
		"ARCH": arch, "VERSION": packageVersion(r.version), "BINARY": r.binary(t), "STAGE": r.stage, "PACKAGING": packaging, "ROOT": r.root,
	}
	text, err := os.Open(filepath.Join(packaging, "linux", "nfpm.yaml"))
	if err != nil {
		return err
	}
	defer text.Close()
	config, err := nfpm.ParseWithEnvMapping(text, func(name string) string { return variables[name] })
	if err != nil {
		return err
	}
	info, err := config.Get(format)
	if err != nil {
		return err
	}
	info.MTime = r.date
	for _, script := range []*string{&info.Scripts.PostInstall, &info.Scripts.PreRemove, &info.Scripts.PostRemove} {
		*script = filepath.Join(packaging, "linux", *script)
	}
	info = nfpm.WithDefaults(info)
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	for _, c := range info.Contents {
		c.FileInfo.MTime = r.date
	}
	out, err := os.Create(filepath.Join(r.out, packager.ConventionalFileName(info)))
	if err != nil {
		return err
	}
	defer out.Close()
	if err := packager.Package(info, out); err != nil {
		return err
	}
	return out.Close()
}

// packageVersion returns a version as dpkg and rpm order it: what comes before a release is before it, by ~, and - is
// left for the revision of the package.
func packageVersion(version string) string {
	release, before, is := strings.Cut(version, "-")
	if !is {
		return release
	}
	return release + "~" + strings.ReplaceAll(before, "-", ".")
}
