package packet_test

import (
	"fmt"

	"github.com/ruleids/ruleids/packet"
)

// A Decoder fills one Packet again and again. A field is read from the struct once its layer is
// known to be there, or through the table by the name that conditions use.
func Example() {
	frame := packet.Frame{
		Link:   packet.LinkEthernet,
		Length: 58,
		Data: []byte{
			0x02, 0, 0, 0, 0, 0x0b, 0x02, 0, 0, 0, 0, 0x0a, 0x08, 0x00, // Ethernet
			0x45, 0, 0, 44, 0, 7, 0x40, 0, 64, 6, 0, 0, 198, 51, 100, 7, 192, 0, 2, 10, // IPv4
			0x9c, 0x40, 0, 80, 0, 0, 3, 232, 0, 0, 0, 0, 0x60, packet.FlagSYN, 4, 0, 0, 0, 0, 0, 2, 4, 5, 180, // TCP
		},
	}
	decoder := packet.Decoder{}
	p := new(packet.Packet)
	decoder.Decode(p, &frame)

	if p.Has(packet.LayerTCP) {
		fmt.Println(p.Src, "->", p.Dst, p.DstPort, "SYN:", p.TCPFlags&packet.FlagSYN != 0)
	}
	for _, name := range []string{"ip.ttl", "tcp.window_size_value", "udp.length"} {
		field := packet.FieldByName(name)
		if !p.Has(field.Layer) {
			fmt.Println(name, "is not there")
			continue
		}
		fmt.Println(name, "=", field.Int(p))
	}
	// Output:
	// 198.51.100.7 -> 192.0.2.10 80 SYN: true
	// ip.ttl = 64
	// tcp.window_size_value = 1024
	// udp.length is not there
}

// Malformed frames keep the layers before the fault.
func ExampleDecoder_Decode() {
	decoder := packet.Decoder{}
	p := new(packet.Packet)
	for _, data := range [][]byte{
		{0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, // TCP announced, none there
		{0x44, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, // a header of 16 bytes
	} {
		decoder.Decode(p, &packet.Frame{Link: packet.LinkIPv4, Length: 20, Data: data})
		fmt.Println(p.Layers)
	}
	fmt.Println(decoder.Malformed)
	// Output:
	// frame, ip
	// frame
	// 2
}
