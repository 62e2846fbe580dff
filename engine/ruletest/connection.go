package ruletest

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
)

// connectionKind is the kind that makes events of conversations as such, without their packets.
const connectionKind = "connection"

// The protocols of conversations.
var connectionProtocols = map[string]uint8{"tcp": protocolTCP, "udp": protocolUDP}

// connectionParams are the attributes of a connection besides addresses. Those of its fields have their names.
var connectionParams = []param{
	integer("srcport", 1<<16-1, func(s *spec, n int64) { s.srcPort = int(n) }),
	{"dstport", true, integer("", 1<<16-1, func(s *spec, n int64) { s.dstPort = int(n) }).set},
	{"proto", false, fromText(func(s *spec, text string) error {
		p, ok := connectionProtocols[text]
		if !ok {
			return fmt.Errorf("must be tcp or udp; it is %q", text)
		}
		s.conn.Proto = p
		return nil
	})},
	{"state", false, fromText(func(s *spec, text string) error {
		state, ok := packet.ConnStateByName(text)
		if !ok {
			return fmt.Errorf("must be one of %s; it is %q", strings.Join(packet.FieldByName("conn.state").Enum, ", "), text)
		}
		s.conn.State = state
		return nil
	})},
	{"service", false, fromText(func(s *spec, text string) error {
		service, ok := packet.ServiceByName(text)
		if !ok {
			return fmt.Errorf("must be \"\" or one of %s; it is %q", strings.Join(packet.Services(), ", "), text)
		}
		s.conn.Service = service
		return nil
	})},
	{"duration", false, func(s *spec, v cty.Value) error {
		if n, err := convert.Convert(v, cty.Number); err == nil {
			s.conn.Duration, _ = n.AsBigFloat().Float64()
		} else if text, err := textOf(v); err == nil {
			d, err := setting.ParseDuration(text)
			if err != nil {
				return errors.New("must be a number of seconds, or a time such as \"90m\"")
			}
			s.conn.Duration = d.Seconds()
		}
		if s.conn.Duration < 0 {
			return errors.New("must not be negative")
		}
		return nil
	}},
	integer("bytes_out", 1<<62, func(s *spec, n int64) { s.conn.BytesOut = uint64(n) }),
	integer("bytes_in", 1<<62, func(s *spec, n int64) { s.conn.BytesIn = uint64(n) }),
	integer("packets_out", 1<<62, func(s *spec, n int64) { s.conn.PacketsOut = uint64(n) }),
	integer("packets_in", 1<<62, func(s *spec, n int64) { s.conn.PacketsIn = uint64(n) }),
}

// connection returns the event of a spec, without its time.
func (s *spec) connection() (*packet.Packet, error) {
	if s.src.Is4() != s.dst.Is4() {
		return nil, fmt.Errorf("src %s and dst %s must both be IPv4 or both IPv6", s.src, s.dst)
	}
	c := s.conn
	c.Src = netip.AddrPortFrom(s.src, uint16(port(s.srcPort, clientPort)))
	c.Dst = netip.AddrPortFrom(s.dst, uint16(s.dstPort))
	return c.Event(), nil
}
