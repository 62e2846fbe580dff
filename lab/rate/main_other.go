//go:build !linux

// The rate command needs network namespaces and packet sockets of Linux.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "rate: this needs Linux")
	os.Exit(2)
}
