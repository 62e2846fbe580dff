// Package demo makes a day in a small network: what its hosts send, who logs in, and what attackers do meanwhile. The same
// day comes of it each time.
//
// All addresses are those that RFC 5737 sets aside for documentation, and private ones.
package demo

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Day is the day of the demonstration: its first moment.
var Day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// seed is that of all that is left to chance.
const seed = 20261120

// at returns a time of the day.
func at(hour, minute, second int) time.Time {
	return Day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)
}

// Who is who in the demonstration.
const (
	scanner  = "198.51.100.7"   // scans, and then logs in
	guesser  = "203.0.113.45"   // guesses passwords of root
	sprayer  = "203.0.113.99"   // tries one password with many names
	flooder  = "198.51.100.200" // floods the web server
	insider  = "10.0.0.23"      // a host of ours that somebody took over
	webHost  = "192.0.2.10"
	resolver = "10.0.0.53"
)

// A frame is a packet of the day.
type frame struct {
	at   time.Time
	data []byte
}

// Capture writes the day's traffic as a pcap file (link type Ethernet, microseconds).
func Capture(w io.Writer) error {
	frames := traffic()
	slices.SortStableFunc(frames, func(a, b frame) int { return a.at.Compare(b.at) })
	out := bufio.NewWriterSize(w, 64<<10)
	head := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	head = binary.LittleEndian.AppendUint16(head, 2)
	head = binary.LittleEndian.AppendUint16(head, 4)
	head = append(head, make([]byte, 8)...)
	head = binary.LittleEndian.AppendUint32(head, 65535)
	head = binary.LittleEndian.AppendUint32(head, 1)
	if _, err := out.Write(head); err != nil {
		return err
	}
	for _, f := range frames {
		record := binary.LittleEndian.AppendUint32(nil, uint32(f.at.Unix()))
		record = binary.LittleEndian.AppendUint32(record, uint32(f.at.Nanosecond()/1000))
		record = binary.LittleEndian.AppendUint32(record, uint32(len(f.data)))
		record = binary.LittleEndian.AppendUint32(record, uint32(len(f.data)))
		if _, err := out.Write(append(record, f.data...)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// traffic is what the hosts send.
func traffic() []frame {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []frame
	add := func(t time.Time, data []byte) { out = append(out, frame{t, data}) }
	host := func(i int) string { return fmt.Sprintf("10.0.0.%d", 20+i) }
	// The office: names are looked up and pages read, most of it from eight to six.
	sites := []string{"www.example.com", "mail.example.org", "cdn.example.net", "updates.example.com", "docs.example.org", "intranet.example"}
	for range 3000 {
		t := at(0, 0, 0).Add(time.Duration(r.Int64N(int64(24 * time.Hour))))
		if h := t.Hour(); (h < 8 || h > 18) && r.IntN(6) != 0 {
			t = at(8, 0, 0).Add(time.Duration(r.Int64N(int64(10 * time.Hour))))
		}
		who := host(r.IntN(18))
		site := r.IntN(len(sites))
		server := fmt.Sprintf("192.0.2.%d", 100+site)
		add(t, dnsQuery(who, resolver, uint16(32768+r.IntN(28000)), sites[site]))
		conversation(add, t.Add(20*time.Millisecond), who, server, uint16(32768+r.IntN(28000)), 443, 300+r.IntN(400), 1000+r.IntN(9000))
	}
	// 03:12, a slow look around: one port a minute.
	for i := range 26 {
		add(at(3, 12, 0).Add(time.Duration(i)*30*time.Second), tcp("198.51.100.61", webHost, uint16(41000+i), uint16([]int{21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 389, 443, 445, 993, 995, 1433, 1521, 2049, 3306, 3389, 5432, 5900, 6379, 8080, 8443}[i]), synFlag, 0))
	}
	// 09:41, a port scan.
	for i := range 300 {
		add(at(9, 41, 7).Add(time.Duration(i)*12*time.Millisecond), tcp(scanner, webHost, uint16(50000+i%10), uint16(1+i*3), synFlag, 0))
	}
	// 11:20, a flood against the web server.
	for i := range 2600 {
		add(at(11, 20, 30).Add(time.Duration(i)*4*time.Millisecond), tcp(flooder, webHost, uint16(1024+i), 80, synFlag, 0))
	}
	// 13:05, connections to SSH, again and again.
	for i := range 45 {
		add(at(13, 5, 0).Add(time.Duration(i)*600*time.Millisecond), tcp(guesser, webHost, uint16(42000+i), 22, synFlag, 0))
	}
	// 15:30, data in names: a tunnel through DNS.
	for i := range 140 {
		label := strings.ToLower(fmt.Sprintf("%056x", r.Uint64()^uint64(i)<<40))
		add(at(15, 30, 0).Add(time.Duration(i)*350*time.Millisecond), dnsQuery(insider, resolver, uint16(33000+i), label+".t.tunnel.example"))
	}
	// 16:02, a host of ours calls what backdoors listen on.
	add(at(16, 2, 11), tcp(insider, "203.0.113.66", 40123, 4444, synFlag, 0))
	// 21:47, six megabytes leave.
	for i := range 4400 {
		add(at(21, 47, 0).Add(time.Duration(i)*9*time.Millisecond), tcp(insider, "203.0.113.66", 40200, 443, ackFlag|pushFlag, 1400))
	}
	return out
}

// conversation is a connection that is opened, used and closed.
func conversation(add func(time.Time, []byte), t time.Time, client, server string, sport, dport uint16, sent, received int) {
	ms := func(n int) time.Time { return t.Add(time.Duration(n) * time.Millisecond) }
	add(ms(0), tcp(client, server, sport, dport, synFlag, 0))
	add(ms(10), tcp(server, client, dport, sport, synFlag|ackFlag, 0))
	add(ms(11), tcp(client, server, sport, dport, ackFlag|pushFlag, sent))
	for i := 0; received > 0; i++ {
		n := min(received, 1400)
		add(ms(30+i), tcp(server, client, dport, sport, ackFlag|pushFlag, n))
		received -= n
	}
	add(ms(60), tcp(client, server, sport, dport, ackFlag|finFlag, 0))
	add(ms(70), tcp(server, client, dport, sport, ackFlag|finFlag, 0))
}

const (
	finFlag  = 1
	synFlag  = 2
	pushFlag = 8
	ackFlag  = 16
)

// tcp makes a segment with so many bytes of payload.
func tcp(src, dst string, sport, dport uint16, flags byte, payload int) []byte {
	b := binary.BigEndian.AppendUint16(nil, sport)
	b = binary.BigEndian.AppendUint16(b, dport)
	b = append(b, 0, 0, 0, 1, 0, 0, 0, 0, 5<<4, flags, 0xfa, 0xf0, 0, 0, 0, 0)
	return ipv4(src, dst, 6, append(b, make([]byte, payload)...), 16)
}

// dnsQuery makes a question for an A record.
func dnsQuery(src, dst string, sport uint16, name string) []byte {
	q := []byte{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for _, label := range strings.Split(name, ".") {
		q = append(append(q, byte(len(label))), label...)
	}
	q = append(q, 0, 0, 1, 0, 1)
	b := binary.BigEndian.AppendUint16(nil, sport)
	b = binary.BigEndian.AppendUint16(b, 53)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(q)))
	return ipv4(src, dst, 17, append(append(b, 0, 0), q...), 6)
}

// ipv4 makes a frame of a segment, whose checksum is at a place of it.
func ipv4(src, dst string, proto byte, segment []byte, sumAt int) []byte {
	from, to := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	pseudo := slices.Concat(from[:], to[:], []byte{0, proto, byte(len(segment) >> 8), byte(len(segment))})
	binary.BigEndian.PutUint16(segment[sumAt:], checksum(append(pseudo, segment...)))
	n := 20 + len(segment)
	head := []byte{0x45, 0, byte(n >> 8), byte(n), 0, 1, 0x40, 0, 64, proto, 0, 0}
	head = slices.Concat(head, from[:], to[:])
	binary.BigEndian.PutUint16(head[10:], checksum(head))
	mac := func(a [4]byte) []byte { return []byte{2, 0, a[0], a[1], a[2], a[3]} }
	return slices.Concat(mac(to), mac(from), []byte{8, 0}, head, segment)
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
