package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// contentTraffic is mixedTraffic with payloads that have something in them.
var contentTraffic = traffic{name: "contents", tick: 12_000, write: func(w *writer, tick int64, n int) {
	w.filler = newFiller().fill
	mixed(w, tick, n, longFlows, true)
}}

// A filler fills the payloads of TCP segments and of QUIC as applications do: text to and from the ports of HTTP, noise,
// which is what encryption looks like, to and from all others.
type filler struct{ text, noise []byte }

// fillerSize is a prime, so that segments begin at every place of what they are filled with.
const fillerSize = 65537

func newFiller() *filler {
	r := rand.New(rand.NewPCG(3, 4))
	f := &filler{noise: make([]byte, fillerSize+frameMost)}
	for i := range f.noise {
		f.noise[i] = byte(r.Uint32())
	}
	var b strings.Builder
	for i := 0; b.Len() < len(f.noise); i++ {
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, "GET /%x/index.html?id=%d&page=%d HTTP/1.1\r\nHost: site%d.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\nAccept: text/html,*/*;q=0.8\r\nCookie: session=%016x\r\n\r\n", r.Uint32(), r.IntN(1000), r.IntN(9), r.IntN(5000), r.Uint64())
		case 1:
			fmt.Fprintf(&b, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nServer: nginx\r\nCache-Control: max-age=%d\r\n\r\n", 500+r.IntN(9000), r.IntN(86400))
		case 2:
			for range 12 {
				fmt.Fprintf(&b, "<div class=\"item-%d\"><a href=\"/products/%x.html\">Offer %d of the day</a> <span>%d.%02d</span></div>\n", r.IntN(9), r.Uint32(), r.IntN(99), r.IntN(900), r.IntN(100))
			}
		}
	}
	f.text = []byte(b.String())[:len(f.noise)]
	return f
}

// fill fills a payload between two ports; place says where in the stream it is.
func (f *filler) fill(payload []byte, sport, dport uint16, place uint32) {
	from := f.noise
	for _, p := range [...]uint16{sport, dport} {
		if p == 80 || p == 8080 {
			from = f.text
		}
	}
	copy(payload, from[place%fillerSize:])
}

// words makes n different words of rules: texts as signatures have them, some with bytes that are no text.
func words(n int, least int) []string {
	r := rand.New(rand.NewPCG(8, 9))
	seen := map[string]bool{}
	out := make([]string, 0, n)
	for len(out) < n {
		var w string
		switch r.IntN(5) {
		case 0:
			w = fmt.Sprintf("/gate%x.php?id=", r.Uint32()>>uint(r.IntN(24)))
		case 1:
			w = fmt.Sprintf("User-Agent: Bot%x", r.Uint32())
		case 2:
			w = fmt.Sprintf("cmd%x", r.Uint64()>>uint(r.IntN(50)))
		case 3:
			w = fmt.Sprintf("\\x%02x\\x%02x\\x%02x\\x90\\x%02x\\x%02x\\x%02x", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
		case 4:
			b := make([]byte, least+r.IntN(12))
			for i := range b {
				b[i] = "abcdefghijklmnopqrstuvwxyz_-=0123456789"[r.IntN(39)]
			}
			w = string(b)
		}
		if size := len(w) - 3*strings.Count(w, `\x`); size < least || seen[w] {
			continue
		}
		seen[w] = true
		out = append(out, w)
	}
	return out
}

// condition writes a rule with a condition; its text may have backslashes.
func condition(name, where string) string {
	return fmt.Sprintf("rule %q {\n  description = \"Rule %s for other contents.\"\n  severity = \"low\"\n  by = [\"ip.src\"]\n  where = <<-E\n    %s\n  E\n}\n", name, name, where)
}

// names writes n rules on suffixes of names.
func names(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(condition(fmt.Sprintf("name_%d", i), fmt.Sprintf("dns.qry.name endsWith '.evil%d.example'", i)))
	}
	return b.String()
}

// behindPorts writes n rules on contents of packets to two ports, to which some 5% of the packets go.
func behindPorts(n int) string {
	var b strings.Builder
	for i, w := range words(n, 5) {
		b.WriteString(condition(fmt.Sprintf("port_%d", i), fmt.Sprintf("tcp.dstport == %d and payload contains '%s'", [...]int{993, 22}[i%2], w)))
	}
	return b.String()
}

// ungated writes n rules on contents of all packets.
func ungated(n int) string {
	var b strings.Builder
	for i, w := range words(n, 6) {
		b.WriteString(condition(fmt.Sprintf("any_%d", i), fmt.Sprintf("payload contains '%s'", w)))
	}
	return b.String()
}

// hundred are the words that one condition has, as text for a condition.
func hundred() []string {
	var out []string
	for _, w := range words(400, 6) {
		if !strings.ContainsAny(w, `\?`) && len(out) < 100 {
			out = append(out, w)
		}
	}
	return out
}

func asRegexp() string {
	return condition("regexp", "payload matches '"+strings.Join(hundred(), "|")+"'")
}

func asList() string {
	return condition("list", "payload contains ['"+strings.Join(hundred(), "', '")+"']")
}

// publicSet writes n rules of the shapes that a public set of signatures has, in about their shares: names, contents of
// packets behind ports and on any, lists of addresses, and regular expressions behind a content.
func publicSet(n int) string {
	r := rand.New(rand.NewPCG(10, 11))
	ws := words(2*n, 5)
	var b strings.Builder
	for i := range n {
		w, second := ws[2*i], ws[2*i+1]
		where := ""
		switch k := r.IntN(100); {
		case k < 54:
			where = fmt.Sprintf("lower(dns.qry.name) endsWith '.host%d.bad%d.example'", i, i)
		case k < 69:
			where = fmt.Sprintf("tcp.flags.ack and tcp.dstport in [80, 8080, 8000, 8888] and payload contains '%s' and payload contains '%s'", w, second)
		case k < 75:
			where = fmt.Sprintf("tcp.flags.ack and tcp.dstport == %d and payload startsWith '%s'", 1+r.IntN(9000), w)
		case k < 81:
			where = fmt.Sprintf("tcp.flags.ack and payload contains '%s' and payload contains '%s'", w, second)
		case k < 83:
			where = fmt.Sprintf("udp and payload contains '%s' and len(payload) > 20", w)
		case k < 84:
			where = fmt.Sprintf("tcp.flags.ack and payload contains '%s' and payload matches '(?i)[?&](id|uid)=[0-9a-f]{8,}'", w)
		default:
			var addrs []string
			for range 20 {
				addrs = append(addrs, fmt.Sprintf("'203.%d.%d.%d'", r.IntN(256), r.IntN(256), r.IntN(256)))
			}
			where = "ip.src in [" + strings.Join(addrs, ", ") + "]"
		}
		b.WriteString(condition(fmt.Sprintf("set_%d", i), where))
	}
	return b.String()
}

// kinds writes n rules of all of these kinds.
func kinds(n int) string { return names(n*2/5) + behindPorts(n*2/5) + publicSet(n/5) }

// manyDomains is how many names the list has.
const manyDomains = 1_000_000

// domainRules writes a rule that uses a list of names, and its file, to a directory below dir, unless they are there.
func domainRules(dir string) (string, error) {
	directory := filepath.Join(dir, fmt.Sprintf("domains-%d", manyDomains))
	rule := filepath.Join(directory, "list.hcl")
	if _, err := os.Stat(rule); err == nil {
		return directory, nil
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return "", err
	}
	f, err := os.Create(filepath.Join(directory, "domains.txt"))
	if err != nil {
		return "", err
	}
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(5, 7))
	for i := range manyDomains {
		fmt.Fprintf(w, "%x%d.%s\n", r.Uint32()>>uint(r.IntN(16)), i, [...]string{"com", "net", "top", "xyz", "example"}[r.IntN(5)])
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return directory, os.WriteFile(rule, []byte(`list "domains" {
  type = "domain"
  file = "domains.txt"
}

rule "listed_name" {
  description = "A name of a long list."
  severity    = "low"
  where       = "dns.qry.name in list.domains"
}
`), 0o644)
}
