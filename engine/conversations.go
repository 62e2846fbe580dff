package engine

import (
	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/packet"
)

// connPlace and the places above it are of events of conversations, below it of packets.
const connPlace = 1 << 31

// packetOrder is the order of a packet among the events that it brought: those of deadlines come before it, others behind it.
const packetOrder = connPlace - 1

// A connEvent is an event of a conversation in a slot.
type connEvent struct {
	conversation.Event
	number uint64
	clock  int64
	packet uint32 // the place of the packet that brought it
	asset  packet.Asset
	layers packet.Layer // those of asset
}

// converses reports whether rules look at conversations.
func (p *Plan) converses() bool { return p.need != 0 }

// inOrder reports whether packets are to be seen in their order before they are looked at.
func (e *Engine) inOrder() bool { return e.assets != nil || e.plan.converses() }

// newConversations makes the table that a plan needs.
func (e *Engine) newConversations(p *Plan) *conversation.Table {
	return conversation.New(conversation.Config{Seed: e.cfg.Seed, Need: p.need, Memory: e.memory, Sound: e.sound})
}

// sound reports whether a host takes a packet for whole. It is called in packet order.
func (e *Engine) sound(p *packet.Packet) bool {
	f, proven := p.Faults(e.cfg.Checksums != ChecksumsOff)
	auto := e.cfg.Checksums == ChecksumsAuto && p.Sum() == packet.SumUnknown
	switch {
	case f == 0:
		if proven && auto {
			e.heard.add(p)
		}
		return true
	case f&^packet.FaultSums != 0 || !auto:
		return false
	}
	return !e.heard.has(p)
}

// converse has the conversations see the packets of a slot from place from to place to. It is called for slots, and for what is
// in them, in order.
func (e *Engine) converse(w *worker, s *slot, from, to int) {
	t := e.conversations
	for _, i := range s.fragments {
		e.assemble(w, &s.packets[i])
		if t != nil {
			s.conversations[i] = t.Place(&s.packets[i])
		}
	}
	s.fragments = s.fragments[:0]
	if e.assets != nil {
		e.assets.Lock()
		defer e.assets.Unlock()
	}
	for from < to {
		each := min(from+converseEach, to)
		if t != nil {
			e.converseSome(w, s, from, each)
		} else {
			e.learn(s, from, each)
		}
		from = each
	}
}

// converseSome is converse for so few packets that what the table needs for all can be asked for before the first.
func (e *Engine) converseSome(w *worker, s *slot, from, to int) {
	t := e.conversations
	if len(e.workers) > 1 { // else it was asked for when they were decoded
		for i := from; i < to; i++ {
			t.Prefetch(s.conversations[i])
		}
	}
	for i := from; i < to; i++ {
		t.PrefetchEntry(&s.packets[i], s.conversations[i])
		if e.assets != nil {
			e.assets.Prefetch(&s.packets[i])
		}
	}
	for i := from; i < to; i++ {
		p := &s.packets[i]
		if e.plan.asks {
			e.assets.Tell(p)
		}
		t.Track(p, s.conversations[i])
		if events := t.Events(); len(events) > 0 {
			for j := range events {
				ev := &events[j]
				s.conns = append(s.conns, e.connEvent(ev, p.Number, uint32(i)))
			}
			t.Clear()
		}
		if e.assets != nil {
			e.assets.See(p)
		}
		if t.Needs()&conversation.Heads != 0 {
			e.heads(w, p, s.conversations[i].ID())
		}
		if p.Layers&packet.LayerTunnel != 0 {
			if v := e.outside(s, i); v >= 0 {
				t.Flow(&s.packets[v])
			}
		}
	}
}

// learn is converse where rules look at no conversation.
func (e *Engine) learn(s *slot, from, to int) {
	for i := from; i < to; i++ {
		e.assets.Prefetch(&s.packets[i])
	}
	for i := from; i < to; i++ {
		p := &s.packets[i]
		if e.plan.asks {
			e.assets.Tell(p)
		}
		e.assets.See(p)
		if p.Layers&packet.LayerTunnel != 0 {
			e.outside(s, i)
		}
	}
}

// connEvent returns an event of a conversation for a slot, with what the map of hosts knows of its sides.
func (e *Engine) connEvent(ev *conversation.Event, number uint64, place uint32) connEvent {
	c := connEvent{Event: *ev, number: number, clock: e.connClock.pass(ev.Time), packet: place}
	if e.plan.asks {
		ev.Fill(&e.asked)
		e.asked.Clock = c.clock
		e.assets.Tell(&e.asked)
		c.asset, c.layers = e.asked.Asset, e.asked.Layers&packet.AssetLayers
	}
	return c
}

// lookConversed finds the groups that the packets of a slot from place from to place to concern, once conversations have seen them, and those
// of the events that they brought: what a deadline raised comes before the packet, what it raised itself behind it.
func (e *Engine) lookConversed(w *worker, s *slot, from, to int) {
	for i := from; i < to; i++ {
		e.lookConns(w, s, i, true)
		if s.views > s.looked.views && s.viewOf[s.looked.views] == uint32(i) {
			s.looked.views++
			e.lookView(w, s, s.base+s.looked.views-1)
		}
		e.lookInside(w, s, i)
		e.lookConns(w, s, i, false)
	}
}

// lookConns finds the groups that events of conversations concern, of those that a packet brought.
func (e *Engine) lookConns(w *worker, s *slot, i int, deadlines bool) {
	for s.looked.conns < len(s.conns) {
		c := &s.conns[s.looked.conns]
		if c.packet != uint32(i) || c.Deadline != deadlines {
			return
		}
		place := connPlace + uint32(s.looked.conns)
		s.looked.conns++
		p := w.at(s, place)
		if e.trace != nil {
			e.trace(p)
		}
		if br := e.plan.table.find(p); br != nil {
			w.begin(p)
			w.visit(br, s, place)
		}
	}
}

// at returns the packet or other event at a place of a slot. One that is none is valid until the next.
func (w *worker) at(s *slot, place uint32) *packet.Packet {
	w.order = packetOrder
	if place < connPlace {
		return &s.packets[place]
	}
	c := &s.conns[place-connPlace]
	w.order = place
	if c.Deadline {
		w.order = place - connPlace
	}
	c.Fill(&w.conn)
	w.conn.Number, w.conn.Clock = c.number, c.clock
	w.conn.Asset = c.asset
	w.conn.Layers |= c.layers
	return &w.conn
}

// clockAt returns the clock of what is at a place.
func (s *slot) clockAt(place uint32) int64 {
	if place < connPlace {
		return s.packets[place].Clock
	}
	return s.conns[place-connPlace].clock
}

// cuts reports whether a slot ends behind the packet that was looked at last, since rules see what it writes to lists.
func (p *Plan) cuts(w *worker) bool {
	if !p.ordered || !w.cut && !p.single {
		return false
	}
	w.cut = false
	return true
}
