package imports

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// addressVariables are those of suricata.yaml as shipped that name hosts of the home network.
var addressVariables = map[string]bool{
	"HOME_NET": true, "HTTP_SERVERS": true, "SMTP_SERVERS": true, "SQL_SERVERS": true, "DNS_SERVERS": true, "TELNET_SERVERS": true,
	"DC_SERVERS": true, "DNP3_SERVER": true, "DNP3_CLIENT": true, "MODBUS_CLIENT": true, "MODBUS_SERVER": true, "ENIP_CLIENT": true, "ENIP_SERVER": true,
}

// portVariables are those of suricata.yaml as shipped.
var portVariables = map[string]string{
	"HTTP_PORTS": "80", "SHELLCODE_PORTS": "!80", "ORACLE_PORTS": "1521", "SSH_PORTS": "22", "DNP3_PORTS": "20000", "MODBUS_PORTS": "502",
	"FILE_DATA_PORTS": "[80,110,143]", "FTP_PORTS": "21", "GENEVE_PORTS": "6081", "VXLAN_PORTS": "4789", "TEREDO_PORTS": "3544", "SIP_PORTS": "[5060,5061]",
}

// members splits a list in brackets at its commas; anything else is its only member.
func members(text string) []string {
	inner, ok := strings.CutPrefix(text, "[")
	if !ok {
		return []string{text}
	}
	inner = strings.TrimSuffix(inner, "]")
	var out []string
	depth, start := 0, 0
	for i := 0; i <= len(inner); i++ {
		switch {
		case i == len(inner) || inner[i] == ',' && depth == 0:
			if m := strings.TrimSpace(inner[start:i]); m != "" {
				out = append(out, m)
			}
			start = i + 1
		case inner[i] == '[':
			depth++
		case inner[i] == ']':
			depth--
		}
	}
	return out
}

// eachMember calls f for each member of a list, of lists in it and of variables, and says whether it is negated; the first error ends it.
func eachMember(text string, negated bool, variables map[string]string, f func(text string, negated bool) error) error {
	if rest, ok := strings.CutPrefix(text, "!"); ok {
		text, negated = rest, !negated
	}
	if name, ok := strings.CutPrefix(text, "$"); ok && variables[name] != "" {
		return eachMember(variables[name], negated, nil, f)
	}
	if !strings.HasPrefix(text, "[") {
		return f(text, negated)
	}
	for _, m := range members(text) {
		if err := eachMember(m, negated, variables, f); err != nil {
			return err
		}
	}
	return nil
}

// addresses are what a header says of one side.
type addresses struct {
	conds   []string // all hold
	entries []string // one of these; nil for any
}

// readAddresses translates the addresses of one side, whose field is given.
func readAddresses(text, field string) (addresses, error) {
	var a addresses
	var lists []string
	err := eachMember(text, false, nil, func(text string, negated bool) error {
		name, variable := strings.CutPrefix(text, "$")
		switch {
		case text == "any":
			if negated {
				return fmt.Errorf("addresses %q", text)
			}
		case variable && name == "EXTERNAL_NET":
			if negated {
				lists = append(lists, field+" in list.home_nets")
			} else {
				a.conds = append(a.conds, field+" not in list.home_nets")
			}
		case variable && addressVariables[name]:
			if negated {
				a.conds = append(a.conds, field+" not in list.home_nets")
			} else if c := field + " in list.home_nets"; !slices.Contains(lists, c) {
				lists = append(lists, c)
			}
		case variable:
			return fmt.Errorf("address variable $%s", name)
		default:
			if _, err := netip.ParseAddr(text); err != nil {
				if _, err := netip.ParsePrefix(text); err != nil {
					return fmt.Errorf("an address that cannot be read")
				}
			}
			if negated {
				a.conds = append(a.conds, field+" not in ['"+text+"']")
			} else {
				a.entries = append(a.entries, text)
			}
		}
		return nil
	})
	if err != nil {
		return a, err
	}
	if len(lists) > 0 && len(a.entries) > 0 {
		lists = append(lists, field+" in "+array(a.entries, exprText))
		a.entries = nil
	}
	if len(lists) > 0 {
		a.conds = append(a.conds, strings.Join(lists, " or "))
	}
	return a, nil
}

// readPorts translates the ports of one side; "" for any.
func readPorts(text, field string) (string, error) {
	var in, out []string
	anyPort := false
	err := eachMember(text, false, portVariables, func(text string, negated bool) error {
		if name, variable := strings.CutPrefix(text, "$"); variable {
			return fmt.Errorf("port variable $%s", name)
		}
		if text == "any" {
			anyPort = true
			return nil
		}
		first, last, isRange := strings.Cut(text, ":")
		lo, hi := 0, 65535
		var err error
		if first != "" || !isRange {
			if lo, err = strconv.Atoi(first); err != nil || lo < 0 || lo > 65535 {
				return fmt.Errorf("a port that cannot be read")
			}
		}
		if !isRange {
			hi = lo
		} else if last != "" {
			if hi, err = strconv.Atoi(last); err != nil || hi < lo || hi > 65535 {
				return fmt.Errorf("a port that cannot be read")
			}
		}
		one := fmt.Sprintf("%s in %d..%d", field, lo, hi)
		if lo == hi {
			one = strconv.Itoa(lo)
		}
		if negated {
			out = append(out, one)
		} else {
			in = append(in, one)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	join := func(parts []string) string {
		var single, rest []string
		for _, p := range parts {
			if strings.Contains(p, " ") {
				rest = append(rest, p)
			} else {
				single = append(single, p)
			}
		}
		switch len(single) {
		case 0:
		case 1:
			rest = append([]string{field + " == " + single[0]}, rest...)
		default:
			rest = append([]string{field + " in [" + strings.Join(single, ", ") + "]"}, rest...)
		}
		return strings.Join(rest, " or ")
	}
	var conds []string
	if c := join(in); c != "" && !anyPort {
		if len(out) > 0 && loosely(c) {
			c = "(" + c + ")"
		}
		conds = append(conds, c)
	}
	if c := join(out); c != "" {
		conds = append(conds, "not ("+c+")")
	}
	return strings.Join(conds, " and "), nil
}

// header translates proto, addresses, ports and direction.
func (sig *signature) header(t *translation) (proto string) {
	var layer string
	switch sig.proto {
	case "tcp", "tcp-pkt", "tcp-stream":
		layer = "tcp"
	case "udp", "icmp":
		layer = sig.proto
	case "ip", "pkthdr":
		layer = "ip"
	case "dns":
		layer = "dns"
	case "http", "http1", "tls", "ssh", "smtp", "ftp", "ftp-data", "smb", "imap", "pop3", "dcerpc", "telnet":
		layer = "tcp"
	case "quic", "ntp", "tftp", "snmp", "dhcp":
		layer = "udp"
	default:
		t.reject("protocol %s", oneLine(sig.proto, 40))
		return ""
	}
	side := func(kind, dir string) string {
		if layer == "tcp" || layer == "udp" {
			return layer + "." + dir + "port"
		}
		return dir + ".port"
	}
	var halves [2]addresses
	both := sig.dir == "<>"
	if sig.dir != "->" && !both {
		t.reject("direction %s", oneLine(sig.dir, 10))
		return ""
	}
	var whole []string
	for turn := range 2 {
		var conds []string
		ends := [2][2]string{{sig.src, sig.srcPorts}, {sig.dst, sig.dstPorts}}
		for i, dir := range []string{"src", "dst"} {
			end := ends[i]
			if turn == 1 {
				end = ends[1-i]
			}
			a, err := readAddresses(end[0], "ip."+dir)
			if err != nil {
				t.reject("%v", err)
				return ""
			}
			p, err := readPorts(end[1], side(layer, dir))
			if err != nil {
				t.reject("%v", err)
				return ""
			}
			if turn == 0 {
				halves[i] = a
			}
			if both && len(a.entries) > 0 {
				a.conds = append(a.conds, "ip."+dir+" in "+array(a.entries, exprText))
			}
			for _, c := range append(a.conds, p) {
				if c == "" {
					continue
				}
				if loosely(c) {
					c = "(" + c + ")"
				}
				conds = append(conds, c)
			}
		}
		if !both {
			for _, c := range conds {
				t.and("%s", c)
			}
			break
		}
		if len(conds) == 0 {
			break
		}
		whole = append(whole, strings.Join(conds, " and "))
	}
	if len(whole) == 2 && whole[0] != whole[1] {
		t.and("%s", "("+whole[0]+") or ("+whole[1]+")")
	} else if len(whole) > 0 {
		t.and("%s", whole[0])
	}
	if !both {
		for i, dir := range []string{"src", "dst"} {
			a := halves[i]
			if len(a.entries) == 0 {
				continue
			}
			c := &constant{kind: "ip", value: "ip." + dir, noun: "addresses_" + dir, entries: a.entries, text: "ip." + dir + " in " + array(a.entries, exprText)}
			if t.fold == nil {
				t.fold = c
			} else {
				t.and("%s", c.text)
			}
		}
	}
	return layer
}
