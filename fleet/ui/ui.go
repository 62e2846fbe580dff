// Package ui is the page of a fleet's server: files that are embedded as they are served.
package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
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
	body      []byte
	tag, kind string
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
		sum := sha256.Sum256(body)
		all[strings.TrimPrefix(name, "dist")] = file{body, `"` + hex.EncodeToString(sum[:12]) + `"`, mime.TypeByExtension(path.Ext(name))}
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
		h.Set("ETag", f.tag)
		h.Set("Content-Type", f.kind)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
	})
}
