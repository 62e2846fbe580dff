// The release command makes everything that is published of one revision: archives of the program for each system, deb
// and rpm packages, a container image, a Homebrew formula, a Helm chart, a bill of materials, checksums and a
// signature. The same revision gives the same bytes: times are those of the commit, and nothing of the machine gets
// in. It is a module of its own, so that what it needs is not among the modules of the program.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A release is what is made, and where.
type release struct {
	root    string    // the tree of the program
	out     string    // the directory that everything is written to
	stage   string    // files on their way into packages
	version string    // as the program says it, without v: 1.2.0, or a pseudo-version where no tag is
	date    time.Time // of the commit, or SOURCE_DATE_EPOCH
	targets []target
}

func main() {
	root := flag.String("root", ".", "the `directory` of the program's tree")
	out := flag.String("out", "dist", "the `directory` to write to; what is in it is removed first")
	only := flag.String("targets", "", "systems to build for, as `linux/amd64,windows/arm64`; all where it is empty")
	key := flag.String("key", os.Getenv("MINISIGN_KEY"), "minisign secret key `file` that signs SHA256SUMS (MINISIGN_KEY); its password is in MINISIGN_PASSWORD")
	flag.Parse()
	if err := run(*root, *out, *only, *key); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(root, out, only, key string) error {
	targets, err := chooseTargets(only)
	if err != nil {
		return err
	}
	r := &release{targets: targets}
	if r.root, err = filepath.Abs(root); err != nil {
		return err
	}
	if r.out, err = filepath.Abs(out); err != nil {
		return err
	}
	if err := r.clean(); err != nil {
		return err
	}
	if r.date, err = r.commitDate(); err != nil {
		return err
	}
	if r.stage, err = os.MkdirTemp("", "ruleids-release-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.stage)
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"build", r.build},
		{"manual pages and completions", r.manual},
		{"archives", r.archives},
		{"deb and rpm", r.packages},
		{"container image", r.image},
		{"Homebrew formula", r.formula},
		{"Helm chart and manifests", r.chart},
		{"bill of materials", r.billOfMaterials},
		{"checksums", func() error { return r.checksums(key) }},
	} {
		start := time.Now()
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Printf("%-30s %5.1f s\n", step.name, time.Since(start).Seconds())
	}
	fmt.Println("ruleids", r.version, "is in", r.out)
	return nil
}

// clean makes an empty directory to write to. One that has other things in it than a release is not touched.
func (r *release) clean() error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(r.out, sumsFile)); err != nil {
			return fmt.Errorf("%s has files in it and no %s: it was not made by this command; name another with -out, or empty it", r.out, sumsFile)
		}
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(r.out, e.Name())); err != nil {
			return err
		}
	}
	// From here on it counts as a release, finished or not.
	return os.WriteFile(filepath.Join(r.out, sumsFile), nil, 0o644)
}

// commitDate is the time that files get: SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), or
// that of the commit. A tree with changes in it has no revision that another could build again.
func (r *release) commitDate() (time.Time, error) {
	changes, err := r.git("status", "--porcelain")
	if err != nil {
		return time.Time{}, err
	}
	if changes != "" {
		return time.Time{}, fmt.Errorf("the tree has changes that are not committed, so nobody could build the same again:\n%s\nCommit them, or put them away", changes)
	}
	text, ok := os.LookupEnv("SOURCE_DATE_EPOCH")
	if !ok {
		if text, err = r.git("log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, err
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// git returns what a git command in the tree prints.
func (r *release) git(args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-C", r.root}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
