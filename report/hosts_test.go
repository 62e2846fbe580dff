package report

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/assets"
)

// The page lists hosts, those on the network first, and what strangers call themselves is text there and nothing else.
func TestHosts(t *testing.T) {
	in := &Input{Title: "t", Made: time.Unix(0, 0), Hosts: []assets.Host{
		{IP: netip.MustParseAddr("198.51.100.7"), Answered: true, Services: []assets.Service{{Port: 443, Proto: "tcp", Service: "tls"}}},
		{IP: netip.MustParseAddr("198.51.100.8")},
		{IP: netip.MustParseAddr("10.0.0.5"), Local: true, MAC: "52:54:00:00:00:05", System: "Unix", SystemBy: "ttl", Names: []assets.Name{{Name: "<script>alert(1)</script>", By: "dhcp"}}},
	}}
	var b bytes.Buffer
	if err := NewCollector().Write(&b, in); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	local, far := strings.Index(page, ">10.0.0.5<"), strings.Index(page, ">198.51.100.7<")
	if local < 0 || far < local || strings.Contains(page, "198.51.100.8") {
		t.Errorf("places %d, %d", local, far)
	}
	for _, want := range []string{"443/tcp tls", "Unix?", "&lt;script&gt;alert(1)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script>alert(1)") {
		t.Error("a name is a script")
	}
	for i := range hostsMost {
		in.Hosts = append(in.Hosts, assets.Host{IP: netip.MustParseAddr(fmt.Sprintf("10.1.%d.%d", i>>8, i&255)), Local: true})
	}
	b.Reset()
	if err := NewCollector().Write(&b, in); err != nil {
		t.Fatal(err)
	}
	if page := b.String(); !strings.Contains(page, "500 of 502 hosts, those on the network first.") {
		t.Error("the page does not say how many hosts are left out")
	}
}

// The graph shows who asks whom, of as many hosts as can be read: the others are counted.
func TestGraph(t *testing.T) {
	for _, n := range []int{0, 1, 5, 50, 500} {
		in := &Input{Title: "t", Made: time.Unix(0, 0)}
		server := assets.Host{IP: netip.MustParseAddr("10.0.0.1"), Answered: true, Local: true, Names: []assets.Name{{Name: "</title><script>", By: "dhcp"}}}
		in.Hosts = append(in.Hosts, server)
		for i := range n {
			ip := netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
			in.Hosts = append(in.Hosts, assets.Host{IP: ip, Answered: true, Services: []assets.Service{{Port: 22, Proto: "tcp", From: []netip.Addr{server.IP}}}})
			in.Hosts[0].Services = append(in.Hosts[0].Services, assets.Service{Port: uint16(1000 + i), Proto: "tcp", Service: "http", From: []netip.Addr{ip, netip.MustParseAddr("192.0.2.9")}})
		}
		var b bytes.Buffer
		if err := NewCollector().Write(&b, in); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		nodes := min(n+1, nodesMost)
		edges := min(2*n, 2*(nodesMost-1))
		if n == 0 {
			nodes = 0
		}
		if got := strings.Count(page, "<circle"); got != nodes {
			t.Errorf("%d hosts: %d circles, want %d", n, got, nodes)
		}
		if got := strings.Count(page, `<path d="M`); got != edges {
			t.Errorf("%d hosts: %d lines, want %d", n, got, edges)
		}
		if left := strings.Contains(page, "hosts with fewer connections are left out."); left != (n > nodesMost) {
			t.Errorf("%d hosts: that some are left out is told: %t", n, left)
		}
		if n > 0 && !strings.Contains(page, "10.1.0.0 asks &lt;/title&gt;&lt;script&gt;: http") {
			t.Errorf("%d hosts: the page does not say what is asked", n)
		}
		if strings.Contains(page, "NaN") || strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%d hosts: a place is no number", n)
		}
	}
}

// An alert says whose hosts it is about.
func TestWhose(t *testing.T) {
	c := NewCollector()
	a := of("r", 1, 0, "10.0.0.5")
	a.Assets = &alert.Assets{Src: alert.Asset{Name: "<b>files", Vendor: "Dell Inc."}, Dst: alert.Asset{MAC: "00:16:3e:00:00:14"}}
	c.Alert(a)
	text, _ := page(t, c, Input{})
	for _, want := range []string{"10.0.0.5<br><small>&lt;b&gt;files (Dell Inc.)</small>", "192.0.2.1<br><small>00:16:3e:00:00:14</small>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
