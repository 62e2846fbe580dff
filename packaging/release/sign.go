package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"aead.dev/minisign"
)

// sumsFile has the SHA-256 of every other file, in the form of sha256sum.
const sumsFile = "SHA256SUMS"

// checksums writes sumsFile, and where a key is given its signature, which minisign verifies.
func (r *release) checksums(key string) error {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, e := range entries {
		if e.Name() == sumsFile {
			continue
		}
		text, err := os.ReadFile(filepath.Join(r.out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(text), e.Name())
	}
	path := filepath.Join(r.out, sumsFile)
	if err := os.WriteFile(path, []byte(sums.String()), 0o644); err != nil {
		return err
	}
	if key == "" {
		return nil
	}
	signature, err := r.sign(key, []byte(sums.String()))
	if err != nil {
		return err
	}
	return os.WriteFile(path+".minisig", signature, 0o644)
}

// sign returns the signature of a message. What it says of itself is the version and its date, so that it is the same
// each time.
func (r *release) sign(key string, message []byte) ([]byte, error) {
	secret, err := os.ReadFile(key)
	if err != nil {
		return nil, err
	}
	var private minisign.PrivateKey
	if minisign.IsEncrypted(secret) {
		private, err = minisign.DecryptKey(os.Getenv("MINISIGN_PASSWORD"), secret)
	} else {
		err = private.UnmarshalText(secret)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no minisign key that MINISIGN_PASSWORD opens: %w", key, err)
	}
	trusted := fmt.Sprintf("timestamp:%d\tfile:%s\tversion:%s", r.date.Unix(), sumsFile, r.version)
	return minisign.SignWithComments(private, message, trusted, "checksums of ruleids "+r.version), nil
}
