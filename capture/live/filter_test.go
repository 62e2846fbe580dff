package live

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/bpf"

	"github.com/ruleids/ruleids/packet"
)

// machine returns a function that says what a program does with a packet, as the kernel runs it.
func machine(t testing.TB, prog []bpf.Instruction, pktType uint32) func([]byte) int {
	t.Helper()
	prog = slices.Clone(prog)
	for i, ins := range prog {
		if ins == (bpf.LoadExtension{Num: bpf.ExtType}) { // which the machine does not know
			prog[i] = bpf.LoadConstant{Dst: bpf.RegA, Val: pktType}
		}
	}
	vm, err := bpf.NewVM(prog)
	if err != nil {
		t.Fatal(err)
	}
	return func(b []byte) int {
		n, err := vm.Run(b)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// TestMatchAgainstProgram holds Match, which is plain Go, and the program against each other on random
// packets and filters, whole and cut to a snap length.
func TestMatchAgainstProgram(t *testing.T) {
	dropped, passed := 0, 0
	for seed := range uint64(150) {
		r := traffic{rand.New(rand.NewPCG(seed, 1))}
		f := r.filter(t)
		snap := uint32(DefaultSnapLength)
		if seed%3 == 0 {
			snap = 68 + uint32(r.IntN(40))
		}
		run := map[packet.LinkType]func([]byte) int{
			packet.LinkEthernet: machine(t, f.program(packet.LinkEthernet, snap, seed%2 == 0), 0),
			packet.LinkRaw:      machine(t, f.program(packet.LinkRaw, snap, false), 0),
		}
		for range 400 {
			fr := r.frame()
			n := run[fr.Link](fr.Data)
			whole := fr.Data
			fr.Data = fr.Data[:min(len(fr.Data), int(snap))]
			if n != 0 && n != int(snap) {
				t.Fatalf("the program returned %d, not 0 or %d", n, snap)
			}
			if match := f.Match(&fr); match != (n > 0) {
				t.Fatalf("seed %d, snap length %d: Match says %v, the program %d\nlink %d % x\nignore %v interest %+v", seed, snap, match, n, fr.Link, whole, f.ignore, f.interest)
			}
			if n > 0 {
				passed++
			} else {
				dropped++
			}
		}
	}
	if dropped < 1000 || passed < 1000 {
		t.Errorf("%d packets dropped, %d passed: the test says little", dropped, passed)
	}
}

// TestFilterNeverDropsInterest decodes random packets: what is in the Interest must pass, whatever tunnels and
// faults there are.
func TestFilterNeverDropsInterest(t *testing.T) {
	var d packet.Decoder
	var p packet.Packet
	wanted := 0
	for seed := range uint64(150) {
		r := traffic{rand.New(rand.NewPCG(seed, 2))}
		f, err := NewFilter(nil, r.interest())
		if err != nil {
			t.Fatal(err)
		}
		for range 400 {
			fr := r.frame()
			if d.Decode(&p, &fr); f.interest.includes(&p) {
				wanted++
				if !f.Match(&fr) {
					t.Fatalf("seed %d: a packet of class %d, ports %d and %d, is dropped\nlink %d % x\n%+v", seed, p.Class, p.SrcPort, p.DstPort, fr.Link, fr.Data, f.interest)
				}
			}
		}
	}
	if wanted < 1000 {
		t.Errorf("%d packets were in the Interest: the test says little", wanted)
	}
}

// TestIgnore holds filters against what netip says of the addresses.
func TestIgnore(t *testing.T) {
	r := traffic{rand.New(rand.NewPCG(3, 3))}
	for range 300 {
		var ps []netip.Prefix
		for range r.IntN(40) {
			ps = append(ps, r.prefix())
		}
		f, err := NewFilter(ps, nil)
		if err != nil {
			t.Fatal(err)
		}
		run := machine(t, f.program(packet.LinkRaw, DefaultSnapLength, false), 0)
		contains := func(b []byte) bool {
			a, _ := netip.AddrFromSlice(b)
			return slices.ContainsFunc(ps, func(p netip.Prefix) bool {
				if p.Addr().Is4In6() && p.Bits() >= 96 {
					p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
				}
				return p.Contains(a) || a.Is4In6() && p.Addr().Is6() && p.Masked() == netip.PrefixFrom(netip.IPv6Unspecified(), p.Bits()).Masked() && p.Bits() <= 80
			})
		}
		for range 50 {
			b := make([]byte, 40)
			b[0] = 0x60
			copy(b[8:], r.addr6())
			copy(b[24:], r.addr6())
			src, dst := b[8:24], b[24:40]
			if r.IntN(2) == 0 {
				b = make([]byte, 20)
				b[0] = 0x45
				copy(b[12:], r.addr4())
				copy(b[16:], r.addr4())
				src, dst = b[12:16], b[16:20]
			}
			if got, want := run(b) == 0, contains(src) || contains(dst); got != want {
				t.Fatalf("% x: dropped %v, want %v; ignore %v", b, got, want, ps)
			}
		}
	}
}

// tcp4 is a TCP packet in an Ethernet frame, behind VLAN tags.
func tcp4(src, dst string, sport, dport uint16, flags byte, tags ...uint16) []byte {
	b := make([]byte, 12)
	for i, tag := range tags {
		b = binary.BigEndian.AppendUint16(b, []uint16{0x88a8, 0x8100, 0x9100}[i%3])
		b = binary.BigEndian.AppendUint16(b, tag)
	}
	b = append(b, 8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0)
	b = append(b, netip.MustParseAddr(src).AsSlice()...)
	b = append(b, netip.MustParseAddr(dst).AsSlice()...)
	b = binary.BigEndian.AppendUint16(b, sport)
	b = binary.BigEndian.AppendUint16(b, dport)
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0)
}

// TestFilterDrops has packets that a filter must not let through, since that is what it is for.
func TestFilterDrops(t *testing.T) {
	ignore := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::ffff:192.0.2.1/128"), netip.MustParsePrefix("2001:db8::/32")}
	syn := &Interest{TCPPorts: []PortRange{{22, 22}, {8000, 8010}}}
	syn.Classes.Add(packet.ClassTCP + packet.FlagSYN)
	six := append([]byte{12: 0x86, 13: 0xdd, 14: 0x60, 20: 59, 53: 0}, netip.MustParseAddr("fe80::1").AsSlice()...)[:54]
	copy(six[22:], netip.MustParseAddr("2001:db8:7::1").AsSlice())
	tests := []struct {
		name     string
		ignore   []netip.Prefix
		interest *Interest
		data     []byte
		pass     bool
	}{
		{"source", ignore, nil, tcp4("10.1.2.3", "10.2.0.1", 1, 2, 2), false},
		{"destination", ignore, nil, tcp4("10.2.2.3", "10.1.255.255", 1, 2, 2), false},
		{"neighbour below", ignore, nil, tcp4("10.2.2.3", "10.0.255.255", 1, 2, 2), true},
		{"neighbour above", ignore, nil, tcp4("10.2.0.0", "10.2.0.0", 1, 2, 2), true},
		{"mapped network", ignore, nil, tcp4("192.0.2.1", "10.2.0.0", 1, 2, 2), false},
		{"one tag", ignore, nil, tcp4("10.1.2.3", "10.2.0.1", 1, 2, 2, 5), false},
		{"three tags", ignore, nil, tcp4("10.1.2.3", "10.2.0.1", 1, 2, 2, 5, 6, 7), false},
		{"four tags", ignore, nil, tcp4("10.1.2.3", "10.2.0.1", 1, 2, 2, 5, 6, 7, 8), true},
		{"IPv6", ignore, nil, six, false},
		{"ARP", ignore, nil, append([]byte{12: 8, 13: 6}, make([]byte, 28)...), true},
		{"SYN", nil, syn, tcp4("10.1.2.3", "10.2.0.1", 1, 2, packet.FlagSYN), true},
		{"SYN ACK", nil, syn, tcp4("10.1.2.3", "10.2.0.1", 1, 2, packet.FlagSYN|packet.FlagACK), false},
		{"source port", nil, syn, tcp4("10.1.2.3", "10.2.0.1", 22, 2, packet.FlagACK), true},
		{"destination port", nil, syn, tcp4("10.1.2.3", "10.2.0.1", 1, 8010, packet.FlagACK), true},
		{"port above", nil, syn, tcp4("10.1.2.3", "10.2.0.1", 1, 8011, packet.FlagACK), false},
		{"ARP is not wanted", nil, syn, append([]byte{12: 8, 13: 6}, make([]byte, 28)...), false},
		{"LLDP is not wanted", nil, syn, append([]byte{12: 0x88, 13: 0xcc}, make([]byte, 28)...), false},
		{"both", ignore, syn, tcp4("10.1.2.3", "10.2.0.1", 1, 22, packet.FlagSYN), false},
	}
	for _, tt := range tests {
		f, err := NewFilter(tt.ignore, tt.interest)
		if err != nil {
			t.Fatal(err)
		}
		if got := machine(t, f.program(packet.LinkEthernet, 1000, true), 0)(tt.data) > 0; got != tt.pass {
			t.Errorf("%s: passed %v, want %v", tt.name, got, tt.pass)
		}
		if machine(t, f.program(packet.LinkEthernet, 1000, true), outgoing)(tt.data) > 0 {
			t.Errorf("%s: the loopback interface has it twice", tt.name)
		}
	}
}

// TestFilterFits holds what NewFilter promises of its size, with jumps that are too long for one instruction.
func TestFilterFits(t *testing.T) {
	scattered := func(n int, six bool) []netip.Prefix {
		r := rand.New(rand.NewPCG(4, 4))
		var ps []netip.Prefix
		for range n {
			a := make([]byte, 4)
			if six {
				a = make([]byte, 16)
			}
			for i := range a {
				a[i] = byte(r.Uint32())
			}
			addr, _ := netip.AddrFromSlice(a)
			ps = append(ps, netip.PrefixFrom(addr, len(a)*6))
		}
		return ps
	}
	for _, tt := range []struct {
		n   int
		six bool
	}{{900, false}, {200, true}} {
		ps := scattered(tt.n, tt.six)
		f, err := NewFilter(ps, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := f.Assemble(packet.LinkEthernet, 100, true); err != nil {
			t.Error(err)
		}
		run := machine(t, f.program(packet.LinkRaw, 1000, false), 0)
		for _, p := range ps {
			b := make([]byte, 40)
			b[0] = 0x45
			at := 16
			if tt.six {
				b[0], at = 0x60, 24
			}
			for _, a := range []netip.Addr{p.Masked().Addr(), lastAddr(p.Masked())} {
				copy(b[at:], a.AsSlice())
				if run(b) > 0 {
					t.Errorf("%v of %v passes", a, p)
				}
			}
			copy(b[at:], p.Masked().Addr().Prev().AsSlice())
			if run(b) == 0 {
				t.Errorf("the address before %v is dropped", p)
			}
		}
		if _, err := NewFilter(scattered(tt.n*2, tt.six), nil); err == nil || !strings.Contains(err.Error(), "ignore fewer, larger networks") {
			t.Errorf("twice as many networks: error %v", err)
		}
	}
	var whole []netip.Prefix
	for i := range 4096 {
		whole = append(whole, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24))
	}
	if f, err := NewFilter(whole, nil); err != nil {
		t.Error(err)
	} else if n := f.Instructions(packet.LinkEthernet); n > 100 {
		t.Errorf("networks that touch take %d instructions", n)
	}
}

func TestFilterErrors(t *testing.T) {
	if _, err := NewFilter([]netip.Prefix{{}}, nil); err == nil {
		t.Error("a network that is none is taken")
	}
	if _, err := NewFilter(nil, &Interest{UDPPorts: []PortRange{{5, 4}}}); err == nil || !strings.Contains(err.Error(), "5 to 4") {
		t.Errorf("ports from 5 to 4: %v", err)
	}
	var f *Filter
	if !f.Match(&packet.Frame{}) || f.Instructions(packet.LinkEthernet) != 2 {
		t.Error("no filter does not let everything through")
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	r := traffic{rand.New(rand.NewPCG(5, 5))}
	f := r.filter(t)
	var frames []packet.Frame
	for range 200 {
		frames = append(frames, r.frame())
	}
	if n := testing.AllocsPerRun(10, func() {
		for i := range frames {
			f.Match(&frames[i])
		}
	}); n > 0 {
		t.Errorf("%v allocations for 200 frames", n)
	}
}

func TestPortRangeString(t *testing.T) {
	if got := fmt.Sprint(PortRange{53, 53}, PortRange{1, 2}); got != "53 1-2" {
		t.Error(got)
	}
}

// includes reports whether a decoded packet is in the Interest.
func (i *Interest) includes(p *packet.Packet) bool {
	switch {
	case i.Classes.Has(p.Class):
		return true
	case p.Has(packet.LayerTCP):
		return hasPort(i.TCPPorts, p.SrcPort) || hasPort(i.TCPPorts, p.DstPort)
	case p.Has(packet.LayerUDP):
		return hasPort(i.UDPPorts, p.SrcPort) || hasPort(i.UDPPorts, p.DstPort)
	}
	return false
}
