package ruletest

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/packet"
)

// epoch is when made-up packets begin: midnight, on a Thursday, in UTC.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// batchSize is how many frames are handed out at once.
const batchSize = 1024

// A player takes what a test plays, in its order.
type player struct {
	frames func([]packet.Frame) // valid until it returns
	event  func(*packet.Packet) // one that is not a frame
}

// replay makes the packets of the blocks and hands them out in the order of their times, those of
// one time in the order of the file.
func replay(blocks []*packets, to player) hcl.Diagnostics { return replayWith(blocks, nil, to) }

// replayWith does what replay does, with the events of logs besides, which are in the order of their times and come behind
// packets of the same time.
func replayWith(blocks []*packets, events []*packet.Packet, to player) hcl.Diagnostics {
	type source struct {
		p     *packets
		m     *maker
		next  int
		fixed []byte // the frame, where all packets of the block are equal
	}
	sources := make([]source, 0, len(blocks))
	for _, p := range blocks {
		s := source{p: p, m: p.maker()}
		if p.frames() && p.count > 0 && len(p.varying) == 0 && !p.base.talks() {
			b, diags := s.m.append(nil, 0)
			if diags.HasErrors() {
				return diags
			}
			s.fixed = b
		}
		sources = append(sources, s)
	}
	frames := make([]packet.Frame, 0, batchSize)
	var arena []byte
	flush := func() {
		if len(frames) > 0 {
			to.frames(frames)
		}
		frames, arena = frames[:0], arena[:0]
	}
	for {
		best := -1
		for i := range sources {
			if s := &sources[i]; s.next < s.p.count && (best < 0 || s.p.time(s.next) < sources[best].p.time(sources[best].next)) {
				best = i
			}
		}
		if len(events) > 0 && (best < 0 || events[0].Time-epoch < sources[best].p.time(sources[best].next)) {
			flush()
			to.event(events[0])
			events = events[1:]
			continue
		}
		if best < 0 {
			break
		}
		s := &sources[best]
		if !s.p.frames() {
			ev, diags := s.m.event(s.next)
			if diags.HasErrors() {
				return diags
			}
			ev.Time = epoch + s.p.time(s.next)
			s.next++
			flush()
			to.event(ev)
			continue
		}
		add := func(data []byte) {
			frames = append(frames, packet.Frame{
				Data:   data,
				Time:   epoch + s.p.time(s.next),
				Length: uint32(len(data)),
				Link:   packet.LinkEthernet,
			})
		}
		if s.fixed != nil {
			add(s.fixed)
		} else {
			// The arena may move while it grows; frames that were cut from it before keep the old one.
			from := len(arena)
			var diags hcl.Diagnostics
			if arena, diags = s.m.append(arena, s.next); diags.HasErrors() {
				return diags
			}
			for _, end := range s.m.ends {
				add(arena[from:end:end])
				from = end
			}
		}
		s.next++
		if len(frames) >= batchSize {
			flush()
		}
	}
	flush()
	return nil
}
