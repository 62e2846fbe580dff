package application

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
)

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
	number := binary.BigEndian.Uint32(b[1:])
	for i := range quicVersions {
		if quicVersions[i].number == number {
			return &quicVersions[i]
		}
	}
	return nil
}

// IsInitial reports whether a datagram begins with an Initial packet of QUIC version 1 or 2 (RFC 9000 section 17.2.2,
// RFC 9369).
func IsInitial(b []byte) bool {
	if len(b) < 7 || b[0]&0xc0 != 0xc0 {
		return false
	}
	v := versionOf(b)
	return v != nil && b[0]>>4&3 == v.initial
}

// initialKeys are what one side protects its Initial packets with.
type initialKeys struct {
	open cipher.AEAD
	mask cipher.Block
	iv   [12]byte
}

// An initial is an Initial packet in its datagram.
type initial struct {
	version *quicVersion
	packet  []byte
	dcid    []byte
	number  int // where the packet number is
	end     int
}

// parseInitial finds the parts of the Initial packet that a datagram begins with (RFC 9000 section 17.2.2).
func parseInitial(b []byte) (p initial, ok bool) {
	p.version = versionOf(b)
	at := 5
	id := func() (v []byte) {
		if at >= len(b) || b[at] > maxConnID || at+1+int(b[at]) > len(b) {
			at = len(b) + 1
			return nil
		}
		v = b[at+1 : at+1+int(b[at])]
		at += 1 + len(v)
		return v
	}
	p.dcid = id()
	id()
	token, n := varint(b, at)
	at += n
	if n == 0 || token > uint64(len(b)-at) {
		return p, false
	}
	at += int(token)
	length, n := varint(b, at)
	at += n
	if n == 0 || length > uint64(len(b)-at) || length < 4+16 {
		return p, false
	}
	p.number, p.end = at, at+int(length)
	p.packet = b[:p.end]
	return p, true
}

// varint reads an integer of variable length (RFC 9000 section 16), and how many bytes it has; 0 where it is cut short.
func varint(b []byte, at int) (v uint64, n int) {
	if at >= len(b) {
		return 0, 0
	}
	n = 1 << (b[at] >> 6)
	if at+n > len(b) {
		return 0, 0
	}
	v = uint64(b[at] & 0x3f)
	for _, c := range b[at+1 : at+n] {
		v = v<<8 | uint64(c)
	}
	return v, n
}

// derive derives the keys of a side, "client in" or "server in", from the connection id that the client chose for the
// server (RFC 9001 section 5.2).
func (k *initialKeys) derive(v *quicVersion, dcid []byte, side string) bool {
	secret := hmac(v.salt[:], dcid)
	own := expand(&secret, side)
	key, iv, mask := expand(&own, v.key), expand(&own, v.iv), expand(&own, v.mask)
	copy(k.iv[:], iv[:])
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		return false
	}
	if k.open, err = cipher.NewGCM(block); err != nil {
		return false
	}
	k.mask, err = aes.NewCipher(mask[:16])
	return err == nil
}

// hmac is HMAC-SHA-256 of a short message (RFC 2104), which needs no memory.
func hmac(key, text []byte) [32]byte {
	var inner [64 + 64]byte
	var outer [64 + 32]byte
	for i := range 64 {
		k := byte(0)
		if i < len(key) {
			k = key[i]
		}
		inner[i], outer[i] = k^0x36, k^0x5c
	}
	n := copy(inner[64:], text)
	sum := sha256.Sum256(inner[:64+n])
	copy(outer[64:], sum[:])
	return sha256.Sum256(outer[:])
}

// expand is HKDF-Expand-Label without context (RFC 8446 section 7.1), for what one block is enough for. The length is
// part of what is hashed.
func expand(secret *[32]byte, label string) [32]byte {
	length := byte(16)
	switch label[len(label)-2:] {
	case "in": // a secret
		length = 32
	case "iv":
		length = 12
	}
	var info [64]byte
	b := append(info[:0], 0, length, byte(len("tls13 ")+len(label)))
	b = append(append(b, "tls13 "...), label...)
	b = append(b, 0, 1)
	return hmac(secret[:], b)
}

// open takes the protection off a packet (RFC 9001 sections 5.3 and 5.4) and returns its frames; nil where they are not
// what the client of the keys wrote.
func (q *QUIC) open(k *initialKeys, p *initial) []byte {
	q.plain = append(q.plain[:0], p.packet...)
	b := q.plain
	var mask [16]byte
	k.mask.Encrypt(mask[:], b[p.number+4:p.number+4+16])
	b[0] ^= mask[0] & 0x0f
	n := int(b[0]&3) + 1
	nonce := k.iv
	for i := range n {
		b[p.number+i] ^= mask[1+i]
		nonce[12-n+i] ^= b[p.number+i]
	}
	head, sealed := b[:p.number+n], b[p.number+n:]
	frames, err := k.open.Open(sealed[:0], nonce[:], sealed, head)
	if err != nil {
		return nil
	}
	return frames
}
