package demo

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/assets"
)

// A machine is a host of an office that is made up.
type machine struct {
	last     int // of its address
	name, by string
	vendor   string
	system   string
	systemBy string
	services []assets.Service
}

// cameraLast is a machine that asks for an address and a name, and nothing else.
const cameraLast = 104

var machines = []machine{
	{1, "gw", "ptr", "Routerboard.com", "RouterOS", "ssh", []assets.Service{{Port: 22, Proto: "tcp", Service: "ssh", Product: "SSH-2.0-ROSSSH", Clients: 2}, {Port: 53, Proto: "udp", Service: "dns", Clients: 14}, {Port: 67, Proto: "udp", Service: "dhcp", Clients: 12}}},
	{10, "files", "netbios", "Dell Inc.", "Windows", "server", []assets.Service{{Port: 445, Proto: "tcp", Service: "smb", Clients: 9}, {Port: 3389, Proto: "tcp", Service: "rdp", Clients: 1}}},
	{20, "web", "dhcp", "Super Micro Computer, Inc.", "Debian 12", "ssh", []assets.Service{{Port: 22, Proto: "tcp", Service: "ssh", Product: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", Clients: 3}, {Port: 80, Proto: "tcp", Service: "http", Product: "nginx/1.22.1", Clients: 11}, {Port: 443, Proto: "tcp", Service: "tls", Clients: 12}}},
	{21, "db", "dhcp", "Super Micro Computer, Inc.", "Debian 12", "ssh", []assets.Service{{Port: 22, Proto: "tcp", Service: "ssh", Product: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", Clients: 2}, {Port: 5432, Proto: "tcp", Service: "postgres", Clients: 2}}},
	{30, "printer", "mdns", "Brother industries, LTD.", "", "", []assets.Service{{Port: 80, Proto: "tcp", Service: "http", Product: "debut/1.30", Clients: 4}, {Port: 9100, Proto: "tcp", Clients: 6}}},
	{101, "anna-laptop", "dhcp", "Apple, Inc.", "macOS", "user agent", nil},
	{102, "ben-laptop", "dhcp", "LCFC(HeFei) Electronics Technology co., ltd", "Windows 10 or later", "user agent", nil},
	{103, "android-7f21", "dhcp", "locally administered", "Android 14", "dhcp", nil},
	{cameraLast, "camera-2", "dhcp", "Hangzhou Hikvision Digital Technology Co.,Ltd.", "Linux", "dhcp", []assets.Service{{Port: 554, Proto: "tcp", Service: "rtsp", Clients: 1}}},
}

// Hosts returns the hosts that an agent has learned of, as they are now.
func (a *Agent) Hosts(now time.Time) []assets.Host {
	now = now.UTC().Truncate(time.Second)
	first := now.Add(-30 * 24 * time.Hour)
	var out []assets.Host
	for i, m := range machines {
		h := assets.Host{IP: a.address(&machines[i]), MAC: a.mac(i), Vendor: m.vendor,
			Names: []assets.Name{{Name: m.name, By: m.by}}, System: m.system, SystemBy: m.systemBy, TTL: 64, First: first, Last: now, Answered: true, Local: true, Router: m.last == 1}
		for _, s := range m.services {
			s.First, s.Last = first, now
			for j := len(machines) - 1; j >= 0 && len(s.From) < s.Clients; j-- { // people's machines first
				if c := machines[j].last; c != m.last && (c != cameraLast || s.Service == "dhcp" || s.Service == "dns") {
					s.From = append(s.From, a.address(&machines[j]))
				}
			}
			slices.SortFunc(s.From, netip.Addr.Compare)
			h.Services = append(h.Services, s)
		}
		out = append(out, h)
	}
	return out
}

func (a *Agent) address(m *machine) netip.Addr {
	return netip.MustParseAddr(fmt.Sprintf("%s.0.%d", a.net, m.last))
}

func (a *Agent) mac(i int) string {
	return fmt.Sprintf("00:16:3e:%02x:%02x:%02x", len(a.Name), i, machines[i].last)
}

// owner returns whose host an address is; nil for an address of none.
func (a *Agent) owner(ip netip.Addr) *alert.Asset {
	for i := range machines {
		if m := &machines[i]; a.address(m) == ip {
			return &alert.Asset{Name: m.name, MAC: a.mac(i), Vendor: m.vendor, System: m.system}
		}
	}
	return nil
}
