package agent

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A fingerprint sums up the names and the bytes of files. Equal ones mean that there is nothing to load anew.
type fingerprint [sha256.Size]byte

// takeFingerprint reads the files of paths: files themselves, and of folders the *.hcl files in them and below.
// What cannot be read is part of the sum as the error that it gives.
func takeFingerprint(paths []string) fingerprint {
	h := sha256.New()
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			fmt.Fprintf(h, "%q %q\n", p, err)
		case !info.IsDir():
			sum(h, p)
		default:
			eachBelow(p, func(name string, d fs.DirEntry, err error) {
				if err != nil {
					fmt.Fprintf(h, "%q %q\n", name, err)
				} else if !d.IsDir() && strings.HasSuffix(name, ".hcl") {
					sum(h, name)
				}
			})
		}
	}
	return fingerprint(h.Sum(nil))
}

// sum adds one file.
func sum(h hash.Hash, name string) {
	f, err := os.Open(name)
	if err != nil {
		fmt.Fprintf(h, "%q %q\n", name, err)
		return
	}
	defer f.Close()
	inner := sha256.New()
	if _, err = io.Copy(inner, f); err != nil {
		fmt.Fprintf(h, "%q %q\n", name, err)
	}
	fmt.Fprintf(h, "%q %x\n", name, inner.Sum(nil))
}

// eachBelow calls visit with a folder and what is in it and below, without what is hidden by a dot, as the
// loader of rules goes.
func eachBelow(dir string, visit func(name string, d fs.DirEntry, err error)) {
	root := dir + string(filepath.Separator) // so that a link to a folder is followed
	_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		hidden := name != root && strings.HasPrefix(filepath.Base(name), ".")
		switch {
		case err == nil && hidden && d.IsDir():
			return fs.SkipDir
		case !hidden:
			visit(name, d, err)
		}
		return nil // errors were given to visit
	})
}
