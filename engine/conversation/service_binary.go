package conversation

import (
	"bytes"
	"encoding/binary"
)

// be16, be32 and le32 read numbers; the caller has looked at the length.
func be16(b []byte) int    { return int(binary.BigEndian.Uint16(b)) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

// isTLS: a record of a handshake, or of data or an alert where the capture begins later (RFC 8446 section 5.1).
func isTLS(b []byte) bool {
	if len(b) < 6 || b[1] != 3 || b[2] > 4 {
		return false
	}
	return b[0] == 22 && (b[5] == 1 || b[5] == 2) || b[0] == 23 && be16(b[3:]) <= 1<<14+256 || b[0] == 21 && be16(b[3:]) == len(b)-5
}

// isDTLS: RFC 9147 section 4.
func isDTLS(b []byte) bool {
	return len(b) >= 14 && b[0] == 22 && b[1] == 254 && (b[2] == 255 || b[2] == 253) && (b[13] == 1 || b[13] == 2 || b[13] == 3)
}

// isSMB: a message in a NetBIOS session (RFC 1002 section 4.3), or the request for one.
func isSMB(b []byte) bool {
	if len(b) >= 8 && b[0] == 0 && string(b[5:8]) == "SMB" {
		return b[4] >= 0xfc
	}
	return len(b) >= 72 && b[0] == 0x81 && b[1] == 0 && be16(b[2:]) == len(b)-4
}

// isRDP: the connection request or confirm of X.224 with what [MS-RDPBCGR] 2.2.1.1 puts behind it, and not with the TSAPs
// that others do.
func isRDP(b []byte) bool {
	if len(b) < 11 || b[0] != 3 || b[1] != 0 || be16(b[2:]) != len(b) || int(b[4])+5 != len(b) {
		return false
	}
	rest := b[11:]
	switch b[5] {
	case 0xe0:
		return len(rest) == 0 || rest[0] == 1 || bytes.HasPrefix(rest, []byte("Cookie: "))
	case 0xd0:
		return len(rest) == 0 || rest[0] == 2 || rest[0] == 3
	}
	return false
}

// isMySQL: the greeting of protocol 10, or an error in its place.
func isMySQL(b []byte) bool {
	if len(b) < 8 || int(le32(b)&0xffffff) > len(b)-4 || b[3] != 0 {
		return false
	}
	return b[4] == 10 && b[5] >= '0' && b[5] <= '9' || b[4] == 0xff && int(le32(b)&0xffffff) == len(b)-4 && (b[5] != 0 || b[6] != 0)
}

// isPostgres: a start-up message of protocol 3, or a request for TLS, for GSS encryption, or to cancel.
func isPostgres(b []byte) bool {
	if len(b) < 8 || int(be32(b)) != len(b) {
		return false
	}
	switch be32(b[4:]) {
	case 3 << 16, 3<<16 | 2, 80877102, 80877103, 80877104:
		return true
	}
	return false
}

// isMQTT: CONNECT (MQTT 5.0 section 3.1).
func isMQTT(b []byte) bool {
	if len(b) < 10 || b[0] != 0x10 {
		return false
	}
	at := 1
	for at < 5 && b[at]&0x80 != 0 {
		at++
	}
	return begins("\x00\x04MQTT", "\x00\x06MQIsdp")(b[min(at+1, len(b)):])
}

// isLDAP: a message whose operation is bind, search or extended, or an answer to it (RFC 4511 section 4).
func isLDAP(b []byte) bool {
	rest, ok := sequenceOf(b)
	if !ok || len(rest) < 4 || rest[0] != 2 || rest[1] == 0 || rest[1] > 4 || len(rest) < 3+int(rest[1]) {
		return false
	}
	switch rest[2+rest[1]] {
	case 0x60, 0x61, 0x63, 0x64, 0x65, 0x77, 0x78:
		return true
	}
	return false
}

// sequenceOf returns what is in a SEQUENCE of BER, and whether there is one.
func sequenceOf(b []byte) ([]byte, bool) {
	if len(b) < 2 || b[0] != 0x30 {
		return nil, false
	}
	n := 2
	if b[1]&0x80 != 0 {
		n += int(b[1] & 0x7f)
		if b[1] == 0x80 || n > 6 || len(b) < n {
			return nil, false
		}
	}
	return b[n:], true
}

// isSNMP: version and community, or what version 3 has there (RFC 3416, RFC 3412).
func isSNMP(b []byte) bool {
	rest, ok := sequenceOf(b)
	return ok && len(rest) >= 4 && rest[0] == 2 && rest[1] == 1 && (rest[2] <= 1 && rest[3] == 4 || rest[2] == 3 && rest[3] == 0x30)
}

// isTDS: PRELOGIN ([MS-TDS] 2.2.6.5), or an answer to it.
func isTDS(b []byte) bool {
	return len(b) >= 14 && (b[0] == 0x12 || b[0] == 0x04) && b[1] == 1 && be16(b[2:]) == len(b) && b[6] <= 1 && b[7] == 0 && b[8] == 0
}

// isMongoDB: a message header with an operation that begins a conversation.
func isMongoDB(b []byte) bool {
	if len(b) < 16 || int(le32(b)) < 16 || int(le32(b)) > 48<<20 || int(le32(b)) < len(b) {
		return false
	}
	switch le32(b[12:]) {
	case 2004, 2010, 2012, 2013:
		return true
	}
	return false
}

// isSOCKS: the greeting of version 5 (RFC 1928 section 3), or a request of version 4.
func isSOCKS(b []byte) bool {
	if len(b) >= 3 && b[0] == 5 && b[1] > 0 && len(b) == 2+int(b[1]) {
		return true
	}
	return len(b) >= 9 && b[0] == 4 && (b[1] == 1 || b[1] == 2) && b[len(b)-1] == 0
}

// isDNS: a header of RFC 1035 section 4.1.1 with one question that can be read, and nothing that only answers have where it
// asks; or a message of multicast DNS, which has no number, and asks more at once, or answers without a question (RFC 6762); or an
// answer to what could not be read, with nothing but OPT (RFC 6891).
func isDNS(b []byte) bool {
	if len(b) < 17 || b[3]&0x40 != 0 || b[2]>>3&15 > 5 {
		return false
	}
	answer, multicast := b[2]&0x80 != 0, be16(b) == 0
	switch questions := be16(b[4:]); {
	case answer && questions == 0 && be32(b[6:]) == 0 && be16(b[10:]) == 1 && b[12] == 0 && be16(b[13:]) == 41:
		return true
	case questions == 1, multicast && !answer && questions > 1 && questions < 256:
	case multicast && answer && questions == 0 && b[3] == 0 && be16(b[6:]) > 0:
	default:
		return false
	}
	if !answer && (!multicast && be16(b[6:]) != 0 || b[3]&15 != 0 || be16(b[10:]) > 4) {
		return false
	}
	at := 12
	for at < len(b) && b[at] != 0 {
		if b[at] > 63 {
			return false
		}
		at += 1 + int(b[at])
	}
	if at+5 > len(b) {
		return false
	}
	const netbios, netbiosStatus = 32, 33
	kind, class := be16(b[at+1:]), be16(b[at+3:])&0x7fff
	if kind == netbios || kind == netbiosStatus && at == 12+33 {
		return false
	}
	return class == 1 || class == 3 || class == 4 || class == 254 || class == 255
}

func isDNSOverTCP(b []byte) bool { return len(b) >= 2 && be16(b) >= len(b)-2 && isDNS(b[2:]) }

// isNTP: RFC 5905 section 7.3, and the control and private messages of mode 6 and 7.
func isNTP(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	version, mode := b[0]>>3&7, b[0]&7
	switch {
	case version < 1 || version > 4:
		return false
	case mode >= 1 && mode <= 5:
		return len(b) >= 48 && len(b)%4 == 0 && len(b) <= 128 && b[1] <= 16
	case mode == 6: // RFC 9327 section 2: as many bytes as it says, padded to four, and perhaps a MAC
		if version < 2 || len(b) < 12 || b[0]>>6 != 0 || b[1]&31 > 12 {
			return false
		}
		n := len(b) - 12 - (be16(b[10:])+3)&^3
		return n >= 0 && n <= 24
	case mode == 7:
		return b[2] <= 3 && (b[3] == 42 || b[3] == 20 || b[3] == 0)
	}
	return false
}

// isQUIC: a long header of a known version (RFC 9000 section 17.2, RFC 9369), or one of negotiation.
func isQUIC(b []byte) bool {
	if len(b) < 7 || b[0]&0x80 == 0 {
		return false
	}
	ids := int(b[5])
	if ids > 20 || len(b) < 7+ids || b[6+ids] > 20 {
		return false
	}
	switch v := be32(b[1:]); {
	case v == 0:
		return len(b) >= 7+ids+int(b[6+ids])+4 && (len(b)-7-ids-int(b[6+ids]))%4 == 0
	case v == 1, v == 0x6b3343cf, v>>8 == 0xff0000:
		return b[0]&0x40 != 0 && len(b) >= 20
	}
	return false
}

// isDHCP: the magic cookie of RFC 2131 section 3 in a message of Ethernet.
func isDHCP(b []byte) bool {
	return len(b) >= 240 && (b[0] == 1 || b[0] == 2) && b[2] <= 16 && be32(b[236:]) == 0x63825363
}

// isSTUN: RFC 8489 section 5.
func isSTUN(b []byte) bool {
	return len(b) >= 20 && b[0] < 0x40 && be32(b[4:]) == 0x2112a442 && be16(b[2:]) == len(b)-20 && len(b)%4 == 0
}

// isWireGuard: the initiation of a handshake, or the response.
func isWireGuard(b []byte) bool {
	return len(b) == 148 && le32(b) == 1 || len(b) == 92 && le32(b) == 2
}

// isTFTP: a request with a mode (RFC 1350 section 5).
func isTFTP(b []byte) bool {
	if len(b) < 6 || b[0] != 0 || b[1] != 1 && b[1] != 2 {
		return false
	}
	_, mode, ok := bytes.Cut(b[2:min(len(b), 512)], []byte{0})
	if !ok {
		return false
	}
	mode, _, ok = bytes.Cut(bytes.ToLower(mode), []byte{0})
	return ok && (string(mode) == "octet" || string(mode) == "netascii")
}

// isKerberos: AS-REQ, TGS-REQ, their answers, or an error (RFC 4120 section 5.4).
func isKerberos(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	switch b[0] {
	case 0x6a, 0x6b, 0x6c, 0x6d, 0x7e:
	default:
		return false
	}
	n := 2
	if b[1]&0x80 != 0 {
		n += int(b[1] & 0x7f)
	}
	return n < 7 && n < len(b) && b[n] == 0x30
}

func isKerberosOverTCP(b []byte) bool {
	return len(b) >= 12 && int(be32(b)) >= len(b)-4 && be32(b) < 1<<20 && isKerberos(b[4:])
}

// isNFS: a call of program 100003 (RFC 5531 section 9).
func isNFS(b []byte) bool {
	return len(b) >= 24 && be32(b[4:]) == 0 && be32(b[8:]) == 2 && be32(b[12:]) == 100003
}

func isNFSOverTCP(b []byte) bool { return len(b) >= 28 && b[0]&0x80 != 0 && isNFS(b[4:]) }
