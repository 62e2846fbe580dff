package application

import (
	"crypto/md5" //nolint:gosec // JA3 is defined by it
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// maxPrint is how long the text may be that a fingerprint is the digest of: five times what the largest hello of a
// browser needs. A hello with more has no fingerprint.
const maxPrint = 8192

// JA3 writes the fingerprint of a ClientHello (https://github.com/salesforce/ja3): the MD5 of its version, ciphers,
// extensions, groups and point formats, without values of RFC 8701. It reports whether there is one.
func (h *Hello) JA3(to *[32]byte) bool {
	var buf [maxPrint]byte
	text, ok := h.ja3Text(buf[:0])
	if !ok {
		return false
	}
	sum := md5.Sum(text)
	hex.Encode(to[:], sum[:])
	return true
}

// ja3Text appends the text that JA3 is the digest of.
func (h *Hello) ja3Text(b []byte) ([]byte, bool) {
	if h.Type != ClientHello || len(h.Ciphers) == 0 || len(h.Ciphers)*3+len(h.Extensions)*3+64 > cap(b) {
		return nil, false
	}
	b = strconv.AppendUint(b, uint64(h.Version), 10)
	b = decimals(append(b, ','), h.Ciphers)
	b = append(b, ',')
	var groups, formats []byte
	first := true
	for rest := h.Extensions; ; {
		kind, body, ok := extension(&rest)
		if !ok {
			break
		}
		switch kind {
		case extGroups:
			groups, _ = vector16(body)
		case extPointFormats:
			formats, _ = vector8(body)
		}
		if greased(kind) {
			continue
		}
		if !first {
			b = append(b, '-')
		}
		first = false
		b = strconv.AppendUint(b, uint64(kind), 10)
	}
	b = decimals(append(b, ','), groups)
	b = append(b, ',')
	for i, f := range formats {
		if i > 0 {
			b = append(b, '-')
		}
		b = strconv.AppendUint(b, uint64(f), 10)
	}
	return b, true
}

// decimals appends a list of 16-bit values as decimal numbers with dashes between, those of RFC 8701 left out.
func decimals(b, list []byte) []byte {
	first := true
	for ; len(list) >= 2; list = list[2:] {
		v := binary.BigEndian.Uint16(list)
		if greased(v) {
			continue
		}
		if !first {
			b = append(b, '-')
		}
		first = false
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return b
}
