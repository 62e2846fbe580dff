package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/capture/evidence"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

// A directReplay is capture files on their way through an engine whose workers read them: what one has
// read is in the cache of its processor, which a reader beside it could not give it. What comes through a
// pipe is for replay, which shows what was found while it waits.
type directReplay struct {
	replay
	engine *engine.Engine
	emit   engine.Emit
	// evidence takes the frames; nil for none.
	evidence *evidence.Recorder

	mu      sync.Mutex // a worker draws while another emits
	size    int64      // of all files together
	done    int64      // bytes of the files that are finished
	flushAt time.Time
	broken  error // of flush
}

// run does what replay.run does.
func (p *directReplay) run(ctx context.Context, files []string) error {
	defer p.progress.clear()
	p.size = totalSize(files)
	batches := make([]capture.Batch, p.engine.Buffers())
	var result error
	for _, name := range files {
		fault := p.read(ctx, name, batches)
		if p.broken == nil {
			p.broken = p.flushed()
		}
		if p.broken != nil {
			return p.broken
		}
		if fault != nil {
			p.tell(fault)
			result = status(statusFault)
		}
		if ctx.Err() != nil {
			return status(statusFault)
		}
	}
	return result
}

// read runs one file through the engine and returns what is wrong with it, or nil.
func (p *directReplay) read(ctx context.Context, name string, batches []capture.Batch) error {
	r, err := capture.Open(name)
	if err != nil {
		return err
	}
	defer func() {
		p.done += r.Offset()
		_ = r.Close() // it was only read from
	}()
	p.engine.Run(func(buffer int) []packet.Frame {
		b := &batches[buffer]
		for ctx.Err() == nil {
			if err = r.Read(b); err != nil {
				return nil
			}
			if len(b.Frames) > 0 && p.tick(time.Now(), len(b.Frames), r.Offset()) {
				if p.evidence != nil {
					return p.evidence.Hold(b)
				}
				return b.Frames
			}
			if p.broken != nil {
				return nil
			}
		}
		return nil
	}, func(al *alert.Alert) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.emit(al)
	})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// tick counts packets, and now and then flushes alerts and draws the progress bar. It reports whether
// alerts can still be written.
func (p *directReplay) tick(now time.Time, packets int, offset int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.packets += uint64(packets)
	if now.Sub(p.flushAt) >= progressEvery {
		p.flushAt = now
		p.broken = p.flushed()
	}
	p.progress.update(now, sample{read: p.done + offset, size: p.size, packets: p.packets, alerts: p.alerts()})
	return p.broken == nil
}
