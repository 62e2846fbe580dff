// Package pages has the pages of shipped rules, as they are in this directory, for what shows them without a network.
package pages

import (
	"embed"
	"io/fs"
)

//go:embed *.md
var files embed.FS

// FS returns the pages, as "port_scan.md". It is read-only and always the same.
func FS() fs.FS { return files }
