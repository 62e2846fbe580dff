//go:build !unix

package main

import "io/fs"

// writableByOthers is for systems with a root.
func writableByOthers(fs.FileInfo) bool { return false }
