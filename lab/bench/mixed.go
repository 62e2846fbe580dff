package main

import (
	"fmt"
	"math/rand/v2"
)

// A flow is one TCP connection, or one exchange of UDP datagrams, between a client at home and a server.
type flow struct {
	client, server uint32
	port, service  uint16
	step, length   uint16
	datagrams      bool
	sent, answered uint32 // sequence numbers of client and server
}

const (
	clients, servers = 10_000, 10_000
	// flowsOpen are under way at a time. With packets shared out evenly among them and a flow of 158 packets
	// on average, five million packets are of 50,000 flows.
	flowsOpen = 20_000
	// ephemeral is the first port that clients use, and how many there are.
	ephemeral, ephemerals = 32768, 28000
	resolver              = uint32(10<<24 | 53)
	router                = uint32(10<<24 | 1)
)

// lengths are how many packets flows have: least and up to spread more.
type lengths struct{ least, spread int }

var longFlows = lengths{8, 300}

var services = [...]uint16{443, 443, 443, 443, 80, 80, 8080, 993, 5222, 22}

// mixed writes n packets of 64 to 1,500 bytes as a network of 10,000 clients sees them, which talk to 10,000
// servers outside: TCP connections from SYN to FIN or RST, QUIC, DNS with answers, pings, ARP; and with attacks
// eight packets in a thousand are of scans, SYN and ICMP floods, guessing of passwords, backdoors, a tunnel
// in DNS names, an upload and ARP spoofing. At 12 µs from packet to packet five million take 60 s.
func mixed(w *writer, tick int64, n int, l lengths, attacks bool) {
	r := rand.New(rand.NewPCG(1, 2))
	flows := make([]flow, flowsOpen)
	for i := range flows {
		flows[i].begin(r, l)
		flows[i].step = uint16(r.IntN(int(flows[i].length))) // in the midst of things
	}
	var asked [32]exchange // questions without an answer yet, as a ring
	questions, answers := 0, 0
	for i := range n {
		at := int64(i) * tick
		switch k := r.IntN(1000); {
		case k < 8 && attacks:
			attack(w, r, at, i)
		case k < 12:
			c := client(r)
			w.arp(at, mac(c), c, router, 1)
		case k < 18:
			if r.IntN(2) == 0 {
				w.echo(at, client(r), server(r), 8)
			} else {
				w.echo(at, server(r), client(r), 0)
			}
		case k < 58:
			if waiting := questions - answers; waiting == len(asked) || waiting > 0 && r.IntN(2) == 0 {
				w.dns(at, resolver, asked[answers%len(asked)], true)
				answers++
				break
			}
			x := exchange{client: client(r), port: uint16(ephemeral + r.IntN(ephemerals)), id: uint16(r.Uint32()), kind: 1,
				name: fmt.Sprintf("host%d.site%d.example", r.IntN(30), r.IntN(5000))}
			if r.IntN(3) == 0 {
				x.kind = 28
			}
			asked[questions%len(asked)] = x
			questions++
			w.dns(at, resolver, x, false)
		default:
			f := &flows[r.IntN(len(flows))]
			f.next(w, r, at)
			if f.step > f.length {
				f.begin(r, l)
			}
		}
	}
}

func client(r *rand.Rand) uint32 { return 10<<24 | 1<<16 | uint32(r.IntN(clients)) }
func server(r *rand.Rand) uint32 { return 52<<24 | uint32(r.IntN(servers))*257 }

// begin makes a new flow of f.
func (f *flow) begin(r *rand.Rand, l lengths) {
	*f = flow{
		client: client(r), server: server(r), port: uint16(ephemeral + r.IntN(ephemerals)), service: services[r.IntN(len(services))],
		length: uint16(l.least + r.IntN(l.spread)), sent: r.Uint32(), answered: r.Uint32(),
	}
	if r.IntN(14) == 0 {
		f.datagrams, f.service = true, 443
	}
}

// next writes the next packet of a flow.
func (f *flow) next(w *writer, r *rand.Rand, at int64) {
	defer func() { f.step++ }()
	if f.datagrams {
		size := [...]int{30, 200, 1200}[r.IntN(3)]
		if r.IntN(2) == 0 {
			w.udp(at, f.client, f.server, f.port, f.service, size, nil)
		} else {
			w.udp(at, f.server, f.client, f.service, f.port, size, nil)
		}
		return
	}
	switch {
	case f.step == 0:
		f.up(w, at, syn, 0)
	case f.step == 1:
		f.down(w, at, syn|ack, 0)
	case f.step == 2:
		f.up(w, at, ack, 0)
	case f.step == 3:
		f.up(w, at, ack|psh, 100+r.IntN(400))
	case f.step == f.length-1:
		f.down(w, at, fin|ack, 0)
	case f.step == f.length && r.IntN(8) == 0:
		f.up(w, at, rst|ack, 0)
	case f.step == f.length:
		f.up(w, at, fin|ack, 0)
	case r.IntN(3) == 0:
		f.up(w, at, ack, 0)
	case r.IntN(4) == 0:
		f.down(w, at, ack|psh, 64+r.IntN(800))
	default:
		f.down(w, at, ack, tcpMost*(1+r.IntN(4))/4)
	}
}

func (f *flow) up(w *writer, at int64, flags byte, payload int) {
	s := segment{src: f.client, dst: f.server, sport: f.port, dport: f.service, seq: f.sent, flags: flags, payload: payload}
	if flags&ack != 0 {
		s.ack = f.answered
	}
	w.tcp(at, s)
	f.sent += advance(flags, payload)
}

func (f *flow) down(w *writer, at int64, flags byte, payload int) {
	w.tcp(at, segment{src: f.server, dst: f.client, sport: f.service, dport: f.port, seq: f.answered, ack: f.sent, flags: flags, payload: payload})
	f.answered += advance(flags, payload)
}

// advance is how far a segment moves its sender's sequence number (RFC 9293, section 3.4).
func advance(flags byte, payload int) uint32 {
	n := uint32(payload)
	if flags&(syn|fin) != 0 {
		n++
	}
	return n
}

// attack writes one packet of one of the attacks that go on all the time.
func attack(w *writer, r *rand.Rand, at int64, i int) {
	const outside, home = uint32(198<<24 | 51<<16 | 100<<8), uint32(10<<24 | 1<<16)
	switch r.IntN(8) {
	case 0: // port scans
		w.probe(at, outside|uint32(r.IntN(4)), home|uint32(r.IntN(256)), 40000, uint16(r.IntN(1024)))
	case 1: // SYN flood
		w.probe(at, outside|16, home|80, uint16(r.IntN(60000)), 80)
	case 2: // ICMP flood
		w.echo(at, outside|32, home|uint32(r.IntN(16)), 8)
	case 3: // password guessing
		w.probe(at, outside|uint32(48+r.IntN(3)), home|22, uint16(r.IntN(60000)), 22)
	case 4: // backdoors
		w.probe(at, home|uint32(r.IntN(50)), outside|64, uint16(ephemeral+r.IntN(20000)), 31337)
	case 5: // tunnel
		x := exchange{client: home | uint32(r.IntN(8)), port: uint16(ephemeral + r.IntN(20000)), id: uint16(i), kind: 1, name: fmt.Sprintf("%056x.t.example", i)}
		w.dns(at, resolver, x, false)
	case 6: // upload
		w.tcp(at, segment{src: home | 200, dst: outside | 80, sport: 50000, dport: 443, seq: uint32(i), ack: 1, flags: ack, payload: tcpMost})
	case 7: // ARP spoofing
		w.arp(at, mac(home)|uint64(r.IntN(2)), 10<<24|uint32(1+r.IntN(4)), 10<<24|99, 2)
	}
}
