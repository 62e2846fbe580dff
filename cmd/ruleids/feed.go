package main

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"

	"github.com/ruleids/ruleids/capture"
)

// A feed reads capture files in order, one batch ahead of the one that is being worked on.
type feed struct {
	ready chan delivery
	free  chan *capture.Batch
	size  int64                          // of all files together; 0 where one of them is not known
	done  atomic.Int64                   // bytes of the files that are finished
	open  atomic.Pointer[capture.Reader] // the file that is being read; nil between two
}

// A delivery is a batch of frames, or what is wrong with a file. After a fault the feed goes on
// with the next file.
type delivery struct {
	batch *capture.Batch
	fault error
}

// newFeed starts to read the files. It stops at the end of the last one, or between two batches
// when ctx is done; either closes ready.
func newFeed(ctx context.Context, files []string) *feed {
	f := &feed{ready: make(chan delivery), free: make(chan *capture.Batch, 2), size: totalSize(files)}
	for range cap(f.free) {
		f.free <- new(capture.Batch)
	}
	go func() {
		defer close(f.ready)
		for _, name := range files {
			err := f.read(ctx, name)
			if ctx.Err() != nil {
				return
			}
			if err != nil && !f.deliver(ctx, delivery{fault: err}) {
				return
			}
		}
	}()
	return f
}

// read delivers the frames of one file. It returns what is wrong with the file, or nil.
func (f *feed) read(ctx context.Context, name string) error {
	r, err := capture.Open(name)
	if err != nil {
		return err
	}
	f.open.Store(r)
	defer func() {
		f.open.Store(nil)
		f.done.Add(r.Offset())
		_ = r.Close() // it was only read from
	}()
	for {
		var b *capture.Batch
		select {
		case b = <-f.free:
		case <-ctx.Done():
			return nil
		}
		if err := r.Read(b); err != nil {
			f.free <- b
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if !f.deliver(ctx, delivery{batch: b}) {
			return nil
		}
	}
}

func (f *feed) deliver(ctx context.Context, d delivery) bool {
	select {
	case f.ready <- d:
		return true
	case <-ctx.Done():
		return false
	}
}

// release gives a batch back to be read to again.
func (f *feed) release(b *capture.Batch) { f.free <- b }

// read returns how many bytes of the files were read.
func (f *feed) bytes() int64 {
	n := f.done.Load()
	if r := f.open.Load(); r != nil {
		n += r.Offset()
	}
	return n
}

// totalSize returns the size of the files together, and 0 where it cannot be known.
func totalSize(files []string) int64 {
	var n int64
	for _, name := range files {
		if name == "-" {
			return 0
		}
		st, err := os.Stat(name)
		if err != nil {
			continue // opening it will say what is wrong
		}
		if !st.Mode().IsRegular() {
			return 0
		}
		n += st.Size()
	}
	return n
}
