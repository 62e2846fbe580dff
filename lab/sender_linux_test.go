package lab

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"golang.org/x/sys/unix"
)

// A sender puts frames on an interface of a host, and counts them. Tools do not say how many packets they sent.
type sender struct {
	t    *testing.T
	fd   int
	sent uint64
}

// newSender opens eth0 of the host.
func (h *host) newSender() *sender {
	h.t.Helper()
	s := &sender{t: h.t}
	err := h.enter(func() error {
		i, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		if s.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return unix.Bind(s.fd, &unix.SockaddrLinklayer{Ifindex: i.Index})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { unix.Close(s.fd) })
	return s
}

// send sends frames, one after the other.
func (s *sender) send(frames ...[]byte) error {
	for _, f := range frames {
		for {
			_, err := unix.Write(s.fd, f)
			if err == unix.EINTR {
				continue
			}
			if err != nil {
				return fmt.Errorf("sending %d bytes: %w", len(f), err)
			}
			s.sent++
			break
		}
	}
	return nil
}

// syn is a TCP packet with SYN to a host that is not there, so that nobody answers.
func syn(source string, srcport, dstport int) []byte {
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: net.ParseIP(source), DstIP: net.ParseIP("10.0.0.99")}
	tcp := &layers.TCP{SrcPort: layers.TCPPort(srcport), DstPort: layers.TCPPort(dstport), SYN: true, Window: 1024}
	_ = tcp.SetNetworkLayerForChecksum(ip)
	eth := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 99}, EthernetType: layers.EthernetTypeIPv4}
	return serialize(eth, ip, tcp, gopacket.Payload(make([]byte, 6)))
}

// serialize is a frame of layers, with lengths and checksums.
func serialize(all ...gopacket.SerializableLayer) []byte {
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...); err != nil {
		panic(err) // only of a layer that cannot be written, whatever its values
	}
	return bytes.Clone(b.Bytes())
}

// datagram is the header of an IP packet.
func datagram(source, destination string, protocol layers.IPProtocol) gopacket.SerializableLayer {
	src, dst := netip.MustParseAddr(source).AsSlice(), netip.MustParseAddr(destination).AsSlice()
	if len(src) == net.IPv6len {
		return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: protocol, SrcIP: src, DstIP: dst}
	}
	return &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: src, DstIP: dst}
}

// segment is a TCP packet with a flag, S or R.
func segment(source, destination string, port int, flag string) []gopacket.SerializableLayer {
	ip := datagram(source, destination, layers.IPProtocolTCP)
	tcp := &layers.TCP{SrcPort: 40000, DstPort: layers.TCPPort(port), SYN: flag == "S", RST: flag == "R", Window: 1024}
	_ = tcp.SetNetworkLayerForChecksum(ip.(gopacket.NetworkLayer))
	return []gopacket.SerializableLayer{ip, tcp}
}

// udp is a UDP packet to the sensor without what it carries.
func udp(source string, srcport, dstport int) []gopacket.SerializableLayer {
	ip := datagram(source, homeAddress, layers.IPProtocolUDP)
	u := &layers.UDP{SrcPort: layers.UDPPort(srcport), DstPort: layers.UDPPort(dstport)}
	_ = u.SetNetworkLayerForChecksum(ip.(gopacket.NetworkLayer))
	return []gopacket.SerializableLayer{ip, u}
}

// pace calls f every so often until stop is closed or f fails.
func pace(every time.Duration, stop <-chan struct{}, f func() error) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return nil
		case <-ticker.C:
			if err := f(); err != nil {
				return err
			}
		}
	}
}

// probeRule fires on every packet to port 7, whose source port numbers it.
const probeRule = `rule "probe" {
  description = "Fires on each probe."
  severity    = "low"
  where       = "tcp.flags.syn and tcp.dstport == 7"
  cooldown    = "0s"
}
`

// probe is the probe with a number, from 0 to 65,535.
func probe(number int) []byte { return syn(remoteAddress, number, 7) }
