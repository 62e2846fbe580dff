package main

import (
	"bytes"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// TestFramesDecode holds the frames to what they are meant to be: whole packets of the length asked for.
func TestFramesDecode(t *testing.T) {
	var d packet.Decoder
	var p packet.Packet
	for _, kind := range traffics() {
		for _, size := range []int{minFrame, 512, 1400} {
			frames := kind.frames(size)
			if len(frames) != cycle {
				t.Fatalf("%s: %d frames", kind.name, len(frames))
			}
			layers := map[string]int{}
			for _, data := range frames {
				if len(data) != size || len(bytes.Trim(data[headBytes:], "\x00")) > 0 {
					t.Fatalf("%s: a frame of %d bytes, want %d with zeros behind %d", kind.name, len(data), size, headBytes)
				}
				f := packet.Frame{Data: data, Length: uint32(size), Link: packet.LinkEthernet}
				if d.Decode(&p, &f); p.Has(packet.LayerTCP) {
					layers["tcp"]++
				}
				if p.Has(packet.LayerUDP) {
					layers["udp"]++
				}
			}
			if n := layers["tcp"] + layers["udp"]; n != cycle {
				t.Errorf("%s of %d bytes: %d frames of %d are TCP or UDP", kind.name, size, n, cycle)
			}
			if kind.name == "mix" && layers["udp"] < cycle/20 {
				t.Errorf("mix has %d UDP packets", layers["udp"])
			}
		}
	}
}
