package engine

import (
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/packet/application"
)

// heads gives a packet that conversations have seen the fields of the message head that ends in it.
//
// The first head of a direction begins with its first byte, or with the first that was seen where the capture begins
// later, and is put together of segments in any order. Later ones, of the next request of a kept connection, of TLS behind
// STARTTLS or CONNECT, begin with a segment, and are put together of those that follow in order. A segment whose bytes
// came before has none.
func (e *Engine) heads(w *worker, p *packet.Packet, flow uint64) {
	if len(p.Payload) == 0 {
		return
	}
	switch {
	case p.Layers&packet.LayerUDP != 0:
		if message := e.quic.Hello(flow, p.Payload); message != nil {
			w.decoder.QUICHello(p, message)
		}
		return
	case p.Layers&packet.LayerTCP == 0 || p.TCPFlags&packet.FlagRST != 0:
		return
	}
	t := e.conversations
	cut := int(p.TCPLen) > len(p.Payload) // the capture left out the rest: nothing can follow without a gap
	if data := t.Head(p); data != nil {
		kind, need := application.Scan(data)
		switch {
		case need > 0 && !cut && t.Keep(data):
			return
		case kind.Head():
			w.decoder.Head(p, kind, data)
		}
		t.Quiet()
		return
	}
	if !t.IsQuiet() || t.Segment().Again {
		return
	}
	data := application.PastCipherChange(p.Payload)
	if before := t.Note(); len(before) > 0 {
		if !t.Segment().InOrder {
			return
		}
		w.joined = append(append(w.joined[:0], before...), data[:min(len(data), application.MaxHead)]...)
		data = w.joined
	}
	kind, need := application.Scan(data)
	switch {
	case kind == application.KindUnknown:
		t.DropNote()
	case !e.sound(p):
	case need > 0 && !cut && len(data) < application.MaxHead:
		t.SetNote(data)
	case kind.Head():
		w.decoder.Head(p, kind, data)
		t.DropNote()
	}
}
