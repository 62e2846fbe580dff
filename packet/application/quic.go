package application

// IsInitial reports whether a datagram begins with an Initial packet of QUIC version 1 or 2 (RFC 9000 section 17.2.2, RFC 9369).
func IsInitial(b []byte) bool {
	if len(b) < 7 || b[0]&0xc0 != 0xc0 {
		return false
	}
	v := versionOf(b)
	return v != nil && b[0]>>4&3 == v.initial
}

// A quicVersion is how a version of QUIC protects Initial packets.
type quicVersion struct {
	number        uint32
	initial       byte // the type of Initial packets
	salt          [20]byte
	key, iv, mask string // labels
}

// quicVersions are those of RFC 9001 section 5.2 and of RFC 9369 section 3.3.
var quicVersions = []quicVersion{
	{1, 0, [20]byte{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
		"quic key", "quic iv", "quic hp"},
	{0x6b3343cf, 1, [20]byte{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
		"quicv2 key", "quicv2 iv", "quicv2 hp"},
}

// versionOf returns the version of a packet with a long header; nil for one that is not known.
func versionOf(b []byte) *quicVersion {
	number := uint32(b[1])<<24 | uint32(b[2])<<16 | uint32(b[3])<<8 | uint32(b[4])
	for i := range quicVersions {
		if quicVersions[i].number == number {
			return &quicVersions[i]
		}
	}
	return nil
}
