package packet

import "bytes"

// CopyTo makes dst the same event as p, which shares nothing with the buffers that p was decoded from. Without payload that is
// left out, with what applications say in it and the frame. No copy is for a Reassembler or Faults.
func (p *Packet) CopyTo(dst *Packet, payload bool) {
	*dst = *p
	dst.Data, dst.fragment, dst.Payload = nil, nil, nil
	dst.heads = nil
	if !payload {
		dst.Layers &^= HeadLayers | dhcpParts | recordParts
	} else if p.Layers&(HeadLayers|dhcpParts|recordParts) != 0 && p.heads != nil {
		dst.heads = p.heads.clone()
	}
	if payload {
		dst.Data, dst.Payload = bytes.Clone(p.Data), bytes.Clone(p.Payload)
	}
}

// InPayload reports whether a field is part of what CopyTo leaves out where it is to leave out the payload.
func (f *Field) InPayload() bool {
	return f.Kind == KindBytes || f.Layer&(HeadLayers|dhcpParts|recordParts) != 0
}
