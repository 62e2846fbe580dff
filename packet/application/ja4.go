package application

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// maxListed is how many ciphers or extensions a fingerprint JA4 goes by. A hello with more has none.
const maxListed = 1024

// JA4 writes the fingerprint of a ClientHello
// (https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md, under the BSD licence); quic says that it came in
// QUIC. It reports whether there is one.
func (h *Hello) JA4(to *[36]byte, quic bool) bool {
	if h.Type != ClientHello || len(h.Ciphers) > 2*maxListed {
		return false
	}
	var ciphers, kinds [maxListed]uint16
	nc := 0
	for l := h.Ciphers; len(l) >= 2; l = l[2:] {
		if v := binary.BigEndian.Uint16(l); !greased(v) {
			ciphers[nc] = v
			nc++
		}
	}
	var signatures, versions []byte
	sni := false
	all, nk := 0, 0 // extensions, and those that are sorted
	for rest := h.Extensions; ; {
		kind, body, ok := extension(&rest)
		if !ok {
			break
		}
		switch kind {
		case extSignatures:
			signatures, _ = vector16(body)
		case extSupportedVersions:
			versions, _ = vector8(body)
		case extServerName:
			sni = true
		}
		if greased(kind) {
			continue
		}
		all++
		if kind == extServerName || kind == extALPN {
			continue
		}
		if nk == maxListed {
			return false
		}
		kinds[nk] = kind
		nk++
	}
	version := h.Version
	for best := uint16(0); len(versions) >= 2; versions = versions[2:] {
		if v := binary.BigEndian.Uint16(versions); !greased(v) && v > best {
			best, version = v, v
		}
	}
	b := to[:0]
	b = append(b, "tq"[index(quic)])
	b = append(b, versionWord(version)...)
	b = append(b, "id"[index(sni)])
	b = twoDigits(b, nc)
	twoDigits(b, all)
	to[8], to[9] = h.alpnWord()

	const none = "000000000000"
	to[10], to[23] = '_', '_'
	copy(to[11:], none)
	copy(to[24:], none)
	var buf [maxPrint]byte
	if nc > 0 {
		slices.Sort(ciphers[:nc])
		digest(to[11:23], hexes(buf[:0], ciphers[:nc]))
	}
	if nk == 0 {
		return true
	}
	slices.Sort(kinds[:nk])
	text := hexes(buf[:0], kinds[:nk])
	for i := 0; len(signatures) >= 2 && len(text) < maxPrint-8; signatures = signatures[2:] {
		v := binary.BigEndian.Uint16(signatures)
		if greased(v) {
			continue
		}
		text = append(text, "_,"[min(i, 1)])
		text = hex16(text, v)
		i++
	}
	digest(to[24:], text)
	return true
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// versionWord is a version of TLS or DTLS in two characters.
func versionWord(v uint16) string {
	switch v {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	case 0x0002:
		return "s2"
	case 0xfeff:
		return "d1"
	case 0xfefd:
		return "d2"
	case 0xfefc:
		return "d3"
	}
	return "00"
}

func twoDigits(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

// alpnWord returns the first and the last character of the first ALPN name, or of its bytes in hexadecimal digits where
// one of the two is no letter or digit.
func (h *Hello) alpnWord() (first, last byte) {
	name, _, ok := NextALPN(h.ALPN, 0)
	if !ok || len(name) == 0 {
		return '0', '0'
	}
	first, last = name[0], name[len(name)-1]
	if alphanumeric(first) && alphanumeric(last) {
		return first, last
	}
	return digits[first>>4], digits[last&15]
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

const digits = "0123456789abcdef"

func hex16(b []byte, v uint16) []byte {
	return append(b, digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15])
}

func hexes(b []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex16(b, v)
	}
	return b
}

// digest writes the first twelve hexadecimal digits of the SHA-256 of a text.
func digest(to, text []byte) {
	sum := sha256.Sum256(text)
	hex.Encode(to, sum[:6])
}
