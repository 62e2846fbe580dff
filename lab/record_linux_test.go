package lab

import (
	"bytes"
	"sync"
	"time"
)

// A record is a list that grows while a test waits for what comes: lines of a log, alerts of a file.
type record[T any] struct {
	mu    sync.Mutex
	items []T
	ended bool
	more  chan struct{} // closed and replaced when something comes
}

func newRecord[T any]() *record[T] { return &record[T]{more: make(chan struct{})} }

func (r *record[T]) add(items ...T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.items = append(r.items, items...)
	close(r.more)
	r.more = make(chan struct{})
}

// end says that nothing will come any more.
func (r *record[T]) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	close(r.more)
	r.more = make(chan struct{})
}

// len returns how many items there are.
func (r *record[T]) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.items)
}

// from returns the items from index n on.
func (r *record[T]) from(n int) []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]T(nil), r.items[min(n, len(r.items)):]...)
}

// await returns the first item from index n on that matches, or false where none came in time or ever will.
func (r *record[T]) await(within time.Duration, n int, match func(T) bool) (T, bool) {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	for {
		r.mu.Lock()
		for ; n < len(r.items); n++ {
			if match(r.items[n]) {
				defer r.mu.Unlock()
				return r.items[n], true
			}
		}
		more, ended := r.more, r.ended
		r.mu.Unlock()
		var none T
		if ended {
			return none, false
		}
		select {
		case <-more:
		case <-timeout.C:
			return none, false
		}
	}
}

// A transcript is what a process prints, by lines. It is an io.Writer.
type transcript struct {
	*record[string]
	rest []byte
}

func newTranscript() *transcript { return &transcript{record: newRecord[string]()} }

func (t *transcript) Write(b []byte) (int, error) {
	t.rest = append(t.rest, b...)
	for {
		line, rest, ok := bytes.Cut(t.rest, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		t.add(string(line))
		t.rest = append([]byte(nil), rest...)
	}
}
