package assets

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/packet"
)

// A lesson is a map that is taught by packets.
type lesson struct {
	*Map
	now int64
}

func newLesson(l Limits) *lesson { return &lesson{New(l), time.Unix(1_800_000_000, 0).UnixNano()} }

func addr(s string) packet.Addr { return packet.AddrFromNetip(netip.MustParseAddr(s)) }

// send teaches a packet a millisecond after the one before.
func (l *lesson) send(p *packet.Packet) {
	l.now += 1e6
	p.Time, p.Clock = l.now, l.now
	p.Layers |= packet.LayerFrame
	l.Lock()
	defer l.Unlock()
	l.See(p)
}

func (l *lesson) tcp(src, dst string, flags uint16, payload string) {
	l.send(between(src, dst, 6, flags, payload))
}
func (l *lesson) udp(src, dst string, payload string) { l.send(between(src, dst, 17, 0, payload)) }

func between(src, dst string, proto uint8, flags uint16, payload string) *packet.Packet {
	a, b := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	p := &packet.Packet{Layers: packet.LayerIP | packet.LayerPorts | packet.LayerPayload | packet.LayerEth, Src: packet.AddrFromNetip(a.Addr()), Dst: packet.AddrFromNetip(b.Addr()),
		SrcPort: a.Port(), DstPort: b.Port(), IPProto: proto, TCPFlags: flags, Payload: []byte(payload), TTL: 64}
	if proto == 6 {
		p.Layers |= packet.LayerTCP
	} else {
		p.Layers |= packet.LayerUDP
	}
	return p
}

// talk teaches a whole connection.
func (l *lesson) talk(client, server, asks, says string) {
	l.tcp(client, server, packet.FlagSYN, "")
	l.tcp(server, client, packet.FlagSYN|packet.FlagACK, "")
	l.tcp(client, server, packet.FlagACK, "")
	if asks != "" {
		l.tcp(client, server, packet.FlagACK, asks)
	}
	if says != "" {
		l.tcp(server, client, packet.FlagACK, says)
	}
	l.tcp(client, server, packet.FlagACK|packet.FlagFIN, "")
}

func (l *lesson) host(t *testing.T, ip string) Host {
	t.Helper()
	h, ok := l.Host(nil, netip.MustParseAddr(ip))
	if !ok {
		t.Fatalf("%s is not known", ip)
	}
	return h
}

func TestServices(t *testing.T) {
	l := newLesson(Limits{})
	l.talk("10.0.0.5:40000", "10.0.0.20:22", "SSH-2.0-OpenSSH_9.6 Ubuntu\r\n", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
	l.talk("10.0.0.5:40001", "10.0.0.20:8080", "GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0)\r\n\r\n", "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n\r\n")
	l.talk("10.0.0.6:40001", "10.0.0.20:8080", "GET / HTTP/1.1\r\n\r\n", "")
	l.udp("10.0.0.5:50000", "10.0.0.1:53", "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01")
	l.udp("10.0.0.1:53", "10.0.0.5:50000", "\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01")
	h := l.host(t, "10.0.0.20")
	got := []string{}
	for _, s := range h.Services {
		got = append(got, fmt.Sprintf("%d/%s %s %q %d %v", s.Port, s.Proto, s.Service, s.Product, s.Clients, s.From))
	}
	want := []string{`22/tcp ssh "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3" 1 [10.0.0.5]`, `8080/tcp http "nginx/1.22.1" 2 [10.0.0.5 10.0.0.6]`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("offers %q, want %q", got, want)
	}
	if h.System != "Debian 12" || h.SystemBy != "ssh" {
		t.Errorf("system %q by %q", h.System, h.SystemBy)
	}
	if c := l.host(t, "10.0.0.5"); c.System != "Ubuntu" || c.Says["user agent"] == "" || len(c.Services) != 0 || !c.Answered {
		t.Errorf("the client is %+v", c)
	}
	if d := l.host(t, "10.0.0.1"); len(d.Services) != 1 || d.Services[0].Service != "dns" || d.Services[0].Proto != "udp" {
		t.Errorf("the resolver is %+v", d)
	}
}

// What nobody accepts is no service, and who only asks is no server.
func TestRefused(t *testing.T) {
	l := newLesson(Limits{})
	for i := range 20 {
		client := fmt.Sprintf("10.0.0.5:%d", 40000+i)
		l.tcp(client, fmt.Sprintf("10.0.0.20:%d", 1+i), packet.FlagSYN, "")
		l.tcp(fmt.Sprintf("10.0.0.20:%d", 1+i), client, packet.FlagRST|packet.FlagACK, "")
	}
	l.udp("10.0.0.5:40000", "10.0.0.20:9", "x")
	if h := l.host(t, "10.0.0.20"); len(h.Services) != 0 || !h.Answered {
		t.Errorf("%+v", h)
	}
	if h := l.host(t, "10.0.0.5"); len(h.Services) != 0 || h.Answered {
		t.Errorf("%+v", h)
	}
	// A SYN with ACK that answers nothing, as backscatter of a flood with our address.
	l.tcp("198.51.100.9:80", "10.0.0.20:5555", packet.FlagSYN|packet.FlagACK, "")
	if h := l.host(t, "198.51.100.9"); len(h.Services) != 0 {
		t.Errorf("%+v", h)
	}
	l.talk("10.0.0.5:41000", "10.0.0.20:80", "GET / HTTP/1.0\r\n\r\n", "")
	l.tcp("10.0.0.5:41001", "10.0.0.20:80", packet.FlagSYN, "")
	l.tcp("10.0.0.20:80", "10.0.0.5:41001", packet.FlagRST|packet.FlagACK, "")
	if h := l.host(t, "10.0.0.20"); len(h.Services) != 1 || h.Services[0].Closed == nil {
		t.Errorf("a service that refuses is %+v", h.Services)
	}
	l.talk("10.0.0.5:41002", "10.0.0.20:80", "GET / HTTP/1.0\r\n\r\n", "")
	if h := l.host(t, "10.0.0.20"); h.Services[0].Closed != nil {
		t.Errorf("a service that is back is %+v", h.Services)
	}
}

func arp(op uint16, mac packet.MAC, ip string) *packet.Packet {
	return &packet.Packet{Layers: packet.LayerEth | packet.LayerARP | packet.LayerARPIPv4, ARPOpcode: op, ARPSrcMAC: mac, ARPSrcIP: addr(ip)}
}

func TestHardware(t *testing.T) {
	l := newLesson(Limits{})
	l.send(arp(1, 0x525400000001, "10.0.0.5"))
	l.send(arp(1, 0x525400000002, "0.0.0.0")) // it asks whether it may have an address
	if h := l.host(t, "10.0.0.5"); h.MAC != "52:54:00:00:00:01" || !h.Local || h.MACMoved != nil {
		t.Errorf("%+v", h)
	}
	l.send(arp(2, 0x525400000009, "10.0.0.5"))
	if h := l.host(t, "10.0.0.5"); h.MAC != "52:54:00:00:00:09" || h.MACBefore != "52:54:00:00:00:01" || h.MACMoved == nil {
		t.Errorf("after it moved: %+v", h)
	}
	if n := l.Stats().Hosts; n != 1 {
		t.Errorf("%d hosts", n)
	}
	// Frames of several addresses come from a router.
	for _, ip := range []string{"10.1.0.1", "10.1.0.2"} {
		p := between(ip+":40000", "10.0.0.5:80", 6, packet.FlagSYN, "")
		p.EthSrc = 0x525400000077
		l.send(p)
		l.tcp("10.0.0.5:80", ip+":40000", packet.FlagSYN|packet.FlagACK, "")
		p = between(ip+":40000", "10.0.0.5:80", 6, packet.FlagACK, "x")
		p.EthSrc = 0x525400000077
		l.send(p)
	}
	for _, ip := range []string{"10.1.0.1", "10.1.0.2"} {
		if h := l.host(t, ip); h.MAC != "" {
			t.Errorf("%s has the hardware address of a router: %+v", ip, h)
		}
	}
}

func TestNeighbors(t *testing.T) {
	l := newLesson(Limits{})
	target := addr("fe80::5").Netip().As16()
	p := &packet.Packet{Layers: packet.LayerIP | packet.LayerICMPv6 | packet.LayerPayload, Src: addr("fe80::5"), Dst: addr("ff02::1"), IPProto: 58, ICMPType: 136, TTL: 255,
		Payload: append(target[:], 2, 1, 0x52, 0x54, 0, 0, 0, 5)}
	routed := *p
	routed.TTL, routed.Src = 254, addr("fe80::6")
	l.send(&routed)
	if h := l.host(t, "fe80::6"); h.MAC != "" {
		t.Errorf("what a router passed on counts: %+v", h)
	}
	l.send(p)
	if h := l.host(t, "fe80::5"); h.MAC != "52:54:00:00:00:05" || !h.Local {
		t.Errorf("%+v", h)
	}
}

func TestNames(t *testing.T) {
	l := newLesson(Limits{})
	answer := func(name string, kind byte, data string) string {
		var q strings.Builder
		for _, part := range strings.Split(name, ".") {
			q.WriteByte(byte(len(part)))
			q.WriteString(part)
		}
		q.WriteByte(0)
		return "\x00\x01\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + q.String() + "\x00" + string(kind) + "\x00\x01\xc0\x0c\x00" + string(kind) + "\x00\x01\x00\x00\x00\x3c\x00" + string(byte(len(data))) + data
	}
	l.udp("10.0.0.1:53", "10.0.0.5:50000", answer("WWW.Example.com", 1, "\xcb\x00\x71\x09"))
	if _, ok := l.Host(nil, netip.MustParseAddr("203.0.113.9")); ok {
		t.Error("a name makes a host")
	}
	l.talk("10.0.0.5:40000", "203.0.113.9:443", "", "")
	if h := l.host(t, "203.0.113.9"); h.Name() != "www.example.com" {
		t.Errorf("%+v", h.Names)
	}
	l.udp("10.0.0.1:53", "10.0.0.5:50000", answer("9.113.0.203.in-addr.arpa", 12, "\x03abc\x07example\x00"))
	if h := l.host(t, "203.0.113.9"); h.Name() != "abc.example" || h.Names[0].By != "ptr" {
		t.Errorf("%+v", h.Names)
	}
	encoded := func(name string, kind byte) string {
		text, out := fmt.Sprintf("%-15s%c", name, kind), ""
		for i := range len(text) {
			out += string('A'+text[i]>>4) + string('A'+text[i]&15)
		}
		return out
	}
	nb := "\x00\x02\x28\x10\x00\x01\x00\x00\x00\x00\x00\x01\x20" + encoded("FILES", 0x20) + "\x00\x00\x20\x00\x01\xc0\x0c\x00\x20\x00\x01\x00\x00\x00\x00\x00\x06"
	l.udp("10.0.0.10:137", "10.0.0.255:137", nb+"\x80\x00\x0a\x00\x00\x0a") // a group's
	l.udp("10.0.0.10:137", "10.0.0.255:137", nb+"\x00\x00\x0a\x00\x00\x0a")
	if h := l.host(t, "10.0.0.10"); h.Name() != "files" || len(h.Names) != 1 {
		t.Errorf("%+v", h.Names)
	}
	// More names than there is room for: those of DNS go.
	for i := range 20 {
		l.udp("10.0.0.1:53", "10.0.0.5:50000", answer(fmt.Sprintf("n%d.example.com", i), 1, "\xcb\x00\x71\x09"))
	}
	if h := l.host(t, "203.0.113.9"); len(h.Names) != maxNames || h.Name() != "abc.example" {
		t.Errorf("%+v", h.Names)
	}
}

func dhcp(op byte, mac packet.MAC, yours string, options ...byte) string {
	b := make([]byte, 240)
	b[0], b[1], b[2] = op, 1, 6
	for i := range 6 {
		b[28+i] = byte(mac >> (40 - 8*i))
	}
	if yours != "" {
		a := netip.MustParseAddr(yours).As4()
		copy(b[16:], a[:])
	}
	copy(b[236:], "\x63\x82\x53\x63")
	return string(append(append(b, options...), 255))
}

func TestDHCP(t *testing.T) {
	l := newLesson(Limits{})
	const mac = 0x525400000042
	ask := append([]byte{53, 1, 3, 12, 6}, "Laptop"...)
	ask = append(append(ask, 60, 8), "MSFT 5.0"...)
	l.udp("0.0.0.0:68", "255.255.255.255:67", dhcp(1, mac, "", ask...))
	l.udp("10.0.0.1:67", "255.255.255.255:68", dhcp(2, mac, "10.0.0.77", 53, 1, 2)) // an offer is not taken yet
	if _, ok := l.Host(nil, netip.MustParseAddr("10.0.0.77")); ok {
		t.Error("an offer makes a host")
	}
	l.udp("10.0.0.1:67", "255.255.255.255:68", dhcp(2, mac, "10.0.0.77", 53, 1, 5))
	h := l.host(t, "10.0.0.77")
	if h.Name() != "laptop" || h.MAC != "52:54:00:00:00:42" || h.System != "Windows" || h.SystemBy != "dhcp" {
		t.Errorf("%+v", h)
	}
	if s := l.host(t, "10.0.0.1"); len(s.Services) != 1 || s.Services[0].Service != "dhcp" {
		t.Errorf("the server is %+v", s)
	}
}

// A flood of made-up sources leaves every host that answered in its place, and the map within its bounds.
func TestFlood(t *testing.T) {
	l := newLesson(Limits{Hosts: 64, Services: 128, PerHost: 16})
	for i := range 40 {
		l.talk(fmt.Sprintf("10.0.0.%d:40000", 100+i%3), fmt.Sprintf("10.0.0.%d:22", 1+i), "SSH-2.0-x\r\n", "SSH-2.0-y\r\n")
	}
	before := l.Stats().Hosts
	for i := range 10_000 {
		l.tcp(fmt.Sprintf("198.18.%d.%d:1024", i>>8, i&255), "10.0.0.1:22", packet.FlagSYN, "")
	}
	s := l.Stats()
	if s.Hosts != before || s.Glimpses > 64 {
		t.Errorf("%+v, before %d hosts", s, before)
	}
	// One that answers at all ports pushes out its own services alone.
	for i := range 5000 {
		l.talk("10.0.0.100:40000", fmt.Sprintf("10.0.0.1:%d", 1000+i), "", "")
	}
	if h := l.host(t, "10.0.0.1"); len(h.Services) != 16 || h.Services[0].Service != "ssh" {
		t.Errorf("%d services, the first %+v", len(h.Services), h.Services[0])
	}
	if h := l.host(t, "10.0.0.2"); len(h.Services) != 1 {
		t.Errorf("another host has %+v", h.Services)
	}
	// Many that answer: those that were silent for longest go.
	for i := range 500 {
		l.talk("10.0.0.100:40000", fmt.Sprintf("198.19.%d.%d:80", i>>8, i&255), "GET / HTTP/1.0\r\n\r\n", "")
	}
	if s := l.Stats(); s.Hosts > 64 || s.Services > 128 || s.Evicted.Hosts == 0 {
		t.Errorf("%+v", s)
	}
	if _, ok := l.Host(nil, netip.MustParseAddr("198.19.1.243")); !ok {
		t.Error("the newest host is gone")
	}
}

func TestClients(t *testing.T) {
	var c clients
	for i := range 20_000 {
		a := packet.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		c.add(a)
		c.add(a)
		n := c.number()
		if i < fewClients && n != i+1 || i >= fewClients && (float64(n) < 0.75*float64(i+1) || float64(n) > 1.25*float64(i+1)) {
			t.Fatalf("%d clients count as %d", i+1, n)
		}
	}
	if len(c.few) != fewClients {
		t.Errorf("%d are kept", len(c.few))
	}
}

// What is saved is there again, and learning goes on as if there had been no restart.
func TestSave(t *testing.T) {
	l := newLesson(Limits{})
	teach := func(l *lesson, from int) {
		l.send(arp(2, packet.MAC(0x525400000000+uint64(from)), "10.0.0.20"))
		for i := range 30 {
			l.talk(fmt.Sprintf("10.0.%d.%d:40000", from, 10+i), "10.0.0.20:80", "GET / HTTP/1.1\r\nUser-Agent: curl Linux\r\n\r\n", "HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n")
		}
		l.tcp(fmt.Sprintf("198.18.0.%d:1", from), "10.0.0.20:80", packet.FlagSYN, "")
	}
	teach(l, 1)
	file := snapshot.Encode(l.Save())
	sections, err := snapshot.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Restore(sections, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := again.Hosts(nil), l.Hosts(nil); !reflect.DeepEqual(got, want) {
		t.Errorf("restored %+v\nwant %+v", got, want)
	}
	r := &lesson{again, l.now}
	teach(l, 2)
	teach(r, 2)
	if got, want := r.Hosts(nil), l.Hosts(nil); !reflect.DeepEqual(got, want) {
		t.Errorf("after a restart %+v\nwant %+v", got, want)
	}
}

func TestRestoreTellsWhatIsWrong(t *testing.T) {
	l := newLesson(Limits{})
	l.talk("10.0.0.5:40000", "10.0.0.20:22", "SSH-2.0-x\r\n", "")
	good := l.Save()[0]
	for name, s := range map[string]snapshot.Section{
		"another version": {Name: "assets 99", Data: good.Data},
		"cut short":       {Name: section, Data: good.Data[:len(good.Data)-20]},
		"a host less":     {Name: section, Data: good.Data[:strings.LastIndexByte(string(good.Data[:len(good.Data)-1]), '\n')+1]},
		"no JSON":         {Name: section, Data: []byte("x")},
		"nothing":         {Name: section},
	} {
		if _, err := Restore([]snapshot.Section{s}, Limits{}); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	if m, err := Restore([]snapshot.Section{good}, Limits{Hosts: 1, Services: 1, PerHost: 1}); err != nil || m.Stats().Hosts != 1 {
		t.Errorf("over the limits: %v", err)
	}
}

func TestTell(t *testing.T) {
	l := newLesson(Limits{})
	facts := func(src, dst string) packet.Packet {
		p := between(src, dst, 6, packet.FlagSYN, "")
		p.Clock = l.now + 5e9
		l.Lock()
		defer l.Unlock()
		l.Tell(p)
		return *p
	}
	if p := facts("10.0.0.5:40000", "10.0.0.20:22"); !p.Has(packet.LayerAssetSrc|packet.LayerAssetDst) || p.Asset != (packet.Asset{Src: addr("10.0.0.5")}) {
		t.Errorf("of an empty map: %v %+v", p.Layers, p.Asset)
	}
	l.send(arp(2, 0x525400000001, "10.0.0.5"))
	l.talk("10.0.0.5:40000", "10.0.0.20:22", "SSH-2.0-x\r\n", "")
	p := facts("10.0.0.5:40000", "10.0.0.20:22")
	if p.Asset.DstService != packet.ServiceSSH || !p.Asset.SrcKnown || !p.Asset.DstKnown || p.Asset.SrcMAC != 0x525400000001 || p.Asset.SrcAge < 5 || p.Asset.Watched < 5 || !p.Has(packet.LayerAssetSrcMAC) {
		t.Errorf("%v %+v", p.Layers, p.Asset)
	}
	if p := facts("10.0.0.20:22", "224.0.0.1:80"); p.Has(packet.LayerAssetDst) || p.Has(packet.LayerAssetSrcMAC) {
		t.Errorf("%v %+v", p.Layers, p.Asset)
	}
}

func TestChanged(t *testing.T) {
	l := newLesson(Limits{})
	l.talk("10.0.0.5:40000", "10.0.0.20:22", "SSH-2.0-x\r\n", "")
	first, seq := l.Changed(nil, 0, 10)
	if len(first) != 2 || seq == 0 {
		t.Fatalf("%v %d", first, seq)
	}
	l.talk("10.0.0.5:40001", "10.0.0.20:22", "SSH-2.0-x\r\n", "")
	if more, again := l.Changed(nil, seq, 10); len(more) != 0 || again != seq {
		t.Errorf("nothing new, but %v", more)
	}
	l.talk("10.0.0.5:40001", "10.0.0.20:23", "", "")
	if more, _ := l.Changed(nil, seq, 10); len(more) != 1 || more[0].IP != netip.MustParseAddr("10.0.0.20") {
		t.Errorf("%v", more)
	}
	if one, at := l.Changed(nil, 0, 1); len(one) != 1 || at >= seq+5 {
		t.Errorf("%v %d", one, at)
	}
}
