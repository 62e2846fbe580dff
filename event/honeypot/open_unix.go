//go:build unix

package honeypot

import "golang.org/x/sys/unix"

// openFlags keep a link from being followed, and a pipe without a reader from hanging.
const openFlags = unix.O_NOFOLLOW | unix.O_NONBLOCK
