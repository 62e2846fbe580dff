// Package bundle is a rule set on its way to agents: files, signed by the operator, whose key agents pinned when they joined.
// So whoever takes over the server cannot give agents rules.
package bundle

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// MaxSize bounds a bundle; it goes to agents as one message.
	MaxSize = 2 << 20
	// maxText bounds the text of all files together.
	maxText  = 16 << 20
	maxFiles = 2000
	// context keeps signatures of rule sets apart from all others.
	context = "ruleids rule set 1\n"
	// keyWord begins the text of a public key, and secretWord that of a private one.
	keyWord    = "ruleids-operator:"
	secretWord = "ruleids-operator-secret:"
)

// A File is one file of a rule set.
type File struct {
	Name string `json:"name"` // with slashes, below the directory of the set
	Text string `json:"text"`
}

// A Set is a rule set.
type Set struct {
	Created time.Time `json:"created"`
	Files   []File    `json:"files"` // sorted by name
}

// A signed set is what travels.
type signed struct {
	Set       []byte `json:"set"` // gzip of JSON
	Signature []byte `json:"signature"`
}

// Read reads the rule files of a directory: *.hcl, with lists of any name that lie beside them, but not the tests.
func Read(dir string) (*Set, error) {
	s := &Set{Created: time.Now().UTC().Truncate(time.Second)}
	total := 0
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() != "." && strings.HasPrefix(d.Name(), ".") && name != dir {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() && d.Name() == "testdata" && name != dir {
			return fs.SkipDir
		}
		if !d.Type().IsRegular() || strings.HasSuffix(name, "_test.hcl") || !slices.Contains([]string{".hcl", ".txt", ".csv", ".list"}, filepath.Ext(name)) {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if total += len(text); total > maxText || len(s.Files) == maxFiles {
			return fmt.Errorf("%s has over %d files or %d bytes of rules and lists", dir, maxFiles, maxText)
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		s.Files = append(s.Files, File{filepath.ToSlash(rel), string(text)})
		return nil
	})
	if err == nil && !slices.ContainsFunc(s.Files, func(f File) bool { return strings.HasSuffix(f.Name, ".hcl") }) {
		err = fmt.Errorf("there is no rule file in %s", dir)
	}
	slices.SortFunc(s.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return s, err
}

// Sign signs a set.
func (s *Set) Sign(key ed25519.PrivateKey) ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(text)
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, err
	}
	out, err := json.Marshal(signed{b.Bytes(), ed25519.Sign(key, append([]byte(context), b.Bytes()...))})
	if err == nil && len(out) > MaxSize {
		err = fmt.Errorf("the rule set has %d bytes, packed; at most %d go to agents", len(out), MaxSize)
	}
	return out, err
}

// Digest returns the digest of a signed set.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// ErrSignature is returned for a set that was not signed with the key.
var ErrSignature = errors.New("the rule set is not signed with the operator's key that was pinned")

// Open checks the signature of a set and reads it.
func Open(data []byte, key ed25519.PublicKey) (*Set, error) {
	var x signed
	if len(data) > MaxSize {
		return nil, fmt.Errorf("the rule set has over %d bytes", MaxSize)
	}
	if err := json.Unmarshal(data, &x); err != nil {
		return nil, fmt.Errorf("this is no rule set: %w", err)
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, append([]byte(context), x.Set...), x.Signature) {
		return nil, ErrSignature
	}
	return unpack(x.Set)
}

// Peek reads a set without looking at its signature: of one that was checked when it came.
func Peek(data []byte) (*Set, error) {
	var x signed
	if err := json.Unmarshal(data, &x); err != nil {
		return nil, fmt.Errorf("this is no rule set: %w", err)
	}
	return unpack(x.Set)
}

func unpack(packed []byte) (*Set, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, 2*maxText+1))
	if err != nil {
		return nil, err
	}
	if len(text) > 2*maxText {
		return nil, errors.New("the rule set is too large")
	}
	s := &Set{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, err
	}
	for _, f := range s.Files {
		if !fs.ValidPath(f.Name) || f.Name == "." || strings.ContainsAny(f.Name, "\\:\x00") || path.Base(f.Name)[0] == '.' {
			return nil, fmt.Errorf("the rule set has a file of the name %q", f.Name)
		}
	}
	return s, nil
}

// Write writes the files of a set to a directory, which it makes.
func (s *Set) Write(dir string) error {
	for _, f := range s.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(f.Text), 0o640); err != nil {
			return err
		}
	}
	return nil
}

// NewKey makes a key of an operator, and returns it as text: the private one, and the public one.
func NewKey() (private, public string, err error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	return secretWord + base64.StdEncoding.EncodeToString(priv.Seed()), keyWord + base64.StdEncoding.EncodeToString(pub), nil
}

// ParsePrivate reads a private key.
func ParsePrivate(text string) (ed25519.PrivateKey, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), secretWord)
	seed, err := base64.StdEncoding.DecodeString(rest)
	if !ok || err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("this is no private key of an operator; ruleids server rules key makes one")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// ParsePublic reads a public key.
func ParsePublic(text string) (ed25519.PublicKey, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), keyWord)
	key, err := base64.StdEncoding.DecodeString(rest)
	if !ok || err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("this is no public key of an operator")
	}
	return key, nil
}

// Public returns the public key of a private one, as text.
func Public(key ed25519.PrivateKey) string {
	return keyWord + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}
