package source

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strings"

	"aead.dev/minisign"

	ociregistry "oras.land/oras-go/v2/registry"

	"github.com/ruleids/ruleids/internal/fetch"
	"github.com/ruleids/ruleids/internal/setting"
)

// A Kind is how a rule set is published.
type Kind string

// The kinds of sources.
const (
	Archive Kind = "archive" // a tar file, packed by gzip or not
	Git     Kind = "git"     // a repository, by the git program
	OCI     Kind = "oci"     // an artifact in a container registry
)

// A Spec says where a rule set is published, and how to know that it is the right one.
type Spec struct {
	// Source is https://…, http://… or file:///… of a tar file, git+https://…, git+ssh://… or git+file:///… of a repository with
	// ?ref= where it is not the default branch, or oci://registry/repository:tag. #DIR behind it is the directory in it.
	Source string
	SHA256 string // of the archive, in hex; "" for any
	Key    string // a minisign public key; "" for none
	Token  string // for the server: a token, or user:password
}

// where is a source that was read.
type where struct {
	kind Kind
	url  string // without what is ours
	ref  string // of git
	dir  string // in the archive or repository; "" for all of it
}

var (
	refForm    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/-]*$`)
	commitForm = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)
)

// parse reads the source.
func (s Spec) parse() (where, error) {
	u, err := url.Parse(s.Source)
	if err != nil {
		return where{}, errors.New("this is no URL")
	}
	w := where{kind: Archive, dir: u.Fragment}
	u.Fragment, u.RawFragment = "", ""
	if w.dir != "" {
		if w.dir = path.Clean(w.dir); w.dir == ".." || strings.HasPrefix(w.dir, "../") || path.IsAbs(w.dir) || !refForm.MatchString(w.dir) {
			return where{}, errors.New("behind # stands a directory of what is published, as #rules/site")
		}
	}
	switch u.Scheme {
	case "https", "http":
	case "file":
		_, err = fetch.Path(u)
	case "git+https", "git+ssh", "git+file":
		w.kind = Git
		q := u.Query()
		w.ref = q.Get("ref")
		if w.ref != "" && !refForm.MatchString(w.ref) {
			return where{}, fmt.Errorf("%q names no branch, tag or commit", w.ref)
		}
		q.Del("ref")
		u.RawQuery = q.Encode()
		u.Scheme = strings.TrimPrefix(u.Scheme, "git+")
	case "oci":
		w.kind = OCI
		_, err = ociregistry.ParseReference(strings.TrimPrefix(u.String(), "oci://"))
		if err != nil {
			return where{}, fmt.Errorf("an artifact is written oci://registry.example/site/rules:tag, the path in small letters: %s", strings.TrimPrefix(err.Error(), "invalid reference: "))
		}
	default:
		return where{}, errors.New("rules are fetched from https://… or file:///… (a tar file), git+https://…, git+ssh://…, git+file:///… or oci://…")
	}
	if u.Host == "" && u.Scheme != "file" {
		err = errors.New("there is no server in it")
	}
	w.url = u.String()
	return w, err
}

// Kind returns how the rule set is published; "" where the source is wrong.
func (s Spec) Kind() Kind {
	w, err := s.parse()
	if err != nil {
		return ""
	}
	return w.kind
}

// Host returns the server; "" for none.
func (s Spec) Host() string {
	u, err := url.Parse(s.Source)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Check returns what is wrong with a Spec, in its settings source, sha256 and minisign. It asks no server.
func (s Spec) Check() (out []setting.Problem) {
	add := func(name, format string, args ...any) {
		out = append(out, setting.Problem{Setting: name, Detail: fmt.Sprintf(format, args...)})
	}
	if s.SHA256 != "" {
		if b, err := hex.DecodeString(s.SHA256); err != nil || len(b) != 32 {
			add("sha256", "This is no SHA-256: write its 64 hex digits, as sha256sum prints them.")
		}
	}
	var key minisign.PublicKey
	if s.Key != "" && key.UnmarshalText([]byte(s.Key)) != nil {
		add("minisign", "This is no public key of minisign: write the line of minisign.pub that begins with RW.")
	}
	if s.Source == "" {
		for name, value := range map[string]string{"sha256": s.SHA256, "minisign": s.Key} {
			if value != "" {
				add(name, "It checks what source names. Add source, or leave it out.")
			}
		}
		return out
	}
	w, err := s.parse()
	switch {
	case err != nil:
		add("source", "%s.", upper(err.Error()))
	case w.kind == Git && (s.SHA256 != "" || s.Key != ""):
		add("source", "Of a repository there is no file to check. Name the commit instead, as ?ref= and 40 hex digits behind the URL.")
	case strings.HasPrefix(w.url, "http:") && s.SHA256 == "" && s.Key == "" && !loopback(s.Host()):
		add("source", "Anybody on the way can change what comes over http. Use https, or give sha256 or minisign.")
	}
	return out
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
