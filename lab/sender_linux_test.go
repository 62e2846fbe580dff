package lab

import (
	"fmt"
	"net"
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
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, tcp, gopacket.Payload(make([]byte, 6))); err != nil {
		panic(err) // only of a layer that cannot be written, whatever its values
	}
	return b.Bytes()
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
