// Package source gets rule sets and lists from where they are published, and keeps the last good copy of each in a directory: what is
// new is fetched aside, checked, and takes the place of what was there as a whole or not at all.
package source

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/ruleids/ruleids/internal/fetch"
	"github.com/ruleids/ruleids/internal/files"
)

// A Copy says of a copy where it comes from, and when.
type Copy struct {
	Source       string    `json:"source"` // as the settings or the list name it
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	Version      string    `json:"version,omitempty"` // the commit, or the digest of the manifest; "" of a file
	Signed       int64     `json:"signed,omitempty"`  // seconds since 1970, as the signature says; 0 where it does not
	SHA256       string    `json:"sha256"`            // of a list as it is kept, of an archive as it was sent
	Changed      time.Time `json:"changed"`           // when it came to be as it is
	Checked      time.Time `json:"checked"`           // when the source said last that this is what it has
	Entries      int       `json:"entries,omitempty"` // of a list
	LeftOut      int       `json:"left_out,omitempty"`
	Files        int       `json:"files,omitempty"` // of a rule set
}

// Age is the time since the source said last that this is what it has; 0 where it never did.
func (c *Copy) Age(now time.Time) time.Duration {
	if c.Checked.IsZero() {
		return 0
	}
	return max(0, now.Sub(c.Checked))
}

// A Store is a directory of copies. Several programs may use it at a time: each copy is good by itself, and what it says of where it
// comes from holds only for those very bytes.
type Store struct {
	Dir    string
	Client *fetch.Client
	Now    func() time.Time // time.Now where it is nil
}

func (s *Store) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// readMeta reads what there is to say of a copy; the zero Copy where nothing is.
func readMeta(name string) Copy {
	var c Copy
	text, err := os.ReadFile(name)
	if err != nil || json.Unmarshal(text, &c) != nil {
		return Copy{}
	}
	return c
}

func writeMeta(name string, c Copy) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return place(name, append(text, '\n'))
}

// place writes a file as a whole or not at all, and makes its directory.
func place(name string, data []byte) error {
	temporary, err := aside(name, data)
	if err == nil {
		err = files.Rename(temporary, name)
	}
	if err != nil && temporary != "" {
		_ = os.Remove(temporary)
	}
	return err
}

// aside writes a file beside the one whose place it is to take.
func aside(name string, data []byte) (temporary string, err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".next-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	return f.Name(), errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close())
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
