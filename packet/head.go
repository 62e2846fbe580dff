package packet

import (
	"bytes"
	"unsafe"

	"github.com/ruleids/ruleids/packet/application"
)

// heads are the texts of message heads, and the DNS message that records are read from: parts of the payload, or of a
// copy. A packet gets them with the first head and keeps them for the next one.
type heads struct {
	method, uri, host, agent, content []byte
	serverName, alpn, ja3, ja4        []byte
	banner, dhcpType                  []byte
	dns                               []byte
	print3                            [32]byte
	print4                            [36]byte
	copied                            []byte // of a head that is more than the payload; at most application.MaxHead bytes
}

// clone returns a copy that shares nothing with h.
func (h *heads) clone() *heads {
	out := *h
	for _, b := range out.fields() {
		*b = bytes.Clone(*b)
	}
	out.copied = nil
	return &out
}

// fields returns the texts.
func (h *heads) fields() []*[]byte {
	return []*[]byte{&h.method, &h.uri, &h.host, &h.agent, &h.content, &h.serverName, &h.alpn, &h.ja3, &h.ja4, &h.banner, &h.dhcpType, &h.dns}
}

// texts returns the packet's memory for texts.
func (p *Packet) texts() *heads {
	if p.heads == nil {
		p.heads = new(heads)
	}
	return p.heads
}

// hold returns data where it stays as long as the packet: itself where it is the payload, else a copy.
func (p *Packet) hold(data []byte) []byte {
	if len(p.Payload) > 0 && unsafe.SliceData(data) == unsafe.SliceData(p.Payload) {
		return data
	}
	t := p.texts()
	t.copied = append(t.copied[:0], data[:min(len(data), application.MaxHead)]...)
	return t.copied
}

// Head gives a packet of TCP the layers and the fields of a message head that ends in it, those that are needed. data is
// what application.Scan found it in: from the first byte of the head to the last byte that is known. It may be reused
// afterwards. A packet that is DNS has no other head.
func (d *Decoder) Head(p *Packet, kind application.Kind, data []byte) {
	if p.Layers&LayerDNS != 0 {
		return
	}
	switch kind {
	case application.KindHTTP:
		if d.Need&httpParts != 0 {
			d.http(p, p.hold(data))
		}
	case application.KindTLS:
		if d.Need&tlsParts != 0 {
			data = p.hold(data)
			t := p.texts()
			if application.Joined(data) && cap(t.copied) < application.MaxHead {
				t.copied = append(make([]byte, 0, application.MaxHead), t.copied...)
			}
			d.hello(p, application.HandshakeOf(data, t.copied[:cap(t.copied)]), false)
		}
	case application.KindSSH:
		if d.Need&LayerSSH != 0 {
			p.texts().banner = application.Banner(p.hold(data))
			p.Layers |= LayerSSH
		}
	}
}

// QUICHello gives a datagram the layers and the fields of a hello that it completes: a handshake message, as
// application.QUIC returns it.
func (d *Decoder) QUICHello(p *Packet, message []byte) {
	if d.Need&tlsParts != 0 && p.Layers&(LayerDNS|LayerDHCP) == 0 {
		d.hello(p, p.hold(message), true)
	}
}

func (d *Decoder) http(p *Packet, data []byte) {
	var h application.HTTP
	if !h.Read(data) {
		return
	}
	t := p.texts()
	p.Layers |= LayerHTTP
	if h.Request {
		p.Layers |= LayerHTTPRequest
		t.method, t.uri = h.Method, h.URI
	} else {
		p.Layers |= LayerHTTPResponse
		p.HTTPCode = h.Code
	}
	if t.host = h.Host; h.Host != nil {
		p.Layers |= LayerHTTPHost
	}
	if t.agent = h.UserAgent; h.UserAgent != nil {
		p.Layers |= LayerHTTPAgent
	}
	if t.content = h.ContentType; h.ContentType != nil {
		p.Layers |= LayerHTTPContent
	}
}

// hello gives a packet what a handshake message says that is a hello.
func (d *Decoder) hello(p *Packet, message []byte, quic bool) {
	var h application.Hello
	if !h.Read(message) {
		return
	}
	t := p.texts()
	p.Layers |= LayerTLS
	if quic {
		p.Layers |= LayerQUIC
	}
	p.TLSType, p.TLSVersion = h.Type, h.Version
	if t.serverName = h.ServerName; h.ServerName != nil {
		p.Layers |= LayerTLSName
	}
	if t.alpn = h.ALPN; h.ALPN != nil {
		p.Layers |= LayerTLSALPN
	}
	if d.Need&LayerJA3 != 0 && h.JA3(&t.print3) {
		t.ja3 = t.print3[:]
		p.Layers |= LayerJA3
	}
	if d.Need&LayerJA4 != 0 && h.JA4(&t.print4, quic) {
		t.ja4 = t.print4[:]
		p.Layers |= LayerJA4
	}
}

func (d *Decoder) dhcp(p *Packet) {
	var m application.DHCP
	if !m.Read(p.Payload) {
		return
	}
	p.Layers |= LayerDHCP
	if m.Type != "" {
		p.Layers |= LayerDHCPType
		p.texts().dhcpType = unsafe.Slice(unsafe.StringData(m.Type), len(m.Type))
	}
	if m.HasHardware {
		p.Layers |= LayerDHCPClient
		p.DHCPClient = MAC(m.Hardware)
	}
}
