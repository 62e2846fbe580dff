package packet

import "bytes"

// CopyTo makes dst the same event as p, which shares nothing with the buffers that p was decoded from. The frame is left out,
// so that neither a Reassembler nor Faults knows the copy, and without payload so is that, with what applications say in it.
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
		dst.Payload = bytes.Clone(p.Payload)
	}
}

// InPayload reports whether a field is part of what CopyTo leaves out where it is to leave out the payload.
func (f *Field) InPayload() bool {
	return f.Kind == KindBytes || f.Layer&(HeadLayers|dhcpParts|recordParts) != 0
}
