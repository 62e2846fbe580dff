package main

import "math/rand/v2"

const (
	// scanner is the address of the one slow scanner in the spoofed traffic, and probes how many ports it tries.
	scanner = uint32(203<<24 | 113<<8 | 7)
	probes  = 17

	spoofedSources = 1_000_000
)

// spoofed writes n packets of 64 bytes: SYN and UDP from a million random sources to one host, and in their
// midst 17 probes of a scanner. At 1 µs from packet to packet ten million take 10 s, the probes are 0.6 s apart,
// and the fifteenth makes it a scan.
func spoofed(w *writer, tick int64, n int) {
	r := rand.New(rand.NewPCG(3, 4))
	const victim = 10<<24 | 1<<16 | 80
	every := max(n/probes, 1)
	for i := range n {
		at := int64(i) * tick
		if i%every == every/2 {
			w.probe(at, scanner, 10<<24|1<<16|5, 40000, uint16(1000+i/every))
			continue
		}
		src := 100<<24 + uint32(r.IntN(spoofedSources))*3
		if r.IntN(2) == 0 {
			w.probe(at, src, victim, uint16(r.IntN(60000)), 80)
		} else {
			w.udp(at, src, victim, uint16(r.IntN(60000)), 53000, frameLeast-etherHeader-ipHeader-udpHeader, nil)
		}
	}
}
