package firewall

import (
	"context"
	"errors"
	"testing"
)

// busy is a backend whose chain is in use again the first times that it is removed.
type busy struct {
	backend
	times int
}

func (b *busy) flush(context.Context) error {
	if b.times--; b.times >= 0 {
		return errors.New("the chain is busy")
	}
	return nil
}

// TestFlushTriesAgain flushes what a daemon puts back meanwhile.
func TestFlushTriesAgain(t *testing.T) {
	if err := (&Firewall{backend: &busy{times: 2}}).Flush(t.Context()); err != nil {
		t.Errorf("busy twice: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := &busy{times: 100}
	if err := (&Firewall{backend: b}).Flush(ctx); err == nil || b.times != 99 {
		t.Errorf("after the end of the context: error %v, %d tries", err, 100-b.times)
	}
}
