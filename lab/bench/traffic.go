package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A traffic is a stream of made-up packets, the same every time.
type traffic struct {
	name  string
	tick  int64 // nanoseconds from one packet to the next
	write func(w *writer, tick int64, n int)
}

var (
	mixedTraffic   = traffic{name: "mixed", tick: 12_000, write: func(w *writer, tick int64, n int) { mixed(w, tick, n, longFlows, true) }}
	spoofedTraffic = traffic{name: "spoofed", tick: 1_000, write: spoofed}
)

// file returns the path of a capture of n packets below dir, which it makes unless it is there. The name holds
// a digest of the generator's output, so that a capture of an older generator is never measured.
func (t traffic) file(dir string, n int) (string, error) {
	h := sha256.New()
	w := newWriter(h)
	t.write(w, t.tick, 20_000)
	if err := w.out.Flush(); err != nil {
		return "", err
	}
	stem := filepath.Join(dir, fmt.Sprintf("%s-%d-", t.name, n))
	path := fmt.Sprintf("%s%x.pcap", stem, h.Sum(nil)[:4])
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	old, _ := filepath.Glob(stem + "*.pcap") // the pattern is good
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return "", err
		}
	}
	part := path + ".part"
	if err := t.generate(part, n); err != nil {
		return "", errors.Join(fmt.Errorf("making %s of %d packets: %w", part, n, err), os.Remove(part))
	}
	return path, os.Rename(part, path)
}

// generate writes a capture to a file.
func (t traffic) generate(name string, n int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := newWriter(f)
	t.write(w, t.tick, n)
	if w.err == nil {
		w.err = w.out.Flush()
	}
	if err := f.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}
