package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/packet"
)

// made returns the first n packets of a traffic as a capture, and as frames.
func made(t *testing.T, tr traffic, n int) ([]byte, []packet.Frame) {
	t.Helper()
	var b bytes.Buffer
	w := newWriter(&b)
	tr.write(w, tr.tick, n)
	if err := w.out.Flush(); err != nil || w.err != nil {
		t.Fatal(err, w.err)
	}
	r, err := capture.NewReader(tr.name, bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var fs []packet.Frame
	for {
		var batch capture.Batch
		err := r.Read(&batch)
		fs = append(fs, batch.Frames...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(fs) != n {
		t.Fatalf("%d packets, want %d", len(fs), n)
	}
	return b.Bytes(), fs
}

// TestTrafficIsTheSame makes each traffic twice.
func TestTrafficIsTheSame(t *testing.T) {
	for _, tr := range []traffic{mixedTraffic, benignTraffic, spoofedTraffic} {
		one, _ := made(t, tr, 20_000)
		two, _ := made(t, tr, 20_000)
		if !bytes.Equal(one, two) {
			t.Errorf("%s traffic differs from one time to the next", tr.name)
		}
	}
}

// TestTrafficIsSound reads packets with another decoder: none is broken, and checksums are right.
func TestTrafficIsSound(t *testing.T) {
	for _, tr := range []traffic{mixedTraffic, spoofedTraffic} {
		_, fs := made(t, tr, 30_000)
		for i, f := range fs {
			p := gopacket.NewPacket(f.Data, layers.LayerTypeEthernet, gopacket.NoCopy)
			if e := p.ErrorLayer(); e != nil && p.TransportLayer() == nil { // by ports it guesses at what zeros are
				t.Fatalf("%s packet %d: %v", tr.name, i+1, e.Error())
			}
			ip, ok := p.NetworkLayer().(*layers.IPv4)
			if !ok {
				continue
			}
			if sum := naive(ip.Contents); sum != 0xffff {
				t.Fatalf("%s packet %d: the header's checksum is off: %#x", tr.name, i+1, sum)
			}
			covered := ip.Payload
			if ip.Protocol != layers.IPProtocolICMPv4 {
				pseudo := slices.Concat(ip.SrcIP.To4(), ip.DstIP.To4(), []byte{0, byte(ip.Protocol), byte(len(ip.Payload) >> 8), byte(len(ip.Payload))})
				covered = slices.Concat(pseudo, ip.Payload)
			}
			if sum := naive(covered); sum != 0xffff {
				t.Fatalf("%s packet %d: checksum is off: %#x\n%v", tr.name, i+1, sum, p)
			}
		}
	}
}

// naive is the Internet checksum as RFC 1071 words it: 0xffff where the checksum within b is right.
func naive(b []byte) uint32 {
	sum := uint32(0)
	for i, x := range b {
		if i%2 == 0 {
			sum += uint32(x) << 8
		} else {
			sum += uint32(x)
		}
		sum = sum>>16 + sum&0xffff
	}
	return sum
}

// TestMixed holds the mixed traffic to what it is said to be.
func TestMixed(t *testing.T) {
	const n = 400_000
	_, fs := made(t, mixedTraffic, n)
	var d packet.Decoder
	d.NeedDNS = true
	p := new(packet.Packet)
	type flowKey struct {
		a, b         packet.Addr
		aport, bport uint16
		udp          bool
	}
	flows, hosts := map[flowKey]bool{}, map[packet.Addr]bool{}
	count := map[string]int{}
	for i := range fs {
		if l := len(fs[i].Data); l < 64 || l > 1500 || uint32(l) != fs[i].Length {
			t.Fatalf("packet %d has %d of %d bytes", i+1, l, fs[i].Length)
		}
		d.Decode(p, &fs[i])
		switch {
		case p.Has(packet.LayerTCP):
			count["TCP"]++
			for name, flag := range map[string]uint16{"SYN": packet.FlagSYN, "FIN": packet.FlagFIN, "RST": packet.FlagRST} {
				if p.TCPFlags&flag != 0 {
					count[name]++
				}
			}
			if p.TCPFlags == packet.FlagACK {
				count["ACK"]++
			}
			if p.TCPLen > 0 {
				count["data"]++
			}
		case p.Has(packet.LayerDNS):
			count["DNS"]++
			if p.DNSResponse && p.DNSAnswers == 1 {
				count["answer"]++
			}
			if len(p.QueryName()) > 50 {
				count["tunnel"]++
			}
		case p.Has(packet.LayerUDP):
			count["UDP"]++
		case p.Has(packet.LayerICMP):
			count["ICMP"]++
		case p.Has(packet.LayerARP):
			count["ARP"]++
		default:
			t.Fatalf("packet %d is of class %d", i+1, p.Class)
		}
		if p.Has(packet.LayerIP) {
			hosts[p.Src], hosts[p.Dst] = true, true
		}
		if p.Has(packet.LayerPorts) && !p.Has(packet.LayerDNS) && p.Src.Lo>>24&0xff != 198 && p.Dst.Lo>>24&0xff != 198 {
			k := flowKey{p.Src, p.Dst, p.SrcPort, p.DstPort, p.Has(packet.LayerUDP)}
			if p.Src.Less(p.Dst) {
				k = flowKey{p.Dst, p.Src, p.DstPort, p.SrcPort, k.udp}
			}
			flows[k] = true
		}
	}
	if d.Malformed+d.Unknown > 0 {
		t.Errorf("%d packets are malformed, %d unknown", d.Malformed, d.Unknown)
	}
	for name, least := range map[string]int{"TCP": n * 8 / 10, "SYN": 2000, "FIN": 2000, "RST": 100, "ACK": n / 4, "data": n / 4, "UDP": n / 25, "DNS": n / 40, "answer": n / 70, "tunnel": n / 4000, "ICMP": n / 200, "ARP": n / 300} {
		if count[name] < least {
			t.Errorf("%d packets of %s, want %d or more", count[name], name, least)
		}
	}
	// All 20,000 hosts and 50,000 flows show in 5,000,000 packets; here those that are open at first, and some more.
	if got := len(hosts); got < 18_500 || got > 20_700 {
		t.Errorf("%d hosts", got)
	}
	if got := len(flows); got < flowsOpen*99/100 || got > flowsOpen*125/100 {
		t.Errorf("%d flows", got)
	}
	if span := mixedTraffic.tick * 5_000_000; span != 60*second {
		t.Errorf("5,000,000 packets take %d ns", span)
	}
}

// TestSpoofed holds the spoofed traffic to what it is said to be.
func TestSpoofed(t *testing.T) {
	const n = 400_000
	_, fs := made(t, spoofedTraffic, n)
	var d packet.Decoder
	p := new(packet.Packet)
	sources := map[packet.Addr]bool{}
	syns, probed := 0, map[uint16]bool{}
	for i := range fs {
		if len(fs[i].Data) != 64 {
			t.Fatalf("packet %d has %d bytes", i+1, len(fs[i].Data))
		}
		d.Decode(p, &fs[i])
		sources[p.Src] = true
		if p.TCPFlags == packet.FlagSYN && p.Has(packet.LayerTCP) {
			syns++
		} else if !p.Has(packet.LayerUDP) {
			t.Fatalf("packet %d is neither SYN nor UDP", i+1)
		}
		if p.Src == packet.AddrFrom4(bytesOf(scanner)) {
			probed[p.DstPort] = true
		}
	}
	// Of a million sources, 400,000 draws meet 329,680.
	if len(sources) < 328_000 || len(sources) > 331_000 {
		t.Errorf("%d sources", len(sources))
	}
	if syns < n*48/100 || syns > n*52/100 {
		t.Errorf("%d SYN", syns)
	}
	if len(probed) != probes {
		t.Errorf("the scanner tried %d ports", len(probed))
	}
	if span := spoofedTraffic.tick * 10_000_000; span != 10*second {
		t.Errorf("10,000,000 packets take %d ns", span)
	}
}

// TestTrafficFile keeps a capture, and throws away that of another generator.
func TestTrafficFile(t *testing.T) {
	dir := t.TempDir()
	one, err := mixedTraffic.file(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(one)
	if err != nil {
		t.Fatal(err)
	}
	again, err := mixedTraffic.file(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(again); err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the capture was made again: %v", err)
	}
	changed := mixedTraffic
	changed.write = func(w *writer, tick int64, n int) { mixed(w, tick+1, n, longFlows, true) }
	two, err := changed.file(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	if two == one {
		t.Error("another generator's capture has the same name")
	}
	if _, err := os.Stat(one); err == nil {
		t.Error("the capture of the older generator is still there")
	}
}
