package lab

import (
	"io"
	"strings"
	"testing"
)

// jumboRules fire on what only a large frame can be.
const jumboRules = `
rule "jumbo" {
  description = "A frame of more than 8,000 bytes."
  severity    = "low"
  where       = "tcp.len > 8000"
  by          = ["ip.src"]
  cooldown    = "1h"
}

rule "sent" {
  description = "All of what is sent is counted, however it is cut."
  severity    = "low"
  where       = "tcp.dstport == 9999"
  by          = ["ip.src"]
  window "60s" {
    bytes = "sum(tcp.len)"
  }
  threshold = 20000000
  when      = "bytes >= threshold"
  cooldown  = "1h"
}
`

// TestInterfaceKinds captures on every kind of interface that sensors have, finds a scan there, and counts the bytes of a
// transfer.
func TestInterfaceKinds(t *testing.T) {
	need(t, "ip", "ethtool", "nmap")
	for _, kind := range []struct {
		name  string
		needs string                   // a type of device that kernels may lack
		make  func(home, remote *host) // makes eth0 of home, on top of eth1, and eth0 of remote
		jumbo bool                     // frames are larger than the packets of a wire
	}{
		{name: "bridge", needs: "bridge", make: func(home, remote *host) {
			home.ip("link add eth0 type bridge forward_delay 0")
			home.ip("link set eth1 master eth0")
		}},
		{name: "vlan", needs: "vlan", make: func(home, remote *host) {
			home.ip("link add link eth1 name eth0 type vlan id 42")
			remote.ip("link set eth0 name base")
			remote.ip("link add link base name eth0 type vlan id 42")
			remote.ip("link set base up")
		}},
		{name: "bond", needs: "bond", make: func(home, remote *host) {
			home.ip("link add eth0 type bond mode active-backup miimon 100")
			home.ip("link set eth1 master eth0")
		}},
		{name: "MTU of 9,000", jumbo: true, make: func(home, remote *host) {
			home.ip("link set eth1 name eth0")
			home.ip("link set eth0 mtu 9000")
			remote.ip("link set eth0 mtu 9000")
		}},
		{name: "GRO and GSO", jumbo: true, make: func(home, remote *host) {
			home.ip("link set eth1 name eth0")
			for _, h := range []*host{home, remote} {
				h.run("ethtool", "-K", "eth0", "tx", "on", "sg", "on", "tso", "on", "gso", "on", "gro", "on")
			}
		}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			home, remote := newHost(t, "home"), newHost(t, "remote")
			ip(t, "link add eth1 netns "+home.name+" type veth peer name eth0 netns "+remote.name)
			for h, name := range map[*host]string{home: "eth1", remote: "eth0"} {
				h.run("ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
			}
			if kind.needs != "" {
				// A VLAN needs a link to be of; whatever else the kernel says of it then, it knows the type.
				out, _ := home.command("ip", "link", "add", "probe", "type", kind.needs).CombinedOutput()
				if strings.Contains(string(out), "Unknown device type") {
					t.Skipf("this kernel has no %s", kind.needs)
				}
				_ = home.command("ip", "link", "delete", "probe").Run()
			}
			kind.make(home, remote)
			if kind.needs != "" {
				home.ip("link set eth1 up")
			}
			home.ip("address add " + homeAddress + "/24 dev eth0")
			remote.ip("address add " + remoteAddress + "/24 dev eth0")
			home.ip("link set eth0 up")
			remote.ip("link set eth0 up")
			home.ip("route add 198.51.100.0/24 dev eth0")
			remote.ip("route add 10.0.0.0/24 dev eth0")
			for _, h := range []*host{home, remote} {
				until(t, "the link of "+h.name, patience, func() bool {
					return strings.TrimSpace(h.run("cat", "/sys/class/net/eth0/operstate")) == "up"
				})
			}
			s := startSensor(home, settings("rules {\n  paths = [\"rules\"]\n}\n"), map[string]string{"own.hcl": jumboRules})
			remote.run("nmap", "-n", "-Pn", "-sS", "-p", "1-60", homeAddress)
			s.eve.alert(0, "port_scan", func(l line) bool { return l.SrcIP == remoteAddress })

			l := home.listen(homeAddress + ":9999")
			received := make(chan int64, 1)
			go func() {
				c, err := l.Accept()
				if err != nil {
					received <- 0
					return
				}
				defer c.Close()
				n, _ := io.Copy(io.Discard, c)
				received <- n
			}()
			c, err := remote.dial(t.Context(), "tcp4", homeAddress+":9999")
			if err != nil {
				t.Fatal(err)
			}
			const size = 24_000_000
			if _, err := c.Write(make([]byte, size)); err != nil {
				t.Fatal(err)
			}
			c.Close()
			if n := <-received; n != size {
				t.Fatalf("%d bytes came, want %d", n, size)
			}
			s.eve.alert(0, "sent", func(l line) bool { return l.SrcIP == remoteAddress })
			if kind.jumbo {
				s.eve.alert(0, "jumbo", func(l line) bool { return l.SrcIP == remoteAddress })
			}
			st := s.status()
			if st.Packets.Malformed != 0 || st.Capture.Dropped != 0 {
				t.Errorf("%d packets malformed, %d dropped", st.Packets.Malformed, st.Capture.Dropped)
			}
			if !kind.jumbo && s.rule("jumbo").Alerts != 0 {
				t.Error("a frame is larger than the packets of the wire")
			}
		})
	}
}
