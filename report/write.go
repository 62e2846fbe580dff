package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// Write writes the page of what was collected.
func (c *Collector) Write(w io.Writer, in *Input) error {
	page, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return err
	}
	css, js := strings.TrimSpace(pageCSS), strings.TrimSpace(pageJS)
	// Nothing but this very style and this very script: what strangers write into the page cannot act, whatever it is.
	policy := "default-src 'none'; style-src 'sha256-" + digest(css) + "'; script-src 'sha256-" + digest(js) + "'; base-uri 'none'; form-action 'none'"
	return page.Execute(w, struct {
		*view
		Policy string
		Style  template.CSS
		Script template.JS
	}{c.view(in), policy, template.CSS(css), template.JS(js)})
}

// digest returns what a policy calls a text by.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}
