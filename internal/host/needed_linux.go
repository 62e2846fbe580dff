package host

import (
	"context"
	"slices"
	"time"
)

// SetNames says which hosts the program talks to from now on. Their addresses are known a while later.
func (h *Host) SetNames(names []Name) {
	h.mu.Lock()
	h.names = slices.Clone(names)
	h.mu.Unlock()
	select {
	case h.named <- struct{}{}:
	default:
	}
}

// resolve keeps the addresses of names up to date.
func (h *Host) resolve() {
	ctx, cancel := context.WithCancel(context.Background())
	h.ended.Go(func() {
		<-h.ending
		cancel()
	})
	again := time.NewTicker(resolveAgain)
	defer again.Stop()
	for n := newNeeds(); ; {
		h.mu.Lock()
		names := h.names
		h.mu.Unlock()
		needed := n.resolve(ctx, names, time.Now())
		h.mu.Lock()
		h.take(func(now *Info) { now.Needed = needed })
		h.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-h.named:
		case <-again.C:
		}
	}
}
