package ruletest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/packet"
)

// The kinds whose packets are what an application says: each of them is a TCP connection of its own, with its handshake.
const (
	httpKind = "http"
	tlsKind  = "tls"
)

// The ports of servers whose test names none.
const (
	httpPort = 80
	tlsPort  = 443
)

// clientPorts is how many source ports the connections of a block go through, from clientPort on, where it names none.
const clientPorts = 20000

// talks reports whether packets of the spec are what an application says.
func (s *spec) talks() bool { return s.kind == httpKind || s.kind == tlsKind }

// httpMessage is what an HTTP packet says.
type httpMessage struct {
	method, uri, host, agent, contentType string
	code                                  uint16
	asked                                 bool // something of a request was given
}

var httpParams = join([]param{
	asked("method", func(m *httpMessage) *string { return &m.method }),
	asked("uri", func(m *httpMessage) *string { return &m.uri }),
	asked("host", func(m *httpMessage) *string { return &m.host }),
	asked("user_agent", func(m *httpMessage) *string { return &m.agent }),
	text("content_type", func(s *spec, v string) { s.http.contentType = v }),
	{"code", false, func(s *spec, v cty.Value) error {
		n, err := wholeNumber(v, 999)
		if err == nil && n < 100 {
			err = fmt.Errorf("must be a status from 100 to 999; it is %d", n)
		}
		s.http.code = uint16(n)
		return err
	}},
}, anyPorts)

// asked is an optional attribute of a request that is text without line ends.
func asked(name string, at func(*httpMessage) *string) param {
	return param{name, false, func(s *spec, v cty.Value) error {
		t, err := textOf(v)
		if err == nil && strings.ContainsAny(t, "\r\n") {
			err = errors.New("must be one line")
		}
		if err == nil {
			*at(&s.http), s.http.asked = t, true
		}
		return err
	}}
}

var tlsParams = join([]param{
	text("sni", func(s *spec, v string) { s.sni = v }),
	{"alpn", false, func(s *spec, v cty.Value) (err error) {
		s.alpn, err = textsOf(v)
		for _, n := range s.alpn {
			if len(n) == 0 || len(n) > 255 {
				return fmt.Errorf("must be names of 1 to 255 bytes; one is %q", n)
			}
		}
		return err
	}},
}, anyPorts)

// textsOf reads a text, or a list of texts.
func textsOf(v cty.Value) ([]string, error) {
	if !v.CanIterateElements() {
		t, err := textOf(v)
		if err != nil {
			return nil, errors.New("must be text, or a list of texts")
		}
		return []string{t}, nil
	}
	var out []string
	for _, x := range v.AsValueSlice() {
		t, err := textOf(x)
		if err != nil || x.IsNull() {
			return nil, errors.New("must be text, or a list of texts")
		}
		out = append(out, t)
	}
	return out, nil
}

// appendTalk appends the frames of packet i of a kind that talks: the handshake of its connection, and what is said. It
// returns where each frame ends.
//
// src is who says it, and dst whom it is said to: of a response alone src is the server. A request with a code is
// answered with it, and so is one to a port below 1024 of which nothing but the code is told.
func (z *synthesizer) appendTalk(dst []byte, s *spec, i int) (out []byte, ends []int, err error) {
	m := &s.http
	responds := s.kind == httpKind && m.code != 0 && !m.asked && (s.dstPort < 0 || s.dstPort >= 1024)
	server := httpPort
	if s.kind == tlsKind {
		server = tlsPort
	}
	client := *s // a frame from the client
	client.kind, client.window, client.payload = "tcp", 64240, nil
	fresh := clientPort + i%clientPorts
	if responds {
		client.src, client.dst, client.srcMAC, client.dstMAC = s.dst, s.src, s.dstMAC, s.srcMAC
		client.srcPort, client.dstPort = port(s.dstPort, fresh), port(s.srcPort, server)
	} else {
		client.srcPort, client.dstPort = port(s.srcPort, fresh), port(s.dstPort, server)
	}
	answer := client // and one from the server
	answer.src, answer.dst, answer.srcMAC, answer.dstMAC = client.dst, client.src, client.dstMAC, client.srcMAC
	answer.srcPort, answer.dstPort = client.dstPort, client.srcPort
	// Connections that share their ports begin apart.
	here, there := uint32(i)<<17+1, uint32(i)<<17+70001
	say := func(f *spec, flags uint16, payload []byte) {
		if err != nil {
			return
		}
		f.flags, f.payload = flags, payload
		mine, theirs := &here, &there
		if f == &answer {
			mine, theirs = &there, &here
		}
		f.seq, f.ack = *mine, 0
		if flags&packet.FlagACK != 0 {
			f.ack = *theirs
		}
		dst, err = z.append(dst, f)
		ends = append(ends, len(dst))
		*mine += uint32(len(payload))
		if flags&packet.FlagSYN != 0 {
			*mine++
		}
	}
	say(&client, packet.FlagSYN, nil)
	say(&answer, packet.FlagSYN|packet.FlagACK, nil)
	say(&client, packet.FlagACK, nil)
	const data = packet.FlagACK | packet.FlagPSH
	switch {
	case s.kind == tlsKind:
		if len(s.sni) > 16000 {
			return dst, nil, errors.New("sni is longer than a record of TLS")
		}
		say(&client, data, clientHello(s.sni, s.alpn))
	case responds:
		say(&answer, data, m.response())
	default:
		say(&client, data, m.request(&client))
		if m.code != 0 {
			say(&answer, data, m.response())
		}
	}
	return dst, ends, err
}

// request is the head of a request (RFC 9112), as short as clients write it.
func (m *httpMessage) request(s *spec) []byte {
	host := m.host
	if host == "" {
		if host = s.dst.String(); !s.dst.Is4() {
			host = "[" + host + "]"
		}
		if s.dstPort != httpPort {
			host += ":" + strconv.Itoa(s.dstPort)
		}
	}
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\n", or(m.method, "GET"), or(m.uri, "/"), host)
	if m.agent != "" {
		b = fmt.Appendf(b, "User-Agent: %s\r\n", m.agent)
	}
	if m.contentType != "" && m.code == 0 {
		b = fmt.Appendf(b, "Content-Type: %s\r\n", m.contentType)
	}
	return append(b, "\r\n"...)
}

// response is the head of a response without a body.
func (m *httpMessage) response() []byte {
	b := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\n", m.code, http.StatusText(int(m.code)))
	if m.contentType != "" {
		b = fmt.Appendf(b, "Content-Type: %s\r\n", m.contentType)
	}
	return append(b, "\r\n"...)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// clientHello is a record with the ClientHello of a client that speaks TLS 1.3 and 1.2 (RFC 8446 section 4.1.2), its random
// bytes and its key zeros.
func clientHello(name string, alpn []string) []byte {
	counted := func(n int, parts ...[]byte) []byte { // the length of the parts in n bytes before them
		size := 0
		for _, p := range parts {
			size += len(p)
		}
		b := binary.BigEndian.AppendUint32(nil, uint32(size))[4-n:]
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	extension := func(kind uint16, body []byte) []byte {
		return append(binary.BigEndian.AppendUint16(nil, kind), counted(2, body)...)
	}
	words := func(vs ...uint16) []byte { return counted(2, appendWords(nil, vs...)) }
	var names, list []byte
	if name != "" {
		names = extension(0, counted(2, []byte{0}, counted(2, []byte(name))))
	}
	for _, n := range alpn {
		list = append(list, counted(1, []byte(n))...)
	}
	if list != nil {
		list = extension(16, counted(2, list))
	}
	const x25519, p256 = 29, 23
	body := counted(3, []byte{3, 3}, make([]byte, 32), counted(1, make([]byte, 32)),
		words(0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030), []byte{1, 0},
		counted(2, names, extension(10, words(x25519, p256)), extension(11, []byte{1, 0}), list,
			extension(13, words(0x0403, 0x0804, 0x0401)), extension(43, counted(1, appendWords(nil, 0x0304, 0x0303))),
			extension(51, counted(2, appendWords(nil, x25519), counted(2, make([]byte, 32))))))
	return append([]byte{22, 3, 1}, counted(2, []byte{1}, body)...)
}
