package api

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"
)

const (
	streamPause  = 250 * time.Millisecond // at least, between two frames of a stream
	streamEvents = 500                    // of one kind in a frame, at most
	streamPing   = 15 * time.Second
	streamWithin = 10 * time.Second // for the reader to take a frame
	maxStreams   = 1000
)

// stream sends what happens as server-sent events. Each has as its data an array of what happened of one kind, in order:
// "alert", "agent", "decision" or "ruleset". "resync" says that the reader missed something, and is to ask for all again.
func (c *call) stream() (any, error) {
	if c.api.counts.streams.Add(1) > maxStreams {
		c.api.counts.streams.Add(-1)
		return nil, fault{http.StatusServiceUnavailable, "too many are watching"}
	}
	defer c.api.counts.streams.Add(-1)
	at := c.api.opt.Live.Last()
	last := cmp.Or(c.r.Header.Get("Last-Event-ID"), c.query("last_event_id"))
	missed := false
	if last != "" {
		if n, err := strconv.ParseUint(last, 10, 64); err == nil {
			at = n
		} else {
			missed = true
		}
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	_ = c.rc.SetReadDeadline(time.Time{})
	var b bytes.Buffer
	b.WriteString("retry: 2000\n\n")
	ping := time.NewTicker(streamPing)
	defer ping.Stop()
	again := time.NewTicker(time.Minute)
	defer again.Stop()
	for {
		events, gap, more := c.api.opt.Live.After(at, streamEvents)
		if gap || missed {
			if missed = false; gap && c.api.refusals.take(c.address(), 1, c.api.opt.Now()) {
				c.api.opt.Log.Warn("a reader of the stream is too slow, or was away: it missed something", "address", c.address(), "who", c.who.who())
			}
			if len(events) == 0 {
				at = c.api.opt.Live.Last()
			}
			fmt.Fprintf(&b, "event: resync\nid: %d\ndata: {}\n\n", at)
		}
		for i := 0; i < len(events); {
			j := i
			for j < len(events) && events[j].Kind == events[i].Kind {
				j++
			}
			fmt.Fprintf(&b, "event: %s\nid: %d\ndata: [", events[i].Kind, events[j-1].Seq)
			for k := i; k < j; k++ {
				if k > i {
					b.WriteByte(',')
				}
				b.Write(events[k].Data)
			}
			b.WriteString("]\n\n")
			at = events[j-1].Seq
			i = j
		}
		if b.Len() > 0 {
			_ = c.rc.SetWriteDeadline(time.Now().Add(streamWithin))
			_, err := c.w.Write(b.Bytes())
			if err == nil {
				err = c.rc.Flush()
			}
			if err != nil {
				if errors.Is(err, os.ErrDeadlineExceeded) && c.api.refusals.take(c.address(), 1, c.api.opt.Now()) {
					c.api.opt.Log.Warn("a reader of the stream is too slow: it is dropped", "address", c.address(), "who", c.who.who())
				}
				return nil, nil
			}
			// Until the next frame there is no hurry: HTTP/2 would end a stream at a deadline while nothing is written.
			_ = c.rc.SetWriteDeadline(time.Time{})
			b.Reset()
			select {
			case <-c.ctx().Done():
				return nil, nil
			case <-time.After(streamPause):
			}
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-c.ctx().Done():
			return nil, nil
		case <-more:
		case <-ping.C:
			b.WriteString(": ping\n\n")
		case <-again.C:
			// Who may no longer ask may no longer watch.
			if c.who.Kind == "local" {
				continue
			}
			role := c.who.Role
			c.who = nil
			if err := c.identify(); err != nil || c.who == nil || !c.who.Role.Includes(role) {
				return nil, nil
			}
		}
	}
}
