package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/stdlib"
)

// shipped are the shipped rules of some version.
type shipped struct {
	files  fs.FS
	title  string
	remove func() // what was written for it
}

// versionName is what a version or its tag looks like.
var versionName = regexp.MustCompile(`^v?\d+(\.\d+)*([-+].+)?$`)

// askFor is how long another program may take to say what it is, or to write its rules.
const askFor = time.Minute

// shippedOf finds the shipped rules that a directory, another program, a package with one, or a version has; beside is a path of the
// rules at hand, in whose repository tags are looked for.
func shippedOf(ctx context.Context, name, beside string) (*shipped, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		for _, program := range []string{"ruleids", "ruleids.exe"} { // an unpacked package
			if program = filepath.Join(name, program); haveRules([]string{name}) != nil && exists(program) == nil {
				return shippedOf(ctx, program, beside)
			}
		}
		return &shipped{os.DirFS(name), "the shipped rules in " + name, func() {}}, haveRules([]string{name})
	case err == nil:
		s, err := shippedIn(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("--stdlib %s: %w", name, err)
		}
		return s, nil
	case versionName.MatchString(name):
		return shippedVersion(ctx, strings.TrimPrefix(name, "v"), beside)
	}
	return nil, fmt.Errorf("--stdlib %s: there is no such directory, program or package, and it is no version, as 0.3.0", name)
}

// shippedIn asks a program for its rules, or the one in a package.
func shippedIn(ctx context.Context, name string) (*shipped, error) {
	temp, err := os.MkdirTemp("", "ruleids-diff-")
	if err != nil {
		return nil, err
	}
	s := &shipped{title: "the shipped rules of " + name, remove: func() { _ = os.RemoveAll(temp) }} // it is in the directory for temporary files
	program, err := unpacked(name, temp)
	if err == nil {
		dir := filepath.Join(temp, "rules")
		if _, err = ask(ctx, program, "stdlib", dir); err == nil {
			s.files = os.DirFS(dir)
			if haveRules([]string{dir}) != nil {
				err = errors.New("the program wrote no rules: it is no ruleids")
			}
		}
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// ask runs another ruleids, and returns what it writes.
func ask(ctx context.Context, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr, cmd.WaitDelay = &complaint, time.Second
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		said, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		return nil, fmt.Errorf("the program does not write its rules; \"ruleids stdlib DIR\" of it says: %s", said)
	case err != nil:
		return nil, fmt.Errorf("the program does not run on this host (%s/%s): %w", runtime.GOOS, runtime.GOARCH, err)
	}
	return out, nil
}

// maxProgram bounds what is taken for a program of a package.
const maxProgram = 1 << 30

// unpacked returns the path of the program that a file is, or of the one in it, which it writes to a directory.
func unpacked(name, to string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read from
	head := make([]byte, 8)
	n, _ := io.ReadFull(f, head) // a file that is shorter is none of these
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return fromTarGz(f, to)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return fromZip(f, to)
	case string(head) == "!<arch>\n":
		return fromDeb(f, to)
	case bytes.HasPrefix(head, []byte("\xed\xab\xee\xdb")):
		return "", errors.New("of an rpm name the program in it: rpm2cpio FILE | cpio -idm ./usr/bin/ruleids, then --stdlib usr/bin/ruleids")
	}
	return name, nil
}

var errNoProgram = errors.New("there is no program ruleids in it")

// programIn reports whether a file of a package is the program.
func programIn(name string) bool {
	return slices.Contains([]string{"ruleids", "ruleids.exe"}, path.Base(name))
}

// keep writes the program of a package.
func keep(from io.Reader, to string) (string, error) {
	program := filepath.Join(to, "program")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	f, err := os.OpenFile(program, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return "", err
	}
	n, err := io.Copy(f, io.LimitReader(from, maxProgram))
	if err == nil && n == maxProgram {
		err = errors.New("the program in it is too large")
	}
	return program, errors.Join(err, f.Close())
}

func fromTarGz(from io.Reader, to string) (string, error) {
	z, err := gzip.NewReader(from)
	if err != nil {
		return "", err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return "", errNoProgram
		} else if err != nil {
			return "", err
		}
		if h.Typeflag == tar.TypeReg && programIn(h.Name) {
			return keep(t, to)
		}
	}
}

func fromZip(from *os.File, to string) (string, error) {
	info, err := from.Stat()
	if err != nil {
		return "", err
	}
	z, err := zip.NewReader(from, info.Size())
	if err != nil {
		return "", err
	}
	for _, f := range z.File {
		if f.Mode().IsRegular() && programIn(f.Name) {
			r, err := f.Open()
			if err != nil {
				return "", err
			}
			defer func() { _ = r.Close() }() // it was only read from
			return keep(r, to)
		}
	}
	return "", errNoProgram
}

// fromDeb reads the member data.tar.gz of an ar archive: a header of 60 bytes stands before each member, deb(5).
func fromDeb(from io.Reader, to string) (string, error) {
	if _, err := io.CopyN(io.Discard, from, 8); err != nil {
		return "", err
	}
	for {
		var head [60]byte
		if _, err := io.ReadFull(from, head[:]); errors.Is(err, io.EOF) {
			return "", errNoProgram
		} else if err != nil {
			return "", err
		}
		member := strings.TrimRight(strings.TrimSpace(string(head[:16])), "/")
		size, err := strconv.ParseInt(strings.TrimSpace(string(head[48:58])), 10, 64)
		switch {
		case err != nil || size < 0:
			return "", errors.New("it is no Debian package")
		case member == "data.tar.gz":
			return fromTarGz(io.LimitReader(from, size), to)
		case strings.HasPrefix(member, "data.tar"):
			return "", fmt.Errorf("it has %s; unpack it with dpkg-deb -x FILE DIR, then --stdlib DIR/usr/bin/ruleids", member)
		}
		if _, err := io.CopyN(io.Discard, from, size+size&1); err != nil {
			return "", err
		}
	}
}

// packageDir is where apt keeps packages of other versions. Other directories are not looked through: what lies there is run, and not
// everybody who can put a file there is to be trusted.
const packageDir = "/var/cache/apt/archives"

// shippedVersion finds the shipped rules of a version: this program's, those of another program on the PATH, of a package that apt
// has kept, or of a tag of the program's own source.
func shippedVersion(ctx context.Context, version, beside string) (*shipped, error) {
	own := strings.TrimPrefix(currentBuild().Version, "v")
	if own == version {
		return &shipped{stdlib.FS(), "the shipped rules of " + version, func() {}}, nil
	}
	seen := []string{own + " (this program)"}
	for _, program := range others() {
		var b build
		if out, err := ask(ctx, program, "version", "--format", "json"); err != nil || json.Unmarshal(out, &b) != nil {
			continue
		}
		if strings.TrimPrefix(b.Version, "v") == version {
			return shippedIn(ctx, program)
		}
		seen = append(seen, strings.TrimPrefix(b.Version, "v")+" ("+program+")")
	}
	found, _ := filepath.Glob(filepath.Join(packageDir, "ruleids_"+version+"[-_]*"+runtime.GOARCH+".deb")) // the pattern is well formed
	for _, name := range found {
		if s, err := shippedIn(ctx, name); err == nil {
			return s, nil
		}
	}
	for _, dir := range []string{beside, "."} {
		top, tags := tagsAround(ctx, dir)
		if top == "" {
			continue
		}
		if slices.Contains(tags, "v"+version) {
			at, remove, err := checkout(ctx, "v"+version, filepath.Join(top, "stdlib"))
			if err != nil {
				return nil, err
			}
			return &shipped{os.DirFS(at), "the shipped rules of " + version, remove}, nil
		}
		for _, t := range tags[max(0, len(tags)-5):] {
			seen = append(seen, strings.TrimPrefix(t, "v")+" (a tag of "+top+")")
		}
		break
	}
	return nil, fmt.Errorf("--stdlib %s: that version is not at hand; there is %s. Name a program of it, or its package: --stdlib ./ruleids_%s_%s_%s.tar.gz",
		version, strings.Join(seen, ", "), version, runtime.GOOS, runtime.GOARCH)
}

// others returns the programs named ruleids on the PATH that are not this one.
func others() []string {
	var out []string
	var seen []os.FileInfo
	if own, err := os.Executable(); err == nil {
		if info, err := os.Stat(own); err == nil {
			seen = append(seen, info)
		}
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		name, err := exec.LookPath(filepath.Join(dir, "ruleids"))
		if err != nil || !filepath.IsAbs(dir) {
			continue
		}
		info, err := os.Stat(name)
		if err != nil || slices.ContainsFunc(seen, func(s os.FileInfo) bool { return os.SameFile(s, info) }) {
			continue
		}
		seen = append(seen, info)
		out = append(out, name)
	}
	return out
}

// tagsAround returns the root of the checkout of the program's source that a path is in, and its tags of versions, in their order;
// "" where it is in none.
func tagsAround(ctx context.Context, name string) (top string, tags []string) {
	dir := name
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		dir = filepath.Dir(name)
	}
	out, err := exec.CommandContext(ctx, "git", "-C", dir, "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", nil
	}
	top = filepath.FromSlash(strings.TrimSpace(string(out)))
	if !isStdlib(filepath.Join(top, "stdlib")) {
		return "", nil
	}
	if out, err = exec.CommandContext(ctx, "git", "-C", top, "tag", "--list", "v*", "--sort", "v:refname").Output(); err != nil {
		return "", nil
	}
	return top, strings.Fields(string(out))
}
