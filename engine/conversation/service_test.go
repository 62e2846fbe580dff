package conversation

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

func serviceOf(payload string, tcp bool) string {
	p := packet.Packet{Layers: packet.LayerUDP, Payload: []byte(payload)}
	if tcp {
		p.Layers = packet.LayerTCP
	}
	var e entry
	e.service = Recognise(&p)
	return e.service.String()
}

func TestServices(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("00", n) }
	tcp := map[string][]string{
		"http":       {"GET / HTTP/1.1\r\n", "HTTP/1.0 404 Not Found\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "CONNECT a:443 HTTP/1.1\r\n"},
		"tls":        {unhex("16 0301 0200 01 0001fc"), unhex("16 0303 0050 02"), unhex("17 0303 0020 aa"), unhex("15 0303 0002 01 00")},
		"ssh":        {"SSH-2.0-OpenSSH_9.6\r\n"},
		"smtp":       {"220 mx.example ESMTP Postfix\r\n", "EHLO me\r\n", "220-mx SMTP ready\r\n"},
		"ftp":        {"220 (vsFTPd 3.0.5)\r\n", "USER anonymous\r\n", "220-Welcome\r\n220 ProFTPD\r\n"},
		"imap":       {"* OK IMAP4rev1 ready\r\n"},
		"pop3":       {"+OK ready\r\n"},
		"smb":        {unhex("00000054 ff534d4272"), unhex("000000b4 fe534d4240")},
		"rdp":        {unhex("0300000b 06 e0 0000 0000 00"), unhex("03000013 0e e0 0000 0000 00 01 00 0800 03000000"), unhex("03000013 0e d0 0000 1234 00 02 1f 0800 02000000")},
		"mysql":      {unhex("0a000000 0a 382e30 2e33 00 01000000")},
		"postgres":   {unhex("00000008 04d2162f"), unhex("0000000d 00030000 75 73 65 72 00")},
		"mqtt":       {unhex("10 10 0004") + "MQTT" + unhex("04 02 003c 0000")},
		"sip":        {"OPTIONS sip:a@b SIP/2.0\r\n", "SIP/2.0 200 OK\r\n"},
		"rtsp":       {"OPTIONS rtsp://a/ RTSP/1.0\r\n", "RTSP/1.0 200 OK\r\n"},
		"telnet":     {unhex("fffd18 fffd20")},
		"vnc":        {"RFB 003.008\n"},
		"redis":      {"*1\r\n$4\r\nPING\r\n", "PING\r\n"},
		"amqp":       {"AMQP\x00\x00\x09\x01"},
		"bittorrent": {"\x13BitTorrent protocol"},
		"irc":        {"NICK bot\r\n", "PASS x\r\nNICK bot\r\n", ":irc.example NOTICE AUTH :*** Looking up your hostname...\r\n"},
		"ldap":       {unhex("300c 020101 6007 020103 0400 8000")},
		"mssql":      {unhex("1201 0014 0000 0000 00 0015 0006 01 00 00 00 00 00 00")},
		"mongodb":    {unhex("3a000000 01000000 00000000 d4070000 00")},
		"dns":        {unhex("001d 1234 0100 0001 0000 0000 0000 07") + "example" + unhex("03") + "com" + unhex("00 0001 0001")},
		"kerberos":   {unhex("000000a0 6a 81 9d 30 81 9a a1 03 02")},
		"nfs":        {unhex("80000028 00000001 00000000 00000002 000186a3 00000003 00000000")},
		"socks":      {unhex("05 01 00"), unhex("04 01 0050 c0000201 00")},
		"memcached":  {"stats\r\n"},
		"":           {"hello", "220 ready\r\n", unhex("0300001b 16 e0 0000 0001 00 c0 010a c1 02 0100 c2 02 0102 0000000000"), "\x00", "G", unhex("0000"), "POSTER", "PASS secret\r\n"},
	}
	query := unhex("1234 0100 0001 0000 0000 0001 07") + "example" + unhex("03") + "com" + unhex("00 0001 0001 00 0029 1000 00000000 0000")
	udp := map[string][]string{
		"quic": {unhex("c0 00000001 08 0102030405060708 00 00 449e" + zeros(30)), unhex("80 00000000 01 01 01 02 00000001")},
		"dns": {query, "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + query[12:29] + unhex("c00c 0001 0001 0000003c 0004 c0000201"),
			// Numbers that make it look like NTP by the first four bytes.
			"\x24\x02" + query[2:] + strings.Repeat("\x00", 16), "\x0b\x03" + query[2:] + strings.Repeat("\x00", 12),
			// Multicast DNS.
			unhex("0000 0000 0002 0000 0000 0000 04") + "host" + unhex("05") + "local" + unhex("00 0001 8001 c00c 001c 8001"),
			unhex("0000 8400 0000 0001 0000 0000 04") + "host" + unhex("05") + "local" + unhex("00 0001 8001 00000078 0004 c0000201"),
			unhex("9462 8185 0000 0000 0000 0001 00 0029 0fa0 00000000 0000")},
		"ntp":        {unhex("23 00 06 20" + zeros(44)), unhex("1c 02 06 ec" + zeros(44)), unhex("17 00 03 2a" + zeros(4)), unhex("16 02 0001 0000 0000 0000 0000")},
		"dhcp":       {unhex("01 01 06 00"+zeros(232)) + unhex("63825363 350101 ff")},
		"snmp":       {unhex("3029 020101 0406 7075626c6963 a01c"), unhex("303e 020103 3011 0204")},
		"stun":       {unhex("0001 0000 2112a442 000102030405060708090a0b")},
		"ssdp":       {"M-SEARCH * HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n"},
		"sip":        {"INVITE sip:a@b SIP/2.0\r\n"},
		"wireguard":  {unhex("01000000" + zeros(144))},
		"tls":        {unhex("16 fefd 0000 000000000000 0040 01 000034")},
		"bittorrent": {"d1:ad2:id20:abcdefghij0123456789e1:q4:ping"},
		"kerberos":   {unhex("6a 81 9d 30 81 9a a1 03 02")},
		"tftp":       {"\x00\x01boot\x00octet\x00"},
		"nfs":        {unhex("00000001 00000000 00000002 000186a3 00000003 00000000")},
		"":           {"hello", unhex(zeros(48)), unhex("0e" + zeros(15) + "9b6887475643254c8c016a4c6bc2985905" + zeros(17)), unhex("1234 0110 0001 0000 0000 0000 20 434b41414141414141414141414141414141414141414141414141414141414141 00 0021 0001")},
	}
	seen := map[string]bool{}
	for _, group := range []struct {
		tcp  bool
		list map[string][]string
	}{{true, tcp}, {false, udp}} {
		for want, payloads := range group.list {
			seen[want] = true
			for _, p := range payloads {
				if got := serviceOf(p, group.tcp); got != want {
					t.Errorf("tcp %v %q: %q, want %q", group.tcp, p, got, want)
				}
			}
		}
	}
	for _, s := range packet.Services() {
		if !seen[s] {
			t.Errorf("there is no sample of %s", s)
		}
	}
}

func FuzzServices(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\n"))
	f.Add([]byte(unhex("1234 0100 0001 0000 0000 0000 07") + "example" + unhex("00 0001 0001")))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, tcp := range []bool{true, false} {
			p := packet.Packet{Layers: packet.LayerUDP, Payload: b}
			if tcp {
				p.Layers = packet.LayerTCP
			}
			var e entry
			e.service = Recognise(&p)
		}
	})
}

// FuzzTable plays packets made of any bytes and looks at what must hold of the table afterwards.
func FuzzTable(f *testing.F) {
	f.Add([]byte{0, 2, 1, 0, 0x12, 0, 0, 0x10, 1, 0x80, 0x10, 3})
	f.Add([]byte("any bytes, for as long as they are"))
	f.Fuzz(func(t *testing.T, b []byte) { playBytes(t, b) })
}

func playBytes(t *testing.T, b []byte) {
	c := newTalk(t, Services|Flows|Heads, Limits{Pending: 3, Settled: 3, TCP: 3, UDP: 3, Heads: 2})
	at := 0.0
	for ; len(b) >= 6; b = b[6:] {
		at += float64(b[0]) * float64(b[0]) / 20
		c.src = []string{"10.0.0.1:40000", "10.0.0.3:53", "[2001:db8::1]:9", "10.0.0.2:80"}[b[1]&3]
		if c.dst = "10.0.0.2:80"; b[1]&3 == 2 {
			c.dst = "[2001:db8::2]:9"
		}
		back := b[1]&4 != 0
		switch p := c.packet(at, back); {
		case b[1]&8 != 0:
			p.Layers |= packet.LayerUDP
			p.IPProto = protoUDP
		case b[1]&0xf0 == 0xf0:
			p.Layers = packet.LayerFrame | packet.LayerIP | packet.LayerICMP | packet.LayerPayload
			p.IPProto, p.ICMPType = 1, 3
		default:
			p.Layers |= packet.LayerTCP
			p.IPProto, p.TCPFlags = protoTCP, uint16(b[2])
			p.TCPSeq, p.TCPAck = uint32(b[3])<<uint(b[1]>>5), uint32(b[4])
			if b[1]&16 != 0 {
				p.TCPSeq = -p.TCPSeq
			}
		}
		c.p.Payload = b[:min(len(b), int(b[5])>>3)]
		c.p.TCPLen = uint32(len(c.p.Payload))
		p := c.track()
		if h := c.table.Head(p); len(h) > 0 && b[5]&1 != 0 {
			c.table.Keep(h)
		} else if b[5]&2 != 0 {
			c.table.Quiet()
		}
		c.check()
	}
	c.tick(at + 1e6)
	c.check()
	if n := c.table.tcpOpen.n + c.table.udpOpen.n; n != 0 {
		t.Errorf("%d are open after ages of silence", n)
	}
}

// check looks at what must hold of a table.
func (c *talk) check() {
	t := c.table
	pools := map[poolID]int{}
	entries := 0
	for r := ref(1); int(r) <= t.made; r++ {
		if t.find(t.place(&t.entry(r).key, 0)) != r {
			continue
		}
		entries++
		pools[t.entry(r).pool]++
		for dir, place := range t.entry(r).heads {
			if place != 0 && (t.heads.at(place).owner != r || int(t.heads.at(place).dir) != dir) {
				c.Error("a head belongs to two")
			}
		}
	}
	if entries != t.index.N || pools[nowhere] != 0 || pools[inPending] != t.pending.n || pools[inSettled] != t.settled.n ||
		pools[openTCP] != t.tcpOpen.n || pools[openUDP] != t.udpOpen.n {
		c.Errorf("%d entries, index %d, pools %v", entries, t.index.N, pools)
	}
	if t.pending.n > t.pending.max || t.settled.n > t.settled.max || t.tcpOpen.n > t.tcpOpen.max || t.udpOpen.n > t.udpOpen.max || len(t.heads.heads) > t.heads.max {
		c.Error("a pool is over its bound")
	}
	for _, w := range []*wheel{&t.tcpOpen, &t.udpOpen} {
		n := len(w.due)
		for _, d := range w.due {
			if t.entry(d.r).gen != d.gen {
				n--
			}
		}
		for _, r := range w.slots {
			for ; r != 0; r = t.entry(r).succ {
				n++
			}
		}
		if n != w.n {
			c.Errorf("a wheel of %d has %d", w.n, n)
		}
	}
}
