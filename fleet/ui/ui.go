// Package ui is the page of a fleet's server: files that are embedded as they are served.
package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed dist
var files embed.FS

// policy lets the page load what comes from its own server, and nothing else.
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// A file is one of the page.
type file struct {
	body, packed []byte // packed by gzip; nil where that saves nothing
	tag, kind    string // tag without quotation marks
}

// newFile packs a file once for all who ask for it.
func newFile(name string, body []byte) (file, error) {
	sum := sha256.Sum256(body)
	f := file{body: body, tag: hex.EncodeToString(sum[:12]), kind: mime.TypeByExtension(path.Ext(name))}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(body)
	}
	if err = errors.Join(err, z.Close()); err == nil && b.Len() < len(body) {
		f.packed = b.Bytes()
	}
	return f, err
}

// Handler serves the page. What is no file of it is the page itself where it looks like a place in it, which has no
// extension.
func Handler() http.Handler {
	all := map[string]file{}
	err := fs.WalkDir(files, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		all[strings.TrimPrefix(name, "dist")], err = newFile(name, body)
		return err
	})
	if err != nil {
		panic(err) // an embedded file can be read
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "there is a page here, to GET", http.StatusMethodNotAllowed)
			return
		}
		name := path.Clean("/" + r.URL.Path)
		f, ok := all[name]
		if !ok && path.Ext(name) == "" {
			f, ok = all["/index.html"]
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Type", f.kind)
		h.Set("Vary", "Accept-Encoding")
		body, tag := f.body, f.tag
		if f.packed != nil && takesGzip(r.Header.Get("Accept-Encoding")) {
			body, tag = f.packed, tag+"-gzip"
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("ETag", `"`+tag+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}

// takesGzip reports whether who asks takes what is packed by gzip (RFC 9110, section 12.5.3).
func takesGzip(accepts string) bool {
	for part := range strings.SplitSeq(accepts, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q, ok := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return !ok || strings.Trim(q, "0.") != ""
		}
	}
	return false
}
