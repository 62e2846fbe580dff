//go:build unix

package files

import "os"

// OpenShared opens a file to read it, so that others may rename and remove it meanwhile.
func OpenShared(name string) (*os.File, error) { return os.Open(name) }

// Rename renames a file or directory, a file also in place of another.
func Rename(from, to string) error { return os.Rename(from, to) }
