package engine

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// A chunk is a segment of the client of a conversation: what it says from an offset of its direction on, counted from 0.
// With back it is the server's.
type chunk struct {
	at   uint32
	text string
	back bool
	cut  int // bytes that the capture left out
}

// talk is the frames of a conversation: its handshake, then parts, a tenth of a second apart.
func talk(handshake bool, parts ...chunk) (out []packet.Frame) {
	add := func(p chunk, flags byte, seq uint32) {
		s := seg{src: "10.0.0.1", dst: "192.0.2.80", sport: 40000, dport: 8080, flags: flags, payload: p.text, at: 1 + float64(len(out))/10}
		if p.back {
			s.src, s.dst, s.sport, s.dport = s.dst, s.src, s.dport, s.sport
		}
		f := s.frame()
		binary.BigEndian.PutUint32(f.Data[24:], seq)
		f.Data = f.Data[:len(f.Data)-p.cut]
		out = append(out, f)
	}
	if handshake {
		add(chunk{}, packet.FlagSYN, 999)
		add(chunk{back: true}, packet.FlagSYN|packet.FlagACK, 4999)
		add(chunk{}, packet.FlagACK, 1000)
	}
	for _, p := range parts {
		seq := 1000 + p.at
		if p.back {
			seq = 5000 + p.at
		}
		add(p, packet.FlagACK|packet.FlagPSH, seq)
	}
	return out
}

const headRules = `rule "said" {
  description = "d"
  severity    = "low"
  where       = "http or tls or ssh"
  cooldown    = "0s"
  notify {
    to      = ["ops"]
    message = "${http.request.uri} ${http.response.code} ${tls.handshake.extensions_server_name} ${ssh.protocol}"
  }
}
`

// saidOn returns the numbers of the packets with a head, each with what it says.
func saidOn(e *Engine, fs []packet.Frame) (got []string) {
	e.Process(fs, func(a *alert.Alert) {
		said := strings.Join(slices.DeleteFunc(strings.Fields(a.Message), func(w string) bool { return w == "-" }), " ")
		got = append(got, fmt.Sprintf("%d %s", a.Number, said))
	})
	return got
}

// TestHeadsInConversations says on which packet of a conversation a head is there.
func TestHeadsInConversations(t *testing.T) {
	get := "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
	hello := clientHello("www.example.com", "h2", strings.Repeat("x", 200), strings.Repeat("y", 200))
	big := "POST /big HTTP/1.1\r\nCookie: " + strings.Repeat("c", 6000) + "\r\n\r\n"
	n := func(s string) uint32 { return uint32(len(s)) }
	for _, c := range []struct {
		name      string
		handshake bool
		parts     []chunk
		want      []string
	}{
		{"one segment", true, []chunk{{at: 0, text: get}}, []string{"4 /1"}},
		{"without its beginning", false, []chunk{{at: 0, text: get}}, []string{"1 /1"}},
		{"in parts", true, []chunk{{at: 0, text: get[:3]}, {at: 3, text: get[3:20]}, {at: 20, text: get[20:]}}, []string{"6 /1"}},
		{"byte by byte", true, func() (ps []chunk) {
			for i := range get {
				ps = append(ps, chunk{at: uint32(i), text: get[i : i+1]})
			}
			return ps
		}(), []string{fmt.Sprintf("%d /1", 3+len(get))}},
		{"out of order", true, []chunk{{at: 20, text: get[20:]}, {at: 0, text: get[:3]}, {at: 3, text: get[3:20]}}, []string{"6 /1"}},
		{"again", true, []chunk{{at: 0, text: get}, {at: 0, text: get}}, []string{"4 /1"}},
		{"parts again", true, []chunk{{at: 0, text: get[:9]}, {at: 0, text: get[:9]}, {at: 9, text: get[9:]}, {at: 0, text: get}, {at: 9, text: get[9:]}}, []string{"6 /1"}},
		{"body", true, []chunk{{at: 0, text: get + "body"}, {at: n(get) + 4, text: "more"}}, []string{"4 /1"}},
		{"both sides", true, []chunk{{at: 0, text: get}, {at: 0, text: "HTTP/1.1 404 Not Found\r\n", back: true}, {at: 24, text: "\r\n", back: true}}, []string{"4 /1", "6 404"}},
		{"next request", true, []chunk{{at: 0, text: get}, {at: n(get), text: "GET /2 HTTP/1.1\r\n\r\n"}, {at: n(get), text: "GET /2 HTTP/1.1\r\n\r\n"}}, []string{"4 /1", "5 /2"}},
		{"next request in parts", true, []chunk{{at: 0, text: get}, {at: n(get), text: "GET /2 HTTP/1.1\r\nA"}, {at: n(get), text: "GET /2 HTTP/1.1\r\nA"}, {at: n(get) + 18, text: ": b\r\n\r\n"}}, []string{"4 /1", "7 /2"}},
		{"hello behind CONNECT", true, []chunk{{at: 0, text: "CONNECT a:443 HTTP/1.1\r\n\r\n"}, {at: 26, text: hello[:400]}, {at: 426, text: hello[400:]}}, []string{"4 a:443", "6 www.example.com"}},
		{"hello in parts", true, []chunk{{at: 0, text: hello[:100]}, {at: 100, text: hello[100:]}}, []string{"5 www.example.com"}},
		{"hello out of order", true, []chunk{{at: 100, text: hello[100:]}, {at: 0, text: hello[:100]}}, []string{"5 www.example.com"}},
		{"overlapping parts", true, []chunk{{at: 0, text: hello[:200]}, {at: 100, text: hello[100:300]}, {at: 250, text: hello[250:]}}, []string{"6 www.example.com"}},
		{"banners", true, []chunk{{at: 0, text: "SSH-2.0-a\r\n", back: true}, {at: 0, text: "SSH-2.0-b\r\n"}}, []string{"4 SSH-2.0-a", "5 SSH-2.0-b"}},
		{"nothing known", true, []chunk{{at: 0, text: "\x00\x01GET"}, {at: 5, text: "abc"}}, nil},
		{"longer than what is kept", true, []chunk{{at: 0, text: big[:1460]}, {at: 1460, text: big[1460:2920]}, {at: 2920, text: big[2920:4380]}, {at: 4380, text: big[4380:]}}, []string{"6 /big"}},
		{"cut by the capture", true, []chunk{{at: 0, text: get, cut: 12}}, []string{"4 /1"}},
		{"never ended", true, []chunk{{at: 0, text: get[:20]}}, nil},
	} {
		for _, workers := range []int{1, 3} {
			got := saidOn(New(compile(t, headRules, Options{}), Config{Workers: workers, Checksums: ChecksumsOff}), talk(c.handshake, c.parts...))
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %d workers: %q, want %q", c.name, workers, got, c.want)
			}
		}
	}
}

// TestHeadsInAnyOrder cuts a hello anywhere and sends the parts in any order, some of them again: it is there once, and
// where its last byte came.
func TestHeadsInAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	hello := clientHello("www.example.com", "h2", strings.Repeat("x", 255))
	plan := compile(t, headRules, Options{})
	for range 300 {
		var parts []chunk
		for at := 0; at < len(hello); {
			n := min(1+rnd.IntN(120), len(hello)-at)
			parts = append(parts, chunk{at: uint32(at), text: hello[at : at+n]})
			at += n
		}
		if len(parts) > 4 { // as many as are kept apart
			last := parts[3]
			last.text = hello[last.at:]
			parts = append(parts[:3], last)
		}
		rnd.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		whole := 3 + len(parts)
		for range 3 {
			parts = append(parts, parts[rnd.IntN(len(parts))])
		}
		got := saidOn(New(plan, Config{Checksums: ChecksumsOff}), talk(true, parts...))
		if want := []string{fmt.Sprintf("%d www.example.com", whole)}; !slices.Equal(got, want) {
			t.Fatalf("%q, want %q: %v", got, want, parts)
		}
	}
}

// TestHeadsCostNothing shows that a plan that reads no head follows no conversation for one.
func TestHeadsCostNothing(t *testing.T) {
	for where, want := range map[string]bool{"tcp.dstport == 80": false, "dns.a == '10.0.0.1' or dhcp or icmp.seq == 1": false, "http.host == 'a'": true, "quic": true} {
		p := compile(t, fmt.Sprintf("rule \"r\" {\n  description = \"d\"\n  severity = \"low\"\n  where = %q\n}\n", where), Options{})
		if p.converses() != want {
			t.Errorf("%s: conversations are followed: %v", where, !want)
		}
	}
}

// TestHeadsOverReloads reloads rules between the parts of a hello.
func TestHeadsOverReloads(t *testing.T) {
	hello := clientHello("www.example.com", strings.Repeat("x", 200))
	fs := talk(true, chunk{at: 0, text: hello[:100]}, chunk{at: 100, text: hello[100:200]}, chunk{at: 200, text: hello[200:]})
	other := "rule \"other\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"tcp.dstport == 9\"\n}\n"
	e := New(compile(t, headRules, Options{}), Config{Checksums: ChecksumsOff})
	var got []string
	for i := range fs {
		e.Swap(compile(t, headRules+strings.Repeat(other, i%2), Options{}))
		got = append(got, saidOn(e, fs[i:i+1])...)
	}
	if want := []string{"6 www.example.com"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
