package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/windows"
)

// TestHold has a file open as an editor may, until standard input ends. TestHeld runs it under Wine.
func TestHold(t *testing.T) {
	path := os.Getenv("RULEIDS_HOLD")
	if path == "" {
		t.Skip("make wine-test runs this")
	}
	share, err := strconv.ParseUint(os.Getenv("RULEIDS_HOLD_SHARE"), 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ, uint32(share), nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := windows.CloseHandle(h); err != nil {
		t.Error(err)
	}
}
