package report

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

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
