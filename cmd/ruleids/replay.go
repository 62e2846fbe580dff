package main

import (
	"cmp"
	"context"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// A replay is captures on their way through an engine.
type replay struct {
	app      *app
	progress *progress
	process  func([]packet.Frame)
	alerts   func() uint64 // so far, for the progress bar
	flush    func() error  // writes out what process left in a buffer; nil for nothing
	packets  uint64        // so far
}

// run feeds the files to process, in order. A file at fault is named on standard error. It returns a
// status where one was, or where ctx was done, after everything before was dealt with, and at once the
// error of flush.
func (p *replay) run(ctx context.Context, files []string) error {
	defer p.progress.clear()
	feed := newFeed(ctx, files)
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var result error
	for {
		var d delivery
		more := true
		select {
		case d, more = <-feed.ready:
		default:
			// What was found waits in a buffer only while there is work to be done.
			if err := p.flushed(); err != nil {
				return err
			}
			select {
			case d, more = <-feed.ready:
			case now := <-tick.C:
				p.draw(now, feed)
				continue
			case <-ctx.Done():
				more = false
			}
		}
		switch {
		case !more:
			if ctx.Err() != nil {
				result = status(statusFault)
			}
			if err := p.flushed(); err != nil {
				return err
			}
			return result
		case d.fault != nil:
			if err := p.flushed(); err != nil {
				return err
			}
			p.tell(d.fault)
			result = status(statusFault)
		default:
			p.process(d.batch.Frames)
			p.packets += uint64(len(d.batch.Frames))
			feed.release(d.batch)
			if p.progress.out != nil {
				p.draw(time.Now(), feed)
			}
		}
	}
}

// runWith is run with logins between the frames, nil for none, which are handed to post.
func (p *replay) runWith(ctx context.Context, files []string, logins *loginFeed, post func(*packet.Packet)) error {
	if logins == nil {
		return p.run(ctx, files)
	}
	p.process = logins.mix(ctx, p.process, post)
	var result error
	if len(files) > 0 {
		result = p.run(ctx, files)
	}
	return cmp.Or(result, logins.rest(ctx, post, p.flushed))
}

// tell prints what is wrong with a file, out of the way of the progress bar.
func (p *replay) tell(fault error) {
	p.progress.clear()
	p.app.tell(fault)
}

func (p *replay) flushed() error {
	if p.flush == nil {
		return nil
	}
	return p.flush()
}

func (p *replay) draw(now time.Time, f *feed) {
	p.progress.update(now, sample{read: f.bytes(), size: f.size, packets: p.packets, alerts: p.alerts()})
}
