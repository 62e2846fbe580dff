//go:build !windows

package place

import (
	"runtime"
	"strings"
)

// Of returns where this system has what Linux has at a path. Only Linux has /run; older systems keep /var/run for it.
func Of(path string) string {
	if runtime.GOOS != "linux" && strings.HasPrefix(path, "/run/") {
		return "/var" + path
	}
	return path
}

// Make does nothing: packages, and the manager of services, make directories here.
func Make() error { return nil }
