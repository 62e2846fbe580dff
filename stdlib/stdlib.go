// Package stdlib holds the shipped rules: rule files and nothing else, embedded.
//
// The directory base has the vocabulary (lists, macros and documented variables), every other directory
// the rules of one category, one file each with its tests beside it.
package stdlib

import (
	"embed"
	"io/fs"
)

// The tests (*_test.hcl) come along, since a pattern cannot leave them out; readers of rules skip
// files of that name, and `ruleids test stdlib` reads them from disk.
//
//go:embed base/*.hcl recon/*.hcl flood/*.hcl credential/*.hcl dns/*.hcl exfil/*.hcl c2/*.hcl spoof/*.hcl honeypot/*.hcl correlation/*.hcl anomaly/*.hcl policy/*.hcl
var files embed.FS

// FS returns the shipped rule files by slash-separated path, as "recon/port_scan.hcl". It is
// read-only and always the same.
func FS() fs.FS { return files }
