package packet

import "bytes"

// CopyTo makes dst the same event as p, which shares nothing with the buffers that p was decoded from. The frame is left out,
// so that neither a Reassembler nor Faults knows the copy, and without payload so is that.
func (p *Packet) CopyTo(dst *Packet, payload bool) {
	*dst = *p
	dst.Data, dst.fragment, dst.Payload = nil, nil, nil
	if payload {
		dst.Payload = bytes.Clone(p.Payload)
	}
}
