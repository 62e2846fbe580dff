package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// First four bytes of the formats that are read here, in the byte order of who wrote them.
// draft-ietf-opsawg-pcap, section 4; draft-ietf-opsawg-pcapng, section 4.1; for the modified
// format of Alexey Kuznetsov's patched libpcap, wiretap/libpcap.h of Wireshark.
const (
	magicMicro    = 0xa1b2c3d4 // pcap, microseconds
	magicNano     = 0xa1b23c4d // pcap, nanoseconds
	magicModified = 0xa1b2cd34 // pcap, microseconds, eight bytes more in each record header
	magicNG       = 0x0a0d0d0a // pcapng section header, the same in both byte orders
)

// gzipMagic begins a gzip file: ID1, ID2 and the one compression method (RFC 1952, section 2.3).
var gzipMagic = []byte{0x1f, 0x8b, 8}

// A foreign format is one that is told apart only to name it.
type foreign struct {
	begins string
	name   string
	remedy string // a format with the names of the input and, where it has two verbs, the output
}

const (
	remedyEditcap = "convert it with: editcap -F pcap %q out.pcap"
	remedyUnpack  = "unpack it first: "
)

// foreigners lists what people have at hand when they mean a capture file.
var foreigners = []foreign{
	{"snoop\x00\x00\x00", "a snoop file", remedyEditcap},
	{"RTSS", "a Network Monitor 1 file", remedyEditcap},
	{"GMBU", "a Network Monitor 2 file", remedyEditcap},
	{"TRSNIFF data", "a Sniffer file", remedyEditcap},
	{"\x7fver", "an EtherPeek file", remedyEditcap},
	{"\xa1\xb2\x34\xcd", "a pcap file of a patched libpcap", remedyEditcap},
	{"\xcd\x34\xb2\xa1", "a pcap file of a patched libpcap", remedyEditcap},
	{"\xa1\x2b\x3c\x4d", "a pcap file of Navtel equipment", remedyEditcap},
	{"\x4d\x3c\x2b\xa1", "a pcap file of Navtel equipment", remedyEditcap},
	{"\x1c\x00\x01\xac", "a pcap file of IxVeriWave or Ixia equipment", remedyEditcap},
	{"\xac\x01\x00\x1c", "a pcap file of IxVeriWave or Ixia equipment", remedyEditcap},
	{"\x28\xb5\x2f\xfd", "a zstd file", remedyUnpack + "zstd -d %q"},
	{"\x04\x22\x4d\x18", "an lz4 file", remedyUnpack + "lz4 -d %q"},
	{"\xfd7zXZ", "an xz file", remedyUnpack + "xz -d %q"},
	{"BZh", "a bzip2 file", remedyUnpack + "bzip2 -d %q"},
	{"PK\x03\x04", "a zip file", remedyUnpack + "unzip %q"},
	{"7z\xbc\xaf\x27\x1c", "a 7z file", remedyUnpack + "7z x %q"},
	{"\x1f\x8b", "a gzip file inside a gzip file", remedyUnpack + "gzip -d %q"},
}

// notCapture says why a file that begins with head cannot be read.
func notCapture(name string, head []byte) string {
	if len(head) == 0 {
		return "the file is empty, without even a file header"
	}
	if len(head) < 4 {
		return fmt.Sprintf("file header cut short: %d of 24 bytes", len(head))
	}
	for _, f := range foreigners {
		if bytes.HasPrefix(head, []byte(f.begins)) {
			return fmt.Sprintf("not a pcap or pcapng file (it looks like %s); "+f.remedy, f.name, name)
		}
	}
	// An ERF record has no magic: a 64-bit time, then a type below 128, flags, and lengths that
	// agree. That is told apart well enough to name it, not to read it.
	if len(head) >= 16 && erfLike(head) {
		return fmt.Sprintf("not a pcap or pcapng file (it looks like an ERF file); "+remedyEditcap, name)
	}
	return fmt.Sprintf("not a pcap or pcapng file (it begins with % x); if Wireshark opens it, "+remedyEditcap, head[:4], name)
}

// erfLike reports whether head looks like the header of an Ethernet record of Endace's ERF.
func erfLike(head []byte) bool {
	const typeEthernet = 2
	rlen, wlen := binary.BigEndian.Uint16(head[10:]), binary.BigEndian.Uint16(head[14:])
	return head[8]&0x7f == typeEthernet && rlen >= 18 && wlen != 0 && wlen < 16384 && int(rlen) <= int(wlen)+64
}
