package conversation

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// A talk feeds a table with packets that a test describes in a word or two.
type talk struct {
	*testing.T
	table    *Table
	said     []string // events
	p        packet.Packet
	src, dst string
}

func newTalk(t *testing.T, n Need, l Limits) *talk {
	return &talk{T: t, table: New(Config{Seed: 1, Need: n | Conversations | Events | Datagrams, Limits: l}), src: "10.0.0.1:40000", dst: "10.0.0.2:80"}
}

const second = int64(1e9)

func flagsOf(s string) (f uint16) {
	for _, c := range s {
		f |= 1 << strings.IndexRune("FSRPAUEC", c)
	}
	return f
}

// packet makes a packet of one direction at a time in seconds.
func (c *talk) packet(at float64, back bool) *packet.Packet {
	p := &c.p
	*p = packet.Packet{Time: int64(at * 1e9), Layers: packet.LayerFrame | packet.LayerIP | packet.LayerPorts | packet.LayerPayload}
	p.Clock = max(p.Time, 0)
	from, to := netip.MustParseAddrPort(c.src), netip.MustParseAddrPort(c.dst)
	if back {
		from, to = to, from
	}
	p.Src, p.Dst, p.SrcPort, p.DstPort = packet.AddrFromNetip(from.Addr()), packet.AddrFromNetip(to.Addr()), from.Port(), to.Port()
	p.IPLen, p.FrameLen = 40, 54
	return p
}

func (c *talk) track() *packet.Packet {
	p := &c.p
	c.table.Track(p, c.table.Place(p))
	for _, e := range c.table.Events() {
		c.said = append(c.said, fmt.Sprintf("%.1f %s %v:%d>%v:%d", float64(e.Time)/1e9, e.State, e.Src, e.SrcPort, e.Dst, e.DstPort))
	}
	c.table.Clear()
	return p
}

// tcp sends a segment: "S", "SA<" for one that goes back.
func (c *talk) tcp(at float64, flags string, seq, ack uint32, payload string) *packet.Packet {
	flags, back := strings.CutSuffix(flags, "<")
	p := c.packet(at, back)
	p.Layers |= packet.LayerTCP
	p.IPProto, p.TCPFlags, p.TCPSeq, p.TCPAck = protoTCP, flagsOf(flags), seq, ack
	p.Payload, p.TCPLen = []byte(payload), uint32(len(payload))
	p.IPLen += p.TCPLen
	return c.track()
}

func (c *talk) udp(at float64, back bool, payload string) *packet.Packet {
	p := c.packet(at, back)
	p.Layers |= packet.LayerUDP
	p.IPProto, p.Payload = protoUDP, []byte(payload)
	return c.track()
}

// icmp sends an error that quotes the packet that was sent last.
func (c *talk) icmp(at float64, kind, code uint8, quote []byte) {
	p := c.packet(at, true)
	p.Layers = packet.LayerFrame | packet.LayerIP | packet.LayerPayload | packet.LayerICMP
	p.IPProto, p.ICMPType, p.ICMPCode, p.Payload = 1, kind, code, quote
	c.track()
}

// tick lets the clock come to a time with a packet of other hosts.
func (c *talk) tick(at float64) {
	src, dst := c.src, c.dst
	c.src, c.dst = "192.0.2.1:1", "239.0.0.1:1" // to a group: nothing becomes of it
	c.udp(at, false, "")
	c.src, c.dst = src, dst
}

func (c *talk) handshake(at float64) {
	c.tcp(at, "S", 100, 0, "")
	c.tcp(at, "SA<", 500, 101, "")
	c.tcp(at, "A", 101, 501, "")
}

// expect compares the events since the last time; the addresses are left out where they are the usual ones.
func (c *talk) expect(want ...string) {
	c.Helper()
	usual := fmt.Sprintf(" %s>%s", c.src, c.dst)
	var got []string
	for _, s := range c.said {
		got = append(got, strings.TrimSuffix(s, usual))
	}
	if !slices.Equal(got, want) {
		c.Errorf("events %q, want %q", got, want)
	}
	c.said = nil
}

func TestHandshake(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	if p := c.tcp(0, "S", 100, 0, ""); p.ConnOpen || p.ConnAgain || !p.ConnToServer {
		t.Error("SYN")
	}
	if p := c.tcp(0.1, "SA<", 500, 101, ""); p.ConnOpen || p.ConnToServer {
		t.Error("SYN with ACK")
	}
	c.expect()
	if p := c.tcp(0.2, "A", 101, 501, ""); !p.ConnOpen {
		t.Error("the last of the handshake does not make it whole")
	}
	c.expect("0.2 established")
	c.tcp(1, "FA", 101, 501, "")
	c.expect()
	c.tcp(1.1, "FA<", 501, 102, "")
	c.expect("1.1 closed")
	c.tcp(1.2, "A", 102, 502, "") // what comes late begins nothing
	c.tick(4000)
	c.expect()
}

// Nobody who does not see the answers can make a handshake whole, end it, or make it look refused for good.
func TestForgedNumbers(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	c.tcp(0, "S", 100, 0, "")
	c.tcp(0, "SA<", 500, 101, "")
	if p := c.tcp(0.1, "A", 101, 777, ""); p.ConnOpen {
		t.Error("a handshake is whole with an ACK of something else")
	}
	c.tcp(0.2, "A", 101, 501, "")
	c.expect("0.2 established")
	c.tcp(0.3, "R<", 1<<30, 0, "")
	c.tcp(0.3, "R", 1<<30, 0, "")
	c.tcp(0.3, "FA<", 1<<30, 0, "")
	c.tcp(0.3, "FA", 1<<30, 0, "")
	c.expect()
	if p := c.tcp(0.4, "PA<", 501, 101, "hello"); !p.ConnOpen || p.ConnAgain {
		t.Error("what was forged changes the conversation")
	}
	c.tcp(0.5, "R<", 506, 0, "")
	c.expect("0.5 closed")
}

func TestRefused(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	c.tcp(0, "S", 100, 0, "")
	c.tcp(0.1, "RA<", 0, 101, "")
	c.expect("0.1 refused")
	if p := c.tcp(0.6, "S", 100, 0, ""); !p.ConnAgain { // Windows tries again
		t.Error("the same SYN after RST is no retransmission")
	}
	c.tcp(0.7, "RA<", 0, 101, "")
	c.expect()
	c.tcp(2, "S", 900, 0, "") // another try from the same port
	c.tcp(2.1, "RA<", 0, 901, "")
	c.expect("2.1 refused")
	c.tick(400)
	c.expect()
}

func TestUnanswered(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	c.tcp(0, "S", 100, 0, "")
	c.tick(2.999)
	c.expect()
	c.tick(50)
	c.expect("3.0 unanswered")
	for _, at := range []float64{63, 127} {
		if p := c.tcp(at, "S", 100, 0, ""); !p.ConnAgain {
			t.Errorf("the same SYN after %v s is no retransmission", at)
		}
	}
	c.tick(200)
	c.expect()
	c.tcp(201, "SA<", 500, 101, "") // late, but an answer
	c.tcp(201, "A", 101, 501, "")
	c.expect("201.0 established")
}

// Six clients try a host that is not there: 30 SYN, six attempts.
func TestRetransmittedSYN(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	attempts := 0
	for _, at := range []float64{0, 1, 3, 7, 15} {
		for i := range 6 {
			c.src = fmt.Sprintf("10.0.0.1:%d", 50000+i)
			if p := c.tcp(at, "S", uint32(100*i), 0, ""); !p.ConnAgain {
				attempts++
			}
		}
	}
	if attempts != 6 || len(c.said) != 6 {
		t.Errorf("%d attempts, events %q", attempts, c.said)
	}
}

// A scan by half-open connections: the answer is reset.
func TestHalfOpenScan(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	c.tcp(0, "S", 100, 0, "")
	c.tcp(0, "SA<", 500, 101, "")
	c.tcp(0.1, "R", 101, 0, "")
	c.expect("0.1 closed")
	c.src = "10.0.0.1:40001"
	c.tcp(1, "S", 100, 0, "")
	c.tcp(1, "SA<", 500, 101, "") // and nobody takes it
	c.tick(100)
	c.expect()
}

func TestProbes(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	for i, flags := range []string{"", "F", "FPU", "A"} {
		c.src = fmt.Sprintf("10.0.0.1:%d", 1000+i+40000)
		c.tcp(float64(i), flags, 1, 0, "")
		c.tcp(float64(i)+0.5, "R<", 0, 0, "")
		c.expect(fmt.Sprintf("%.1f refused", float64(i)+0.5))
	}
	c.src = "10.0.0.1:50000"
	c.tcp(20, "F", 1, 0, "") // of a port that is open
	c.tick(30)
	c.expect("23.0 unanswered")
}

// A capture that begins in the middle of a conversation has no handshake, and its end is told nonetheless.
func TestBeginsInTheMiddle(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	if p := c.tcp(0, "PA<", 500, 100, "data"); p.ConnOpen || p.ConnToServer {
		t.Error("data from port 80")
	}
	if p := c.tcp(1, "A", 100, 504, ""); p.ConnOpen || !p.ConnToServer {
		t.Error("ACK to port 80")
	}
	c.expect()
	c.tcp(2, "R", 100, 0, "")
	c.expect("2.0 closed")
	c.src = "10.0.0.1:40001"
	c.tcp(3, "PA", 100, 500, "data") // whose first packets were not seen
	c.tcp(4, "R<", 500, 0, "")
	c.expect("4.0 closed")
}

func TestSilence(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	c.handshake(0)
	c.tcp(1000, "PA", 101, 501, "x")
	c.tick(4599.9)
	c.expect("0.0 established")
	c.tick(10000)
	c.expect("4600.0 closed")

	c = newTalk(t, 0, Limits{})
	c.udp(0, false, "?")
	c.udp(0.5, true, "!")
	c.expect("0.5 established")
	c.udp(200, false, "?")
	c.tick(499.9)
	c.expect()
	c.tick(500)
	c.expect("500.0 closed")
}

func TestUDP(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	if p := c.udp(0, false, "?"); p.ConnOpen || !p.ConnToServer {
		t.Error("the first")
	}
	c.udp(1, false, "?")
	c.tick(3)
	c.expect("3.0 unanswered")
	c.udp(20, true, "!") // late
	c.expect("20.0 established")
	c.src = "10.0.0.1:40001"
	c.udp(21, false, "?")
	c.udp(21, true, "!")
	c.udp(21, true, "!")
	c.expect("21.0 established")
}

// Of an answer whose question was not seen the opener is who it goes to; to a group nobody answers.
func TestUDPWithoutOpener(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	if p := c.udp(0, true, "!"); p.ConnToServer {
		t.Error("an answer from port 80")
	}
	c.src, c.dst = "10.0.0.1:5353", "224.0.0.251:5353"
	c.udp(0, false, "?")
	c.src, c.dst = "[fe80::1]:5353", "[ff02::fb]:5353"
	c.udp(0, false, "?")
	c.tick(10)
	c.expect()
}

func TestUnreachable(t *testing.T) {
	quote := func(proto byte, port uint16) []byte {
		b := make([]byte, 28)
		b[0], b[9] = 0x45, proto
		copy(b[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
		b[20], b[21], b[22], b[23] = 40000>>8, 40000&255, byte(port>>8), byte(port)
		b[27] = 100
		return b
	}
	c := newTalk(t, 0, Limits{})
	c.udp(0, false, "?")
	c.icmp(0.1, 3, 3, quote(protoUDP, 81)) // of another
	c.icmp(0.1, 3, 4, quote(protoUDP, 80)) // that it is too big
	c.icmp(0.1, 11, 0, quote(protoUDP, 80))
	c.icmp(0.1, 3, 3, quote(protoUDP, 80)[:27])
	c.expect()
	c.icmp(0.1, 3, 3, quote(protoUDP, 80))
	c.expect("0.1 refused")
	c.tick(10)
	c.expect()

	c = newTalk(t, 0, Limits{})
	c.tcp(0, "S", 100, 0, "")
	c.icmp(0.2, 3, 1, quote(protoTCP, 80))
	c.expect("0.2 refused")

	c = newTalk(t, 0, Limits{})
	c.tcp(0, "S", 101, 0, "") // another number than what is quoted
	c.icmp(0.2, 3, 1, quote(protoTCP, 80))
	c.expect()

	c = newTalk(t, 0, Limits{})
	c.handshake(0)
	c.icmp(0.2, 3, 1, quote(protoTCP, 80)) // an established one minds nobody's errors
	c.expect("0.0 established")
}

// A new SYN while the conversation is open is one that begins once the other side takes it.
func TestReopened(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	c.handshake(0)
	c.tcp(1, "S", 9000, 0, "")
	c.expect("0.0 established")
	c.tcp(1.1, "SA<", 7000, 9001, "")
	c.expect("1.1 closed")
	if p := c.tcp(1.2, "A", 9001, 7001, ""); !p.ConnOpen {
		t.Error("the second handshake is not whole")
	}
	c.expect("1.2 established")
	c.tcp(2, "S", 1, 0, "") // forged: nobody takes it
	if p := c.tcp(3, "PA", 9001, 7001, "x"); !p.ConnOpen {
		t.Error("a forged SYN ends a conversation")
	}
}

// Packets that were written by hand without numbers have a handshake all the same.
func TestUnnumbered(t *testing.T) {
	c := newTalk(t, Heads, Limits{Pending: 1, Settled: 1, TCP: 1, UDP: 1, Heads: 1})
	c.tcp(0, "S", 0, 0, "")
	c.tcp(0.1, "SA<", 0, 0, "")
	c.tcp(0.2, "A", 0, 0, "")
	c.expect("0.2 established")
	p := c.tcp(0.3, "PA", 0, 0, "GET / HTTP/1.1")
	if p.ConnAgain || string(c.table.Head(p)) != "GET / HTTP/1.1" {
		t.Errorf("data is a retransmission, or its head %q", c.table.Head(p))
	}
	if p := c.tcp(0.4, "PA", 0, 0, "GET / HTTP/1.1"); !p.ConnAgain {
		t.Error("the same again is none")
	}
	c.tcp(0.5, "FA", 0, 0, "")
	c.tcp(0.5, "FA<", 0, 0, "")
	c.expect("0.5 closed")
}

func TestRetransmission(t *testing.T) {
	for _, tc := range []struct {
		what string
		segs []string // seq payload, and "again" where it is one
	}{
		{"in order", []string{"0 abc", "3 def"}},
		{"the same", []string{"0 abc", "0 abc again"}},
		{"part of it", []string{"0 abcdef", "2 cd again"}},
		{"more of it", []string{"0 abc", "0 abcdef", "0 abcdef again"}},
		{"out of order", []string{"0 abc", "6 ghi", "3 def", "3 def again"}},
		{"two holes", []string{"0 a", "2 c", "4 e", "1 b", "3 d", "1 b again", "3 d again", "0 abcde again"}},
		{"a hole in parts", []string{"0 a", "7 h", "3 d", "3 d again", "1 bc", "4 efg", "1 bcdefg again"}},
		{"a probe of the idle connection", []string{"0 abc", "2 c"}},
	} {
		c := newTalk(t, 0, Limits{})
		c.handshake(0)
		for _, s := range tc.segs {
			var seq uint32
			var payload, again string
			fmt.Sscan(s, &seq, &payload, &again)
			if p := c.tcp(1, "PA", 101+seq, 501, payload); p.ConnAgain != (again != "") {
				t.Errorf("%s: %q: again is %v", tc.what, s, p.ConnAgain)
			}
		}
	}
	c := newTalk(t, 0, Limits{})
	c.handshake(0)
	c.tcp(1, "FA", 101, 501, "")
	if p := c.tcp(2, "FA", 101, 501, ""); !p.ConnAgain {
		t.Error("FIN once more is no retransmission")
	}
	if p := c.tcp(2, "A", 102, 501, ""); p.ConnAgain {
		t.Error("an ACK is one")
	}
}

// TestProbesAgain: nmap sends the same probe from the same port five times, each with a number of its own (its T7, with FIN).
func TestProbesAgain(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	for i, seq := range []uint32{2527076199, 220305368, 2067651120, 930015010, 765964236} {
		if p := c.tcp(float64(2*i), "FPU", seq, 0, ""); p.ConnAgain {
			t.Errorf("probe %d is taken for one that was seen", i)
		}
		c.tcp(float64(2*i)+0.1, "RA<", 0, seq+1, "")
	}
	if p := c.tcp(20, "FPU", 2527076199, 0, ""); !p.ConnAgain {
		t.Error("the first probe again is taken for another")
	}
}

// The sequence numbers of one direction come round.
func TestNumbersComeRound(t *testing.T) {
	c := newTalk(t, Heads, Limits{Pending: 1, Settled: 1, TCP: 1, UDP: 1, Heads: 1})
	c.tcp(0, "S", 1<<32-3, 0, "")
	c.tcp(0, "SA<", 1<<32-1, 1<<32-2, "")
	c.tcp(0, "A", 1<<32-2, 0, "")
	c.expect("0.0 established")
	p := c.tcp(1, "PA", 1<<32-2, 0, "abcd")
	if h := c.table.Head(p); p.ConnAgain || string(h) != "abcd" {
		t.Errorf("again %v, head %q", p.ConnAgain, h)
	}
	c.table.Keep([]byte("abcd"))
	p = c.tcp(1, "PA", 2, 0, "ef")
	if h := c.table.Head(p); p.ConnAgain || string(h) != "abcdef" {
		t.Errorf("again %v, head %q", p.ConnAgain, h)
	}
	if p := c.tcp(1, "PA", 1<<32-2, 0, "abcdef"); !p.ConnAgain {
		t.Error("the same again is none")
	}
}

func TestCounts(t *testing.T) {
	table := New(Config{Seed: 1, Need: Conversations | Events | Services})
	c := &talk{T: t, table: table, src: "[2001:db8::9]:40000", dst: "[2001:db8::1]:80"} // the opener is the greater address
	c.tcp(0, "S", 100, 0, "")
	c.tcp(0, "SA<", 500, 101, "")
	c.tcp(0, "A", 101, 501, "")
	c.tcp(1, "PA", 101, 501, "GET / HTTP/1.1\r\n")
	c.tcp(2, "PA<", 501, 117, "HTTP/1.1 200 OK\r\n\r\n")
	c.tcp(3, "FA", 117, 520, "")
	p := c.packet(4, true)
	p.Layers |= packet.LayerTCP
	p.IPProto, p.TCPFlags, p.TCPSeq, p.TCPAck = protoTCP, flagsOf("FA"), 520, 118
	table.Track(p, table.Place(p))
	ev := table.Events()[0]
	var out packet.Packet
	ev.Fill(&out)
	if ev.State != packet.ConnClosed || ev.BytesOut != 4*40+16 || ev.BytesIn != 3*40+19 || ev.PacketsOut != 4 || ev.PacketsIn != 3 ||
		ev.Service != packet.ServiceHTTP || out.ConnDuration != 4 || out.Src.String() != "2001:db8::9" || out.SrcPort != 40000 || out.IPVersion != 6 {
		t.Errorf("%+v, duration %v", ev, out.ConnDuration)
	}
}

// What is in a tunnel is another conversation, what is in a VLAN is not.
func TestApart(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	c.handshake(0)
	c.said = nil
	p := c.packet(1, true)
	p.Layers |= packet.LayerTCP | packet.LayerTunnel
	p.IPProto, p.TCPFlags, p.TCPSeq, p.Outer.Tunnel = protoTCP, packet.FlagRST, 501, packet.TunnelVXLAN
	c.track()
	c.expect()
	p = c.packet(1, true)
	p.Layers |= packet.LayerTCP | packet.LayerVLAN
	p.IPProto, p.TCPFlags, p.TCPSeq, p.VLAN = protoTCP, packet.FlagRST, 501, 7
	c.track()
	c.expect("1.0 closed")
}

// A conversation that comes once more, as where captures were merged, is all retransmissions.
func TestAllAgain(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	for round := range 2 {
		for i, seg := range []struct {
			flags    string
			seq, ack uint32
			payload  string
		}{{"S", 100, 0, ""}, {"SA<", 500, 101, ""}, {"PA", 101, 501, "abc"}, {"PA<", 501, 104, "def"}, {"FA", 104, 504, ""}, {"FA<", 504, 105, ""}} {
			if p := c.tcp(float64(round), seg.flags, seg.seq, seg.ack, seg.payload); p.ConnAgain != (round == 1) {
				t.Errorf("round %d, segment %d: again is %v", round, i, p.ConnAgain)
			}
		}
	}
	c.expect("0.0 established", "0.0 closed")
}

// Events of several deadlines that one packet brings come in the order of the deadlines.
func TestDeadlinesInOrder(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	for i := range 50 {
		c.src = fmt.Sprintf("10.0.0.1:%d", 40000+i)
		at := float64(i*7919%1000) / 10
		c.packet(0, false)
		if i%2 == 0 {
			c.udp(100+at, false, "?")
			c.udp(100+at, true, "!")
		}
	}
	c.said = nil
	c.tick(5000)
	if len(c.said) != 25 {
		t.Fatalf("%d events", len(c.said))
	}
	last := 0.0
	for _, s := range c.said {
		var at float64
		fmt.Sscan(s, &at)
		if at < last {
			t.Errorf("%q after one at %v", s, last)
		}
		last = at
	}
}

// TestDeadlinesAtOnce: conversations that end at one time do so in one order, wherever their entries are.
func TestDeadlinesAtOnce(t *testing.T) {
	said := func(from func(i int) int) []string {
		c := newTalk(t, 0, Limits{})
		for _, at := range []float64{0, 1} { // that of the first packet is the order of entries
			for i := range 20 {
				c.src = fmt.Sprintf("10.0.0.1:%d", 40000+from(i))
				c.udp(at, false, "x")
				c.udp(at, true, "y")
			}
		}
		c.tick(400)
		return c.said
	}
	up, down := said(func(i int) int { return i }), said(func(i int) int { return 19 - i })
	slices.Sort(down[:20]) // each says that it is established in its turn
	slices.Sort(up[:20])
	if len(up) != 40 || !slices.Equal(up, down) {
		t.Errorf("%q\nand %q", up, down)
	}
}

// An entry is three lines of the cache.
func TestEntrySize(t *testing.T) {
	if entrySize != 192 {
		t.Errorf("an entry has %d bytes", entrySize)
	}
}

// A count of packets goes on where 32 bits end.
func TestManyPackets(t *testing.T) {
	var e entry
	e.packets[1] = 1<<32 - 2
	for i := range 3 {
		if got, want := e.sent(1), uint64(1<<32-2)+uint64(i); got != want {
			t.Errorf("%d packets, want %d", got, want)
		}
		e.count(1, 40)
	}
	if e.packets[1] == 0 || e.bytes[1] != 120 {
		t.Errorf("%+v", e)
	}
}

// Where no rule asks about UDP, its packets are of no conversation.
func TestTCPAlone(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	c.table.Need(Conversations | Events)
	if p := c.udp(0, false, "?"); p.Has(packet.LayerConn) {
		t.Error("a datagram has a conversation")
	}
	c.udp(0, true, "!")
	c.handshake(1)
	c.expect("1.0 established")
	if s := c.table.Stats(); s.Entries != 1 {
		t.Errorf("%d entries", s.Entries)
	}
	if Bound(Conversations, Limits{TCP: 1 << 10, UDP: 1 << 10}) >= Bound(Conversations|Datagrams, Limits{TCP: 1 << 10, UDP: 1 << 10}) {
		t.Error("the bound has room for datagrams")
	}
}
