package imports

import (
	"fmt"
	"strconv"
	"strings"
)

// silent are keywords that say nothing of what a rule looks at.
var silent = map[string]bool{
	"rev": true, "gid": true, "fast_pattern": true, "target": true, "tag": true, "prefilter": true, "rawbytes": true, "requires": true, "logto": true,
}

// headerField translates keywords on fields of packet headers, and says whether it knows one.
func (sig *signature) headerField(t *translation, o option, layer string) bool {
	field := ""
	switch o.key {
	case "msg", "sid", "classtype", "reference", "metadata", "priority":
		return true
	case "dsize":
		if field = "tcp.len"; layer == "udp" {
			field = "udp.length - 8" // the header of UDP, RFC 768
		} else if layer != "tcp" {
			field = "len(payload)"
		}
	case "ttl":
		field = "ip.ttl"
	case "id":
		field = "ip.id"
	case "seq":
		field = "tcp.seq"
	case "ack":
		field = "tcp.ack"
	case "window", "tcp.window":
		field = "tcp.window_size_value"
	case "icmp_id":
		field = "icmp.ident"
	case "icmp_seq":
		field = "icmp.seq"
	case "dns.rcode":
		field = "dns.flags.rcode"
	case "dns.rrtype":
		field = "dns.qry.type"
	case "itype", "icode":
		f := map[string]string{"itype": "type", "icode": "code"}[o.key]
		a, err := numeric("icmp."+f, o.value)
		b, _ := numeric("icmpv6."+f, o.value)
		if err != nil {
			t.reject("%s: %v", o.key, err)
			return true
		}
		t.and("%s", a+" or "+b)
		return true
	case "ip_proto":
		value := o.value
		for name, n := range map[string]string{"icmp": "1", "igmp": "2", "ipip": "4", "tcp": "6", "udp": "17", "gre": "47", "esp": "50", "ah": "51", "icmpv6": "58", "sctp": "132"} {
			if v := strings.ToLower(value); v == name || v == "!"+name {
				value = strings.Replace(v, name, n, 1)
			}
		}
		c, err := numeric("ip.proto", value)
		if err != nil {
			t.reject("ip_proto: %v", err)
		}
		t.and("%s", c)
		return true
	case "sameip":
		t.and("ip.src == ip.dst")
		return true
	case "flags", "tcp.flags":
		c, err := tcpFlags(o.value)
		if err != nil {
			t.reject("%v", err)
		}
		t.and("%s", c)
		return true
	case "flowbits", "xbits":
		verb, _, _ := strings.Cut(o.value, ",")
		switch verb = strings.TrimSpace(verb); verb {
		case "set", "unset", "toggle":
			return true // what others ask for; this rule alerts all the same
		default:
			t.reject("%s:%s", o.key, oneLine(verb, 20))
			return true
		}
	default:
		return silent[o.key]
	}
	c, err := numeric(field, o.value)
	if err != nil {
		t.reject("%s: %v", o.key, err)
	}
	t.and("%s", c)
	return true
}

// tcpFlags translates flags:[modifier]FLAGS[,MASK].
func tcpFlags(value string) (string, error) {
	bits := func(s string) (n int, err error) {
		for _, c := range s {
			i := strings.IndexRune("FSRPAUEC", c)
			switch {
			case c == '0':
			case c == '1':
				n |= 0x80
			case c == '2':
				n |= 0x40
			case i < 0:
				return 0, fmt.Errorf("flags that cannot be read")
			default:
				n |= 1 << i
			}
		}
		return n, nil
	}
	set, ignored, _ := strings.Cut(strings.ReplaceAll(value, " ", ""), ",")
	mod := strings.Trim(set, "FSRPAUEC012")
	set = strings.Trim(set, "+*!")
	want, err := bits(set)
	if err != nil {
		return "", err
	}
	mask, err := bits(ignored)
	if err != nil {
		return "", err
	}
	mask = 0xff &^ mask
	switch mod {
	case "":
		return fmt.Sprintf("bitand(tcp.flags, %d) == %d", mask, want&mask), nil
	case "+":
		return fmt.Sprintf("bitand(tcp.flags, %d) == %d", want, want), nil
	case "*":
		return fmt.Sprintf("bitand(tcp.flags, %d) != 0", want), nil
	case "!":
		return fmt.Sprintf("bitand(tcp.flags, %d) == 0", want), nil
	}
	return "", fmt.Errorf("flags that cannot be read")
}

// numeric translates N, !N, >N, <N, A-B and A<>B, where A<>B leaves out both ends.
func numeric(field, value string) (string, error) {
	value = strings.ReplaceAll(value, " ", "")
	number := func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil && n >= 0
	}
	for _, op := range []string{"<=", ">=", "<", ">"} {
		if rest, ok := strings.CutPrefix(value, op); ok {
			if n, ok := number(rest); ok {
				return fmt.Sprintf("%s %s %d", field, op, n), nil
			}
		}
	}
	if a, b, ok := strings.Cut(value, "<>"); ok {
		lo, ok1 := number(a)
		hi, ok2 := number(b)
		if ok1 && ok2 {
			return fmt.Sprintf("%s > %d and %s < %d", field, lo, field, hi), nil
		}
	}
	if a, b, ok := strings.Cut(value, "-"); ok {
		lo, ok1 := number(a)
		hi, ok2 := number(b)
		if ok1 && ok2 && lo <= hi {
			return fmt.Sprintf("%s >= %d and %s <= %d", field, lo, field, hi), nil
		}
	}
	rest, negated := strings.CutPrefix(value, "!")
	if n, ok := number(strings.TrimPrefix(rest, "=")); ok {
		if negated {
			return fmt.Sprintf("%s != %d", field, n), nil
		}
		return fmt.Sprintf("%s == %d", field, n), nil
	}
	return "", fmt.Errorf("a number that cannot be read")
}
