package capture_test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// A dissection is what tshark says about one packet.
type dissection struct {
	values    map[string][]string // by column, all occurrences
	protocols []string            // of the packet itself, quoted packets cut off
	ip        int                 // index in protocols of the innermost IP header, or -1
}

func newDissection(line string) *dissection {
	columns := strings.Split(strings.TrimSuffix(line, "\n"), columnSep)
	s := &dissection{values: make(map[string][]string, len(columns)), ip: -1}
	for i, c := range columns {
		if c != "" {
			s.values[oracleColumns[i]] = strings.Split(c, occurrenceSep)
		}
	}
	s.protocols = strings.Split(strings.Join(s.values["frame.protocols"], ":"), ":")
	// What follows ICMP is a packet that it quotes, or its data.
	if i := slices.IndexFunc(s.protocols, func(n string) bool { return n == "icmp" || n == "icmpv6" }); i >= 0 {
		s.protocols = s.protocols[:i+1]
	}
	for i, n := range s.protocols {
		if n == "ip" || n == "ipv6" {
			s.ip = i
		}
	}
	return s
}

// nth returns occurrence i of a column, counted from 0; ok is false where there are fewer.
func (s *dissection) nth(column string, i int) (string, bool) {
	v := s.values[column]
	if i < 0 || i >= len(v) {
		return "", false
	}
	return v[i], true
}

// count counts a protocol in protocols[:end].
func (s *dissection) count(protocol string, end int) (n int) {
	for _, p := range s.protocols[:end] {
		if p == protocol {
			n++
		}
	}
	return n
}

// link returns where the headers below the innermost IP packet end.
func (s *dissection) link() int {
	if s.ip >= 0 {
		return s.ip
	}
	return len(s.protocols)
}

// ipVersion is that of the innermost IP packet, or 0.
func (s *dissection) ipVersion() int {
	switch {
	case s.ip < 0:
		return 0
	case s.protocols[s.ip] == "ip":
		return 4
	}
	return 6
}

// ofIP returns the innermost packet's occurrence of a column of ip or of ipv6, whichever it is.
func (s *dissection) ofIP(v4, v6 string) (string, bool) {
	switch s.ipVersion() {
	case 4:
		return s.nth(v4, s.count("ip", s.ip))
	case 6:
		return s.nth(v6, s.count("ipv6", s.ip))
	}
	return "", false
}

// extension returns the last of a column of an IPv6 extension header of the innermost packet.
func (s *dissection) extension(header, column string) (string, bool) {
	if s.ipVersion() != 6 || !slices.Contains(s.protocols[s.ip:], header) {
		return "", false
	}
	return s.nth(column, s.count(header, len(s.protocols))-1)
}

// protocol returns the protocol of the innermost packet's transport.
func (s *dissection) protocol() (string, bool) {
	v, ok := s.ofIP("ip.proto", "ipv6.nxt")
	if s.ipVersion() != 6 {
		return v, ok
	}
	next := map[string]string{
		"ipv6.hopopts": "ipv6.hopopts.nxt", "ipv6.routing": "ipv6.routing.nxt", "ipv6.dstopts": "ipv6.dstopts.nxt",
		"ipv6.fraghdr": "ipv6.fraghdr.nxt", "ah": "ah.next_header", "shim6": "shim6.nxt",
	}
	for i := s.ip + 1; i < len(s.protocols); i++ {
		column, found := next[s.protocols[i]]
		if !found {
			break
		}
		v, ok = s.nth(column, s.count(s.protocols[i], i))
	}
	return v, ok
}

// after returns the innermost packet's occurrence of a column of a layer above IP.
func (s *dissection) after(layer, column string) (string, bool) {
	if s.ip < 0 {
		return "", false
	}
	i := slices.Index(s.protocols[s.ip:], layer)
	if i < 0 {
		return "", false
	}
	return s.nth(column, s.count(layer, s.ip+i))
}

// behind returns how many bytes follow the first eight of an ICMP message, where no other header is before it.
func (s *dissection) behind(layer string) (string, bool) {
	if s.ip < 0 || s.ip+1 >= len(s.protocols) || s.protocols[s.ip+1] != layer {
		return "", false
	}
	total, _ := s.ofIP("ip.len", "ipv6.plen")
	header, _ := s.ofIP("ip.hdr_len", "")
	n, _ := strconv.Atoi(total)
	h, _ := strconv.Atoi(header)
	return strconv.Itoa(n - h - 8), true
}

// dns returns a column of the first DNS message.
func (s *dissection) dns(column string) (string, bool) {
	if s.ip < 0 || !slices.Contains(s.protocols[s.ip:], "dns") {
		return "", false
	}
	return s.nth(column, 0)
}

// tunnel returns a field of the outermost IP packet, or of what carries another in it.
func (s *dissection) tunnel(name string) (string, bool) {
	first := slices.IndexFunc(s.protocols, func(n string) bool { return n == "ip" || n == "ipv6" })
	if first < 0 {
		return "", false
	}
	kind, depth, carrier := "", 0, ""
	last := s.protocols[first]
	for _, n := range s.protocols[first+1:] {
		switch n {
		case "gre", "erspan", "etherip", "mpls", "vxlan", "geneve", "gtp":
			if carrier == "" {
				depth++
			}
			if carrier = n; depth == 1 && (kind == "" || n == "erspan") {
				kind = n
			}
		case "ip", "ipv6":
			if carrier == "" {
				depth++
			}
			if kind == "" {
				kind = map[string]string{"ip ip": "ipip", "ip ipv6": "6in4", "ipv6 ip": "4in6", "ipv6 ipv6": "6in6"}[last+" "+n]
			}
			last, carrier = n, ""
		}
	}
	if depth == 0 {
		return "", false
	}
	switch name {
	case "tunnel.type":
		return kind, true
	case "tunnel.depth":
		return strconv.Itoa(depth), true
	case "outer.src.port":
		return s.outerPort("udp.srcport", first)
	case "outer.dst.port":
		return s.outerPort("udp.dstport", first)
	}
	outer := dissection{values: s.values, protocols: s.protocols[:first+1], ip: first}
	return outer.field(strings.TrimPrefix(name, "outer."))
}

// outerPort is a port of the outermost packet of a tunnel over UDP.
func (s *dissection) outerPort(column string, first int) (string, bool) {
	for _, n := range s.protocols[first+1:] {
		switch n {
		case "udp":
			return s.nth(column, 0)
		case "ip", "ipv6", "gre":
			return "", false
		}
	}
	return "", false
}

// field returns tshark's value of a field.
func (s *dissection) field(name string) (string, bool) {
	switch layer, part, _ := strings.Cut(name, "."); layer {
	case "frame":
		return s.nth(name, 0)
	case "eth":
		// IEEE 802.3 frames have no type, so the occurrences cannot be told apart by number.
		if part == "type" {
			end := s.link()
			i := end - 1
			for i >= 0 && s.protocols[i] != "eth" {
				i--
			}
			if i < 0 || i+1 >= len(s.protocols) || s.protocols[i+1] != "ethertype" {
				return "", false
			}
			n := 0
			for j := range i {
				if s.protocols[j] == "eth" && s.protocols[j+1] == "ethertype" {
					n++
				}
			}
			return s.nth(name, n)
		}
		return s.nth(name, s.count("eth", s.link())-1)
	case "vlan":
		if part == "depth" {
			n, apart := 0, false // of the innermost frame that has tags
			for _, p := range s.protocols[:s.link()] {
				switch p {
				case "eth":
					apart = true
				case "vlan", "ieee8021ad":
					if apart {
						n, apart = 0, false
					}
					n++
				}
			}
			return strconv.Itoa(n), n > 0
		}
		if v, ok := s.nth(name, s.count("vlan", s.link())-1); ok {
			return v, ok
		}
		return s.nth("ieee8021ad.id", s.count("ieee8021ad", s.link())-1)
	case "arp":
		if s.ip >= 0 || !slices.Contains(s.protocols, "arp") {
			return "", false
		}
		return s.nth(name, 0)
	case "ip":
		switch part {
		case "version":
			if s.ip < 0 {
				return "", false
			}
			return s.nth(name, s.count("ip", s.ip)+s.count("ipv6", s.ip)) // IPv6 has it too
		case "src", "dst":
			return s.ofIP(name, "ipv6."+part)
		case "proto":
			return s.protocol()
		case "ttl":
			return s.ofIP(name, "ipv6.hlim")
		case "len":
			v, ok := s.ofIP(name, "ipv6.plen")
			if n, err := strconv.Atoi(v); err == nil && s.ipVersion() == 6 {
				v = strconv.Itoa(n + 40)
			}
			return v, ok
		}
		if s.ipVersion() == 6 {
			column := map[string]string{"id": "ipv6.fraghdr.ident", "flags.mf": "ipv6.fraghdr.more", "frag_offset": "ipv6.fraghdr.offset"}[part]
			if v, ok := s.extension("ipv6.fraghdr", column); ok {
				return v, ok
			}
			_, ok := s.ofIP("", "ipv6.src")
			return "0", ok
		}
		return s.ofIP(name, "")
	case "tunnel", "outer":
		return s.tunnel(name)
	case "tcp":
		switch name {
		case "tcp.seq", "tcp.ack":
			return s.after("tcp", name+"_raw")
		}
		return s.after("tcp", name)
	case "udp":
		return s.after("udp", name)
	case "src", "dst": // src.port, dst.port
		if v, ok := s.after("tcp", "tcp."+layer+"port"); ok {
			return v, ok
		}
		return s.after("udp", "udp."+layer+"port")
	case "icmp", "icmpv6":
		if part == "data_len" {
			return s.behind(layer)
		}
		if name == "icmpv6.nd.target" {
			for _, column := range []string{"icmpv6.nd.ns.target_address", "icmpv6.nd.na.target_address", "icmpv6.nd.rd.target_address"} {
				if v, ok := s.after(layer, column); ok {
					return v, ok
				}
			}
			return "", false
		}
		return s.after(layer, name)
	case "dns":
		if f := packet.FieldByName(name); f.Many() {
			if _, ok := s.dns("dns.flags.response"); !ok || len(s.values[name]) == 0 {
				return "", false
			}
			return strings.Join(s.values[name], occurrenceSep), true
		}
		return s.dns(name)
	case "tls":
		if name == "tls.handshake.extensions_alpn_str" {
			return strings.Join(s.values[name], occurrenceSep), len(s.values[name]) > 0
		}
		if i := slices.IndexFunc(s.values["tls.handshake.type"], func(v string) bool { return v == "1" || v == "2" }); i < 0 {
			return "", false // other handshake messages
		} else if name == "tls.handshake.type" {
			return s.nth(name, i)
		}
		return s.nth(name, 0)
	case "http", "ssh":
		return s.nth(name, 0)
	case "dhcp":
		if name == "dhcp.type" {
			v, ok := s.nth("dhcp.option.dhcp", 0)
			if n, err := strconv.Atoi(v); err == nil && n >= 1 && n <= len(packet.FieldByName(name).Enum) {
				v = packet.FieldByName(name).Enum[n-1]
			}
			return v, ok
		}
		return s.nth(name, 0)
	case "payload":
		for _, l := range []string{"tcp", "udp"} {
			if _, ok := s.after(l, l+".srcport"); ok {
				// An empty payload is no occurrence, and of several packets one might have none.
				v := s.values[l+".payload"]
				if n := s.count(l, len(s.protocols)); len(v) > 0 && len(v) == n {
					return v[n-1], true
				}
				return "", true
			}
		}
	}
	return "", false
}
