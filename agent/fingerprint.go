package agent

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/rules"
)

// A fingerprint sums up the names and the bytes of files. Equal ones mean that there is nothing to load again.
type fingerprint [sha256.Size]byte

// takeFingerprint reads the files of paths: files themselves, and of directories the rule files in them and below.
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
			names, errs := rules.FindFiles(p)
			for _, err := range errs {
				fmt.Fprintf(h, "%q\n", err)
			}
			for _, name := range names {
				sum(h, name)
			}
		}
	}
	return fingerprint(h.Sum(nil))
}

// sum adds one file.
func sum(h hash.Hash, name string) {
	f, err := files.OpenShared(name)
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
