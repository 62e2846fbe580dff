package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// TestStartCollects counts the garbage collections of a replay of few packets, whose time is that of loading the shipped rules.
func TestStartCollects(t *testing.T) {
	cmd := exec.Command("ruleids", "run", "-r", "../../testdata/pcap/curl-benign.pcap")
	cmd.Env = append(os.Environ(), "GODEBUG=gctrace=1", "GOGC=")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &trace)
	}
	if n := bytes.Count(trace.Bytes(), []byte("gc ")); n > 1 {
		t.Errorf("%d collections:\n%s", n, &trace)
	}
}
