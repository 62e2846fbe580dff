package application

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
)

// numbers reads a list of numbers in a base.
func numbers(list, sep string, base int) (out []uint16) {
	if list == "" {
		return nil
	}
	for w := range strings.SplitSeq(list, sep) {
		n, err := strconv.ParseUint(w, base, 16)
		if err != nil {
			panic(err)
		}
		out = append(out, uint16(n))
	}
	return out
}

func words(list []uint16) (b []byte) {
	for _, v := range list {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

// counted puts the length of b before it, in two bytes.
func counted(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

// A recipe is a ClientHello by what fingerprints go by.
type recipe struct {
	version             uint16
	ciphers, extensions []uint16
	groups, signatures  []uint16
	formats             []byte
	versions            []uint16
	alpn                []string
	name                string
}

func (r *recipe) message() []byte {
	var list []byte
	for _, e := range r.extensions {
		var body []byte
		switch e {
		case extServerName:
			body = counted(append([]byte{0}, counted([]byte(r.name))...))
		case extGroups:
			body = counted(words(r.groups))
		case extPointFormats:
			body = append([]byte{byte(len(r.formats))}, r.formats...)
		case extSignatures:
			body = counted(words(r.signatures))
		case extSupportedVersions:
			v := words(r.versions)
			body = append([]byte{byte(len(v))}, v...)
		case extALPN:
			var names []byte
			for _, n := range r.alpn {
				names = append(append(names, byte(len(n))), n...)
			}
			body = counted(names)
		}
		list = append(append(list, byte(e>>8), byte(e)), counted(body)...)
	}
	b := binary.BigEndian.AppendUint16(nil, r.version)
	b = append(b, make([]byte, 32)...)
	b = append(b, 4, 's', 'e', 's', 's')
	b = append(b, counted(words(r.ciphers))...)
	b = append(b, 1, 0)
	if r.extensions != nil {
		b = append(b, counted(list)...)
	}
	return append([]byte{ClientHello, 0, byte(len(b) >> 8), byte(len(b))}, b...)
}

// TestJA3 compares with the vectors of https://github.com/salesforce/ja3.
func TestJA3(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", "ada70206e40642a3e4461f35503241d5"},
		{"769,4-5-10-9-100-98-3-6-19-18-99,,,", "de350869b8c85de67a350c8d186f11e6"},
	} {
		f := strings.Split(c.text, ",")
		for _, grease := range []bool{false, true} {
			r := recipe{version: numbers(f[0], "-", 10)[0], ciphers: numbers(f[1], "-", 10), extensions: numbers(f[2], "-", 10), groups: numbers(f[3], "-", 10), name: "a.example"}
			for _, n := range numbers(f[4], "-", 10) {
				r.formats = append(r.formats, byte(n))
			}
			if grease && r.extensions != nil {
				r.ciphers = append([]uint16{0x1a1a}, r.ciphers...)
				r.extensions = append([]uint16{0xfafa}, append(r.extensions, 0x0a0a)...)
				r.groups = append([]uint16{0x3a3a}, r.groups...)
			}
			var h Hello
			var got [32]byte
			if !h.Read(r.message()) || !h.JA3(&got) || string(got[:]) != c.want {
				text, _ := h.ja3Text(make([]byte, 0, maxPrint))
				t.Errorf("%s: %s of %s, want %s", c.text, got, text, c.want)
			}
		}
	}
}

// TestJA4 compares with the example and the rules of
// https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md.
func TestJA4(t *testing.T) {
	chrome := recipe{
		version:    0x0303,
		ciphers:    numbers("2a2a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035", ",", 16),
		extensions: numbers("5a5a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015", ",", 16),
		signatures: numbers("0403,0804,0401,0503,0805,0501,0806,0601", ",", 16),
		versions:   []uint16{0x6a6a, 0x0303, 0x0304}, alpn: []string{"h2", "http/1.1"}, name: "a.example",
	}
	change := func(f func(r *recipe)) recipe {
		r := chrome
		f(&r)
		return r
	}
	alpn := func(names ...string) recipe { return change(func(r *recipe) { r.alpn = names }) }
	var many []uint16
	for i := range 120 {
		many = append(many, uint16(0x100+i))
	}
	for _, c := range []struct {
		name string
		r    recipe
		quic bool
		want string // where it ends in *, the beginning
	}{
		{"the example", chrome, false, "t13d1516h2_8daaf6152771_e5627efa2ab1"},
		{"QUIC", chrome, true, "q13d1516h2_8daaf6152771_e5627efa2ab1"},
		{"no signatures", change(func(r *recipe) { r.signatures = nil }), false, "t13d1516h2_8daaf6152771_6d807ffa2a79"},
		{"no list of versions", change(func(r *recipe) { r.versions = nil }), false, "t12d1516*"},
		{"no ciphers", change(func(r *recipe) { r.ciphers = nil }), false, "t13d0016h2_000000000000_e5627efa2ab1"},
		{"no extensions", recipe{version: 0x0301, ciphers: chrome.ciphers}, false, "t10i150000_8daaf6152771_000000000000"},
		{"server name and ALPN only", recipe{version: 0x0300, ciphers: chrome.ciphers, extensions: []uint16{0, 16}, alpn: chrome.alpn}, false, "ts3d1502h2_8daaf6152771_000000000000"},
		{"too many ciphers for two digits", change(func(r *recipe) { r.ciphers = many }), false, "t13d9916h2*"},
		{"no names", alpn(), false, "t13d151600*"},
		{"empty name", alpn("", "h2"), false, "t13d151600*"},
		{"one character", alpn("h"), false, "t13d1516hh*"},
		{"http/1.1", alpn("http/1.1"), false, "t13d1516h1*"},
		{"ab", alpn("\xab"), false, "t13d1516ab*"},
		{"20", alpn("\x20"), false, "t13d151620*"},
		{"ad", alpn("\xab\xcd"), false, "t13d1516ad*"},
		{"21", alpn("\x20\x61"), false, "t13d151621*"},
		{"3b", alpn("\x30\xab"), false, "t13d15163b*"},
		{"60", alpn("\x61\x20"), false, "t13d151660*"},
		{"3d", alpn("\x30\x31\xab\xcd"), false, "t13d15163d*"},
		{"01", alpn("\x30\xab\xcd\x31"), false, "t13d151601*"},
	} {
		var h Hello
		var got [36]byte
		begin, open := strings.CutSuffix(c.want, "*")
		if !h.Read(c.r.message()) || !h.JA4(&got, c.quic) || !strings.HasPrefix(string(got[:]), begin) || !open && string(got[:]) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestFingerprintsAllocateNothing(t *testing.T) {
	r := recipe{version: 0x0303, ciphers: []uint16{1, 2, 3}, extensions: []uint16{0, 10, 11, 13, 16, 43}, alpn: []string{"h2"}, name: "a.example"}
	m := r.message()
	var h Hello
	var ja3 [32]byte
	var ja4 [36]byte
	if n := testing.AllocsPerRun(10, func() {
		h.Read(m)
		h.JA3(&ja3)
		h.JA4(&ja4, false)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// records cuts a message into records of n bytes.
func recordsOf(message []byte, n int) (b []byte) {
	for len(message) > 0 {
		part := message[:min(n, len(message))]
		b = append(append(b, recordHandshake, 3, 1), counted(part)...)
		message = message[len(part):]
	}
	return b
}

func TestHello(t *testing.T) {
	r := recipe{version: 0x0303, ciphers: []uint16{0x1301}, extensions: []uint16{extServerName, extALPN}, alpn: []string{"h2", "http/1.1"}, name: "www.example.com"}
	m := r.message()
	for n := 1; n <= len(m); n++ {
		b := recordsOf(m, n)
		if kind, need := Scan(b); kind != KindTLS || need != 0 {
			t.Fatalf("records of %d bytes: %v, need %d", n, kind, need)
		}
		for cut := range b {
			if kind, need := Scan(b[:cut]); need <= cut || need > len(b) || cut > 5 && kind != KindTLS {
				t.Fatalf("records of %d bytes, cut to %d: %v, need %d", n, cut, kind, need)
			}
		}
		for _, inPlace := range []bool{false, true} {
			data, scratch := bytes.Clone(b), make([]byte, MaxHead)
			if inPlace {
				scratch = append(data, make([]byte, MaxHead-len(data))...)
				data = scratch[:len(data)]
			}
			var h Hello
			if !h.Read(HandshakeOf(data, scratch)) || h.Type != ClientHello || h.Version != 0x0303 || string(h.ServerName) != "www.example.com" {
				t.Errorf("records of %d bytes: %+v", n, h)
			}
			var names []string
			for at := 0; ; {
				name, next, ok := NextALPN(h.ALPN, at)
				if !ok {
					break
				}
				names, at = append(names, string(name)), next
			}
			if strings.Join(names, " ") != "h2 http/1.1" {
				t.Errorf("ALPN %q", names)
			}
		}
	}
	server := append([]byte{ServerHello, 0, 0, 38, 3, 3}, make([]byte, 32)...)
	server = append(server, 0, 0x13, 1, 0)
	var h Hello
	if !h.Read(server) || h.Type != ServerHello || h.Version != 0x0303 || h.ServerName != nil {
		t.Errorf("server: %+v", h)
	}
}

func TestPastCipherChange(t *testing.T) {
	for data, want := range map[string]string{
		"\x14\x03\x03\x00\x01\x01\x16\x03": "\x16\x03", "\x14\x03\x03\x00\x01\x01": "\x14\x03\x03\x00\x01\x01", "\x16\x03\x01": "\x16\x03\x01", "": "",
		"\x14\x03\x03\x00\x02\x01\x01\x16": "\x14\x03\x03\x00\x02\x01\x01\x16",
	} {
		if got := string(PastCipherChange([]byte(data))); got != want {
			t.Errorf("%x leaves %x, want %x", data, got, want)
		}
	}
}

func FuzzScan(f *testing.F) {
	r := recipe{version: 0x0303, ciphers: []uint16{0x1301}, extensions: []uint16{extServerName, extALPN, extGroups, extPointFormats, extSignatures, extSupportedVersions},
		alpn: []string{"h2"}, name: "www.example.com", groups: []uint16{29}, formats: []byte{0}, signatures: []uint16{0x403}, versions: []uint16{0x304}}
	f.Add(recordsOf(r.message(), 1<<14))
	f.Add(recordsOf(r.message(), 50))
	f.Add([]byte("GET /a b?c HTTP/1.1\r\nHost: a\r\nUser-agent:\tb \r\nContent-Type: c\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\nContent-Type: text/html\n\n<html>"))
	f.Add([]byte("SSH-2.0-OpenSSH_9.6\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, need := Scan(data)
		if need != 0 && (need <= len(data) || need > MaxHead) {
			t.Fatalf("need %d of %d", need, len(data))
		}
		if need == 0 { // what is settled stays so
			if again, need := Scan(append(bytes.Clone(data), 'x')); kind.Head() && (again != kind || need != 0) {
				t.Errorf("%v, and with one byte more %v, need %d", kind, again, need)
			}
		}
		var h Hello
		h.Read(data)
		h.Read(HandshakeOf(data, make([]byte, MaxHead)))
		var ja3 [32]byte
		var ja4 [36]byte
		h.JA3(&ja3)
		h.JA4(&ja4, true)
		for at := 0; ; {
			name, next, ok := NextALPN(h.ALPN, at)
			if !ok {
				break
			}
			if len(name) > 255 || next <= at {
				t.Fatal("no way on")
			}
			at = next
		}
		var m HTTP
		if ok := m.Read(data); kind == KindHTTP && !ok {
			t.Errorf("an HTTP head that cannot be read: %q", data)
		}
		if banner := Banner(data); kind == KindSSH && need == 0 && banner == nil {
			t.Error("no banner")
		}
		var d DHCP
		d.Read(data)
		walk := RecordsOf(data)
		var rec Record
		for n := 0; walk.Next(&rec); n++ {
			if rec.At+int(rec.Length) > len(data) || n > len(data) {
				t.Fatalf("record %+v of %d bytes", rec, len(data))
			}
			for at, end := rec.At, rec.At+int(rec.Length); ; {
				_, next, ok := NextText(data, at, end)
				if !ok {
					break
				}
				at = next
			}
		}
	})
}
