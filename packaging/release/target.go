package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A target is a system that the program is built for.
type target struct {
	os, arch string // GOOS and GOARCH
	deb, rpm string // what the formats call the architecture; empty for no package
	image    bool   // the container image has it
}

// targets are all systems that a release has. GOARM is 7: what boards with 32 bits have had since 2012.
var targets = []target{
	{os: "linux", arch: "amd64", deb: "amd64", rpm: "x86_64", image: true},
	{os: "linux", arch: "arm64", deb: "arm64", rpm: "aarch64", image: true},
	{os: "linux", arch: "386", deb: "i386", rpm: "i686"},
	{os: "linux", arch: "arm", deb: "armhf", rpm: "armv7hl"},
	{os: "linux", arch: "riscv64", deb: "riscv64", rpm: "riscv64"},
	{os: "linux", arch: "s390x", deb: "s390x", rpm: "s390x"},
	{os: "windows", arch: "amd64"},
	{os: "windows", arch: "arm64"},
	{os: "darwin", arch: "amd64"},
	{os: "darwin", arch: "arm64"},
	{os: "freebsd", arch: "amd64"},
	{os: "freebsd", arch: "arm64"},
	{os: "openbsd", arch: "amd64"},
	{os: "openbsd", arch: "arm64"},
}

func (t target) String() string { return t.os + "/" + t.arch }

// program is the name of the program's file there.
func (t target) program() string {
	if t.os == "windows" {
		return "ruleids.exe"
	}
	return "ruleids"
}

// chooseTargets returns those that a list names, all for an empty one.
func chooseTargets(list string) ([]target, error) {
	if list == "" {
		return targets, nil
	}
	var out []target
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(targets, func(t target) bool { return t.String() == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no target %q; there are %v", name, targets)
		}
		out = append(out, targets[i])
	}
	return out, nil
}

// binary is where the program of a target is built.
func (r *release) binary(t target) string {
	return filepath.Join(r.stage, "bin", t.os+"-"+t.arch, t.program())
}

// build builds the program for all targets, and reads its version from what was built.
func (r *release) build() error {
	for _, t := range r.targets {
		if err := r.compile(t); err != nil {
			return err
		}
		info, err := buildinfo.ReadFile(r.binary(t))
		if err != nil {
			return err
		}
		version := strings.TrimPrefix(info.Main.Version, "v")
		if version == "" || version == "(devel)" || strings.Contains(version, "+dirty") {
			return fmt.Errorf("%v says its version is %q: build in a clone, with git, and with nothing changed", t, version)
		}
		r.version = version
	}
	return nil
}

// compile builds the program for a target, without what depends on the machine: paths, symbols, and settings of Go in
// the environment.
func (r *release) compile(t target) error {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", r.binary(t), "./cmd/ruleids")
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off",
		"GOAMD64=v1", "GO386=sse2", "GOARM=7", "GOARM64=v8.0", "GORISCV64=rva20u64")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", t, err, out)
	}
	return nil
}

// native returns the program for the system that this runs on, which is built where no target is that.
func (r *release) native() (string, error) {
	t := target{os: runtime.GOOS, arch: runtime.GOARCH}
	if _, err := os.Stat(r.binary(t)); errors.Is(err, os.ErrNotExist) {
		if err := r.compile(t); err != nil {
			return "", err
		}
	}
	return r.binary(t), nil
}
