package engine

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// connLeaf is a random condition on conversations.
func (g grammar) connLeaf(on packet.Event) string {
	if on == packet.EventPacket {
		return g.one("conn.established", "conn.retransmission", "conn.to_server", "conn.to_server != conn.established", "flow.packets > 2", "tcp.flags.syn")
	}
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("conn.state %s '%s'", g.one("==", "!="), g.one("established", "refused", "unanswered", "closed"))
	case 1:
		return fmt.Sprintf("conn.state in ['%s', '%s']", g.one("established", "refused"), g.one("unanswered", "closed"))
	case 2:
		return fmt.Sprintf("conn.duration %s %d.5", g.one("<", ">"), g.IntN(400))
	case 3:
		return fmt.Sprintf("%s %s %d", g.one("conn.bytes_out", "conn.bytes_in", "conn.packets_out * 50", "conn.packets_in + 1"), g.one("<", ">=", "!="), g.IntN(300))
	case 4:
		return fmt.Sprintf("conn.service %s '%s'", g.one("==", "!=", "startsWith", "matches"), g.one("http", "dns", "ssh"))
	}
	return g.one("ip.src in ['10.0.0.0/31']", "dst.port < 100", "ip.dst == '10.0.0.2'", "ip.proto == 17", "src.port > 40003", "conn.service in ['http', '']", "max(conn.bytes_in, conn.bytes_out) > 100")
}

func (g grammar) connCond(on packet.Event, depth int) string {
	if depth == 0 || g.IntN(3) == 0 {
		return g.one("", "", "not ") + "(" + g.connLeaf(on) + ")"
	}
	return "(" + g.connCond(on, depth-1) + g.one(" and ", " or ") + g.connCond(on, depth-1) + ")"
}

// connRule is a random rule on conversations, or on packets in theirs.
func (g grammar) connRule(name string) string {
	on, word := packet.EventConnection, "connection"
	if g.IntN(3) == 0 {
		on, word = packet.EventPacket, "packet"
	}
	agg := func() string {
		if on == packet.EventPacket {
			return g.one("count()", "distinct(dst.port)", "count("+g.connLeaf(on)+")", "changes(conn.retransmission)", "distinct([ip.dst, conn.to_server])")
		}
		return g.one("count()", "distinct([ip.dst, dst.port])", "distinct(conn.state)", "sum(conn.bytes_out)", "max(conn.duration)", "mean(conn.packets_in)", "count("+g.connLeaf(on)+")", "changes(conn.service)", "max(gap())")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "rule %q {\n  description = \"d\"\n  severity = \"low\"\n  on = %q\n  where = %q\n  by = %s\n  cooldown = %q\n", name, word, g.connCond(on, 2),
		g.one(`[]`, `["ip.src"]`, `["ip.src", "dst.port"]`, `["ip.dst"]`), g.one("0s", "0s", "5s"))
	if g.IntN(3) == 0 {
		b.WriteString("}\n")
		return b.String()
	}
	fmt.Fprintf(&b, "  window %q {\n    a = %q\n    b = %q\n  }\n  threshold = %d\n  when = %q\n}\n", g.one("1s", "10s", "10m"), agg(), agg(), 1+g.IntN(6),
		g.one("a >= threshold", "a > threshold and b >= 2", "a > b", "a == threshold", "a * 2 > b + 1 and "+g.connLeaf(on)))
	return b.String()
}

// numbered is a segment with numbers.
func numbered(at float64, src, dst string, sport, dport uint16, flags byte, seq, ack uint32, payload string) packet.Frame {
	f := seg{at: at, src: src, dst: dst, sport: sport, dport: dport, flags: flags, payload: payload}.frame()
	l4 := f.Data[len(f.Data)-20-len(payload):]
	binary.BigEndian.PutUint32(l4[4:], seq)
	binary.BigEndian.PutUint32(l4[8:], ack)
	return f
}

// talks is traffic of conversations of all fates, many at once, some with long silences.
func (g grammar) talks(n int) []packet.Frame {
	var out []packet.Frame
	at := 0.0
	for i := range n {
		at += float64(g.IntN(500)) / 1000
		if g.IntN(60) == 0 {
			at += float64(g.IntN(4000))
		}
		src, dst := fmt.Sprintf("10.0.0.%d", g.IntN(3)), fmt.Sprintf("10.0.0.%d", 3+g.IntN(3))
		if g.IntN(6) == 0 {
			src, dst = "fd00::1", "fd00::2"
		}
		sport, dport := uint16(40000+g.IntN(12)), []uint16{22, 80, 443, 53, 8080}[g.IntN(5)]
		isn, other := uint32(g.IntN(3))*1000+uint32(i%2)<<31, uint32(g.Uint32())
		t := at
		send := func(back bool, flags byte, seq, ack uint32, payload string) {
			t += float64(g.IntN(300)) / 1000
			if g.IntN(15) == 0 {
				return // lost
			}
			f := numbered(t, src, dst, sport, dport, flags, seq, ack, payload)
			if back {
				f = numbered(t, dst, src, dport, sport, flags, seq, ack, payload)
			}
			out = append(out, f)
			if g.IntN(10) == 0 { // again
				f.Time += int64(g.IntN(3000)) * 1e6
				out = append(out, f)
			}
		}
		const syn, ack, fin, rst, psh = packet.FlagSYN, packet.FlagACK, packet.FlagFIN, packet.FlagRST, packet.FlagPSH
		switch g.IntN(8) {
		case 0: // no answer
			for k := range 1 + g.IntN(4) {
				t = at + float64(int(1)<<k-1)
				send(false, syn, isn, 0, "")
			}
		case 1:
			send(false, syn, isn, 0, "")
			send(true, rst|ack, 0, isn+1, "")
		case 2, 3, 4:
			send(false, syn, isn, 0, "")
			send(true, syn|ack, other, isn+1, "")
			send(false, ack, isn+1, other+1, "")
			said := g.one("GET / HTTP/1.1\r\n", "SSH-2.0-x\r\n", "hello", "")
			send(false, ack|psh, isn+1, other+1, said)
			if g.IntN(4) == 0 {
				t += float64(g.IntN(200))
			}
			send(true, ack|psh, other+1, isn+1+uint32(len(said)), g.one("HTTP/1.1 200 OK\r\n", "+OK"))
			switch g.IntN(3) {
			case 0:
				send(true, rst, other+1, 0, "")
			case 1:
				send(false, fin|ack, isn+1+uint32(len(said)), other+1, "")
				send(true, fin|ack, other+20, isn+2, "")
			}
		case 5:
			q := seg{at: t, src: src, dst: dst, sport: sport, dport: dport, proto: 17, payload: question("a.b")}
			out = append(out, q.frame())
			switch g.IntN(3) {
			case 0:
				q.src, q.dst, q.sport, q.dport, q.at = dst, src, dport, sport, t+0.2
				out = append(out, q.frame())
			case 1:
				quote := q.frame().Data
				icmp := seg{at: t + 0.1, src: dst, dst: src, proto: 1, icmpType: 3, payload: string(quote[:min(len(quote), 60)])}
				if strings.Contains(src, ":") {
					icmp.proto, icmp.icmpType = 58, 1
				}
				out = append(out, icmp.frame())
			}
		case 6: // the middle of one
			send(true, ack|psh, other, isn, "data")
			send(false, ack, isn, other+4, "")
		default:
			out = append(out, g.seg(t).late(at))
		}
	}
	slices.SortStableFunc(out, func(a, b packet.Frame) int { return int(a.Time/1e8 - b.Time/1e8) }) // some are late
	return out
}

// late is the frame of a seg at another time.
func (s seg) late(at float64) packet.Frame {
	s.at = at
	return s.frame()
}

// TestConversationsAgree holds rules on conversations against themselves without optimizations, against the expr VM, with
// several workers, with batches of other sizes and with reloads in the middle, on random rules and random conversations.
func TestConversationsAgree(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for seed := range uint64(rounds) {
		conversationsAgree(t, seed)
	}
}

func FuzzConversationsAgree(f *testing.F) {
	f.Add(uint64(1 << 41))
	f.Fuzz(func(t *testing.T, seed uint64) { conversationsAgree(t, seed) })
}

func conversationsAgree(t *testing.T, seed uint64) {
	t.Helper()
	g := grammar{rand.New(rand.NewPCG(seed, 11)), false}
	var src strings.Builder
	for i := range 16 {
		r := g.connRule(fmt.Sprintf("r%02d", i))
		if _, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(r)}}); diags.HasErrors() {
			for _, d := range diags {
				if c := diag.CodeOf(d); c != "never-true" && c != "always-true" {
					t.Fatalf("seed %d: %v\n%s", seed, d, r)
				}
			}
			continue
		}
		src.WriteString(r)
	}
	if src.Len() == 0 {
		return
	}
	rs := load(t, src.String())
	more := load(t, src.String()+`rule "zz" {
  description = "d"
  severity    = "low"
  where       = "tcp.dstport == 9 and flow.packets > 100000"
}`)
	traffic := g.talks(400)
	type variant struct {
		name    string
		tuning  Tuning
		workers int
		batch   int
		reload  bool
		sample  bool
	}
	variants := []variant{{name: "default"}, {name: "no sharing", tuning: Tuning{NoSharing: true}}, {name: "no dispatch", tuning: Tuning{NoDispatch: true}},
		{name: "vm", tuning: inVM}, {name: "batches of 7", batch: 7}, {name: "reloads", batch: 50, reload: true}, {name: "reloads, 3 workers", batch: 100, reload: true, workers: 3},
		{name: "sampled", batch: 1, sample: true}}
	for _, n := range []int{2, 4, 8} {
		variants = append(variants, variant{name: fmt.Sprintf("%d workers", n), workers: n})
	}
	var want []string
	for i, v := range variants {
		p, diags := CompileTuned(rs, Options{}, v.tuning)
		q, _ := CompileTuned(more, Options{}, v.tuning)
		if diags.HasErrors() {
			t.Fatalf("seed %d, %s: %v", seed, v.name, diags)
		}
		e := New(p, Config{Seed: 1, Workers: v.workers})
		var got []string
		emit := func(a *alert.Alert) {
			ports := [2]uint16{a.SrcPort, a.DstPort}
			if a.Layers&packet.LayerPorts == 0 {
				ports = [2]uint16{}
			}
			got = append(got, fmt.Sprintf("%s %d %v %v %v", line(a), a.Time, a.Src, a.Dst, ports))
		}
		sampler := NewSampler(e)
		for k, rest := 0, traffic; len(rest) > 0; k++ {
			n := len(rest)
			if v.batch > 0 {
				n = min(n, v.batch)
			}
			if v.sample && k%3 == 0 {
				sampler.Process(rest[0], emit, func(*Sighting) {})
			} else {
				e.Process(rest[:n], emit)
			}
			rest = rest[n:]
			if v.reload {
				e.Swap([]*Plan{q, p}[k%2])
			}
		}
		if i == 0 {
			want = got
			continue
		}
		for j := range max(len(got), len(want)) {
			if j >= len(got) || j >= len(want) || got[j] != want[j] {
				at := func(s []string) string {
					if j < len(s) {
						return s[j]
					}
					return "(end)"
				}
				name, _, _ := strings.Cut(at(want), " ")
				body := src.String()
				if k := strings.Index(body, fmt.Sprintf("rule %q", name)); k >= 0 {
					body, _, _ = strings.Cut(body[k:], "\n}\n")
				}
				t.Fatalf("seed %d: %s differs from default at alert %d:\n  got  %s\n  want %s\n%s", seed, v.name, j, at(got), at(want), body)
			}
		}
	}
	if seed == 0 && len(want) < 100 {
		t.Errorf("only %d alerts are compared", len(want))
	}
}

const refusals = `rule "refused" {
  description = "d"
  severity    = "low"
  on          = "connection"
  where       = "conn.state in ['refused', 'unanswered']"
  by          = ["ip.src"]
  cooldown    = "0s"
}
`

const attempts = `rule "attempts" {
  description = "d"
  severity    = "low"
  where       = "tcp.flags.syn"
  by          = ["ip.src"]
}
`

// What no rule asks for is not kept, and what is kept goes on over a reload while rules ask for it.
func TestConversationsWhereAsked(t *testing.T) {
	asked, other := compile(t, refusals, Options{}), compile(t, attempts, Options{})
	if d := other.Describe(); other.need != 0 || d.Conversations != nil {
		t.Errorf("a plan that asks for none needs %b, and has %+v", other.need, d.Conversations)
	}
	d := asked.Describe()
	if d.Conversations == nil || d.Bound < d.Conversations.Bound || d.Conversations.Bound < 50<<20 || !d.Conversations.Events || d.Conversations.Services || d.Conversations.Heads != 0 {
		t.Errorf("a plan that asks for their fate has %+v of %d bytes", d.Conversations, d.Bound)
	}
	for _, c := range []struct {
		between *Plan
		want    int
	}{{asked, 1}, {compile(t, attempts+refusals, Options{}), 1}, {other, 0}} {
		e := New(asked, Config{Seed: 1})
		run(e, []packet.Frame{numbered(0, "10.0.0.1", "10.0.0.2", 40000, 22, packet.FlagSYN, 100, 0, "")})
		e.Swap(c.between)
		if (e.conversations == nil) != (c.between == other) {
			t.Error("conversations are kept where nobody asks, or the other way round")
		}
		e.Swap(asked)
		got := run(e, []packet.Frame{numbered(1, "10.0.0.2", "10.0.0.1", 22, 40000, packet.FlagRST|packet.FlagACK, 0, 101, "")})
		if len(got) != c.want {
			t.Errorf("%d alerts over a reload, want %d", len(got), c.want)
		}
	}
}

// An event of a deadline has its time, and the number of the packet that brings the clock there.
func TestDeadlineIsBrought(t *testing.T) {
	e := New(compile(t, refusals, Options{}), Config{Seed: 1})
	fs := []packet.Frame{
		numbered(0, "10.0.0.1", "10.0.0.2", 40000, 22, packet.FlagSYN, 100, 0, ""),
		numbered(2.9, "10.0.0.8", "10.0.0.9", 40000, 22, packet.FlagACK, 100, 0, ""),
		numbered(60, "10.0.0.8", "10.0.0.9", 40000, 22, packet.FlagACK, 100, 0, ""),
	}
	var got []string
	e.Process(fs, func(a *alert.Alert) { got = append(got, fmt.Sprint(a.Number, " ", a.Time, " ", a.Src, " ", a.DstPort)) })
	if want := []string{"3 3000000000 10.0.0.1 22"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Packets whose checksum is wrong neither end nor refuse anything.
func TestWrongChecksumEndsNothing(t *testing.T) {
	forged := numbered(1, "10.0.0.2", "10.0.0.1", 22, 40000, packet.FlagRST|packet.FlagACK, 0, 101, "")
	forged.Data[len(forged.Data)-4] = 0x12 // of the checksum
	forged.Sum = packet.SumWire
	e := New(compile(t, refusals, Options{}), Config{Seed: 1})
	got := run(e, []packet.Frame{numbered(0, "10.0.0.1", "10.0.0.2", 40000, 22, packet.FlagSYN, 100, 0, ""), forged})
	if len(got) != 0 {
		t.Errorf("a forged RST refuses: %q", got)
	}
}

// Rules on what became of conversations look at all classes of packets: any may bring a deadline.
func TestInterestInConversations(t *testing.T) {
	classes, _ := compile(t, refusals, Options{}).Interest()
	for _, c := range []packet.Class{packet.ClassARP, packet.ClassIP, packet.ClassICMP, packet.ClassTCP + 16} {
		if !slices.Contains(classes, c) {
			t.Errorf("class %v is of no interest", c)
		}
	}
}

// Events of one packet are steps of a sequence each for itself: two deadlines that one packet brings are two steps.
func TestEventsOfOnePacketInSequence(t *testing.T) {
	src := `rule "s" {
  description = "d"
  severity    = "low"
  sequence "10m" {
    step "a" {
      on    = "connection"
      where = "conn.state == 'unanswered'"
      by    = ["ip.src"]
    }
    step "b" {
      on    = "connection"
      where = "conn.state == 'unanswered'"
      by    = ["ip.src"]
    }
    step "c" {
      on    = "connection"
      where = "conn.state == 'refused'"
      by    = ["ip.src"]
    }
  }
}
`
	for _, n := range []int{1, 3} {
		e := New(compile(t, src, Options{}), Config{Seed: 1, Workers: n})
		got := run(e, []packet.Frame{
			numbered(0, "10.0.0.1", "10.0.0.2", 40000, 22, packet.FlagSYN, 100, 0, ""),
			numbered(0.1, "10.0.0.1", "10.0.0.2", 40001, 23, packet.FlagSYN, 100, 0, ""),
			numbered(60, "10.0.0.1", "10.0.0.2", 40002, 24, packet.FlagSYN, 100, 0, ""),
			numbered(60.1, "10.0.0.2", "10.0.0.1", 24, 40002, packet.FlagRST|packet.FlagACK, 0, 101, ""),
		})
		if len(got) != 1 {
			t.Errorf("%d workers: %q", n, got)
		}
	}
}
