//go:build !unix

package honeypot

// openFlags is empty: there are no such flags.
const openFlags = 0
