package application

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
)

// TestInitialKeys compares with the vectors of RFC 9001 appendix A.1 and RFC 9369 appendix A.1.
func TestInitialKeys(t *testing.T) {
	dcid, _ := hex.DecodeString("8394c8f03e515708")
	for i, want := range []struct{ key, iv, mask string }{
		{"1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
		{"8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"},
	} {
		v := &quicVersions[i]
		secret := hmac(v.salt[:], dcid)
		client := expand(&secret, "client in")
		key, iv, mask := expand(&client, v.key), expand(&client, v.iv), expand(&client, v.mask)
		if got := hex.EncodeToString(key[:16]); got != want.key {
			t.Errorf("version %x: key %s", v.number, got)
		}
		if got := hex.EncodeToString(iv[:12]); got != want.iv {
			t.Errorf("version %x: iv %s", v.number, got)
		}
		if got := hex.EncodeToString(mask[:16]); got != want.mask {
			t.Errorf("version %x: hp %s", v.number, got)
		}
	}
}

// appendVarint appends a number in eight bytes.
func appendVarint(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v|0xc0<<56) }

// cryptoFrame is a CRYPTO frame.
func cryptoFrame(offset int, data []byte) []byte {
	return append(appendVarint(appendVarint([]byte{frameCrypto}, uint64(offset)), uint64(len(data))), data...)
}

// seal writes an Initial packet as a client does, with the library's HKDF.
func seal(t testing.TB, v *quicVersion, dcid, token []byte, number uint32, frames []byte) []byte {
	t.Helper()
	return sealAs(t, v, "client in", dcid, dcid, token, number, frames)
}

// sealAs is seal for a side: the keys come from id, and the packet goes to dcid.
func sealAs(t testing.TB, v *quicVersion, side string, id, dcid, token []byte, number uint32, frames []byte) []byte {
	t.Helper()
	secret, err := hkdf.Extract(sha256.New, id, v.salt[:])
	if err != nil {
		t.Fatal(err)
	}
	label := func(secret []byte, label string, n int) []byte {
		info := append([]byte{0, byte(n), byte(6 + len(label))}, "tls13 "+label+"\x00"...)
		out, err := hkdf.Expand(sha256.New, secret, string(info), n)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	client := label(secret, side, 32)
	key, iv, mask := label(client, v.key, 16), label(client, v.iv, 12), label(client, v.mask, 16)
	b := append([]byte{0xc3 | v.initial<<4}, binary.BigEndian.AppendUint32(nil, v.number)...)
	b = append(append(b, byte(len(dcid))), dcid...)
	b = append(b, 3, 1, 2, 3)
	b = append(appendVarint(b, uint64(len(token))), token...)
	b = appendVarint(b, uint64(4+len(frames)+16))
	at := len(b)
	b = binary.BigEndian.AppendUint32(b, number)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := bytes.Clone(iv)
	for i, c := range b[at:] {
		nonce[8+i] ^= c
	}
	b = aead.Seal(b, nonce, frames, b)
	block, err = aes.NewCipher(mask)
	if err != nil {
		t.Fatal(err)
	}
	m := make([]byte, 16)
	block.Encrypt(m, b[at+4:at+20])
	b[0] ^= m[0] & 15
	for i := range 4 {
		b[at+i] ^= m[1+i]
	}
	return b
}

// hello is a ClientHello that says no more than a server name, of size bytes.
func hello(name string, size int) []byte {
	sni := append([]byte{0, 0, 0, byte(5 + len(name)), 0, byte(3 + len(name)), 0, 0, byte(len(name))}, name...)
	padding := size - 4 - 2 - 32 - 1 - 4 - 2 - 2 - len(sni) - 4
	ext := append(sni, 0, 21, byte(padding>>8), byte(padding))
	ext = append(ext, make([]byte, padding)...)
	b := append([]byte{3, 3}, make([]byte, 32)...)
	b = append(b, 0, 0, 2, 0x13, 1, 1, 0)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(ext))), ext...)
	return append([]byte{ClientHello, 0, byte(len(b) >> 8), byte(len(b))}, b...)
}

func TestQUIC(t *testing.T) {
	dcid := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	whole := hello("quic.example", 300)
	long := hello("long.example", 1800)
	for i := range quicVersions {
		v := &quicVersions[i]
		padding := make([]byte, 200)
		for _, c := range []struct {
			name      string
			datagrams [][]byte
			at        int // of the datagram that completes it, -1 for none
			want      []byte
		}{
			{"one packet", [][]byte{seal(t, v, dcid, nil, 0, append(cryptoFrame(0, whole), padding...))}, 0, whole},
			{"token, other frames", [][]byte{seal(t, v, dcid, []byte("token"), 7, append([]byte{framePing, frameACK, 1, 0, 1, 0, 0, 0, frameACKECN, 1, 0, 0, 0, 1, 1, 1}, cryptoFrame(0, whole)...))}, 0, whole},
			{"frames in disorder", [][]byte{seal(t, v, dcid, nil, 0, bytes.Join([][]byte{cryptoFrame(100, whole[100:]), padding, cryptoFrame(40, whole[40:100]), cryptoFrame(0, whole[:50])}, nil))}, 0, whole},
			{"two datagrams, the second first", [][]byte{seal(t, v, dcid, nil, 1, cryptoFrame(1000, long[1000:])), seal(t, v, dcid, nil, 0, cryptoFrame(0, long[:1000]))}, 1, long},
			{"two packets in a datagram", [][]byte{append(seal(t, v, dcid, nil, 0, cryptoFrame(0, long[:1000])), seal(t, v, dcid, nil, 1, cryptoFrame(1000, long[1000:]))...)}, 0, long},
			{"again", [][]byte{seal(t, v, dcid, nil, 0, append(cryptoFrame(0, whole), padding...)), seal(t, v, dcid, nil, 1, append(cryptoFrame(0, whole), padding...))}, 0, whole},
			{"half of it, twice", [][]byte{seal(t, v, dcid, nil, 0, cryptoFrame(0, long[:1000])), seal(t, v, dcid, nil, 1, cryptoFrame(0, long[:1000]))}, -1, nil},
			{"of another connection", [][]byte{seal(t, v, dcid, nil, 0, cryptoFrame(0, long[:1000])), seal(t, v, dcid[:7], nil, 0, cryptoFrame(1000, long[1000:]))}, -1, nil},
			{"forged", [][]byte{with(seal(t, v, dcid, nil, 0, append(cryptoFrame(0, whole), padding...)), 60)}, -1, nil},
		} {
			var q QUIC
			for j, d := range c.datagrams {
				got := q.Hello(1, d)
				if j == c.at && !bytes.Equal(got, c.want) || j != c.at && got != nil {
					t.Errorf("version %x, %s: datagram %d gives %d bytes", v.number, c.name, j, len(got))
				}
			}
		}
	}
}

// TestQUICServer reads what servers say to clients whose hello was seen, whatever ids they give themselves.
func TestQUICServer(t *testing.T) {
	id := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	server := append([]byte{ServerHello, 0, 0, 40, 3, 3}, make([]byte, 38)...)
	ack := []byte{frameACK, 0, 0, 0, 0}
	for i := range quicVersions {
		v := &quicVersions[i]
		client := seal(t, v, id, nil, 0, append(cryptoFrame(0, hello("quic.example", 300)), make([]byte, 100)...))
		for _, dcid := range [][]byte{nil, {9, 9, 9}} {
			answer := func(number uint32, frames []byte) []byte {
				return sealAs(t, v, "server in", id, dcid, nil, number, append(frames, make([]byte, 20)...))
			}
			var q QUIC
			if q.Hello(1, answer(0, cryptoFrame(0, server))) != nil {
				t.Error("the hello of a server whose client was not seen")
			}
			if q.Hello(1, client)[0] != ClientHello {
				t.Fatal("no client")
			}
			if q.Hello(2, answer(0, cryptoFrame(0, server))) != nil {
				t.Error("the hello of a server of another flow")
			}
			if q.Hello(1, answer(0, ack)) != nil {
				t.Error("an acknowledgment is a hello")
			}
			if got := q.Hello(1, answer(1, append(ack, cryptoFrame(0, server)...))); !bytes.Equal(got, server) {
				t.Errorf("version %x to %x: %x", v.number, dcid, got)
			}
			if q.Hello(1, answer(2, cryptoFrame(0, server))) != nil {
				t.Error("the hello of a server twice")
			}
			q = QUIC{} // a hello with a post-quantum key share goes into several datagrams
			q.Hello(1, client)
			long := append([]byte{ServerHello, 0, 5, 0, 3, 3}, make([]byte, 1278)...)
			if q.Hello(1, answer(0, cryptoFrame(1000, long[1000:]))) != nil {
				t.Error("half a hello of a server")
			}
			if got := q.Hello(1, answer(1, cryptoFrame(0, long[:1000]))); !bytes.Equal(got, long) {
				t.Errorf("version %x to %x: %d bytes of a long hello", v.number, dcid, len(got))
			}
		}
	}
}

func with(b []byte, at int) []byte {
	b[at] ^= 1
	return b
}

// TestQUICBounds begins more connections than are kept, and finishes the first and the last.
func TestQUICBounds(t *testing.T) {
	var q QUIC
	v := &quicVersions[0]
	long := hello("long.example", 1800)
	id := func(i int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)) }
	for i := range maxHalves + 10 {
		if q.Hello(1, seal(t, v, id(i), nil, 0, cryptoFrame(0, long[:1000]))) != nil {
			t.Fatal("half a hello is given")
		}
	}
	if len(q.halves) != maxHalves || len(q.by) != maxHalves {
		t.Errorf("%d kept, %d known", len(q.halves), len(q.by))
	}
	if q.Hello(1, seal(t, v, id(0), nil, 1, cryptoFrame(1000, long[1000:]))) != nil {
		t.Error("the oldest was kept")
	}
	if got := q.Hello(1, seal(t, v, id(maxHalves+9), nil, 1, cryptoFrame(1000, long[1000:]))); !bytes.Equal(got, long) {
		t.Errorf("the newest gives %d bytes", len(got))
	}
}

func FuzzQUIC(f *testing.F) {
	v := &quicVersions[0]
	f.Add(seal(f, v, []byte{1, 2, 3, 4, 5, 6, 7, 8}, nil, 0, cryptoFrame(0, hello("a.example", 300))), []byte{})
	f.Add([]byte{}, append(cryptoFrame(0, hello("a.example", 300)), frameACK, 1, 0, 1, 0, 0, 0))
	f.Add([]byte("\xc3\x00\x00\x00\x01\x08"+strings.Repeat("a", 60)), []byte{frameCrypto, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, datagram, frames []byte) {
		var q QUIC
		q.Hello(1, datagram)
		if len(frames) > 0 && len(frames) < 4000 { // what a client may write that knows its keys
			if got := q.Hello(1, seal(t, v, []byte("abcdefgh"), nil, 0, frames)); len(got) > MaxHead {
				t.Errorf("%d bytes", len(got))
			}
		}
	})
}
