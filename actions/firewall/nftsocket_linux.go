package firewall

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/google/nftables"
	mdnetlink "github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

const (
	// answerTime bounds how long an answer of the kernel is waited for.
	answerTime = 8 * time.Second
	// socketBuffer is room for a transaction and the answers to it, in bytes. The kernel takes it from us where it
	// may be more than net.core.wmem_max: with CAP_NET_ADMIN.
	socketBuffer = 64 << 20
)

// conn returns the connection, for one operation.
func (n *nft) conn() (*nftables.Conn, error) {
	if n.lasting == nil {
		c, err := nftables.New(nftables.AsLasting(), nftables.WithSockOptions(func(c *mdnetlink.Conn) error {
			n.socket = c
			return socketOptions(c)
		}))
		if err != nil {
			return nil, fmt.Errorf("netlink: %w", err)
		}
		n.lasting = c
	}
	if err := n.socket.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	return n.lasting, nil
}

// after gives up the connection where there was an error.
func (n *nft) after(err *error) {
	if *err != nil {
		n.hangUp()
	}
}

func (n *nft) hangUp() error {
	if n.lasting == nil {
		return nil
	}
	err := n.lasting.CloseLasting()
	n.lasting, n.socket = nil, nil
	return err
}

// socketOptions are those of all connections with nf_tables.
func socketOptions(c *mdnetlink.Conn) error {
	_, err := askGeneration(c)
	return errors.Join(err, c.SetDeadline(time.Now().Add(answerTime)), c.SetWriteBuffer(socketBuffer), c.SetReadBuffer(socketBuffer))
}

// answerSize is as much as the kernel puts into one message of a long answer, in bytes (netlink_dump in
// net/netlink/af_netlink.c).
const answerSize = 32 << 10

// askGeneration asks for the generation with a large buffer for the answer. The kernel takes the largest buffer that a
// socket ever had for the size of its messages, and walks through a set from its start for each: of 100,000 elements
// it makes seconds where messages are small.
func askGeneration(c *mdnetlink.Conn) (generation uint32, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("netlink: %w", err)
	}
	question, err := mdnetlink.Message{Header: mdnetlink.Header{Length: 20, Flags: mdnetlink.Request,
		Type: mdnetlink.HeaderType(unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_GETGEN)}, Data: make([]byte, 4)}.MarshalBinary()
	if err != nil {
		return 0, fmt.Errorf("netlink: %w", err)
	}
	answer := make([]byte, answerSize)
	var failed error
	err = raw.Control(func(fd uintptr) {
		if failed = unix.Sendto(int(fd), question, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); failed != nil {
			return
		}
		// The kernel answers before Sendto returns.
		var k int
		k, _, failed = unix.Recvfrom(int(fd), answer, unix.MSG_DONTWAIT)
		answer = answer[:max(0, k)]
	})
	if err := errors.Join(err, failed); err != nil {
		return 0, fmt.Errorf("netlink: %w", err)
	}
	var m mdnetlink.Message
	if err := m.UnmarshalBinary(answer); err != nil {
		return 0, fmt.Errorf("netlink: %w", err)
	}
	if m.Header.Type == mdnetlink.Error && len(m.Data) >= 4 {
		return 0, syscall.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
	}
	if len(m.Data) >= 4 {
		ad, err := mdnetlink.NewAttributeDecoder(m.Data[4:])
		if err != nil {
			return 0, fmt.Errorf("netlink: %w", err)
		}
		ad.ByteOrder = binary.BigEndian
		for ad.Next() {
			if ad.Type() == unix.NFTA_GEN_ID {
				return ad.Uint32(), nil
			}
		}
	}
	return 0, errors.New("nftables: the kernel does not say the generation of its tables")
}

// generation returns the number of the state of all tables in this network namespace: each transaction, whoever makes
// it, adds one, and the end of an element's time none.
func (n *nft) generation() (uint32, error) {
	if _, err := n.conn(); err != nil {
		return 0, err
	}
	g, err := askGeneration(n.socket)
	if err != nil {
		return 0, explainNft(err)
	}
	return g, nil
}

// isAbsent reports whether an error of the kernel says that something is not there.
func isAbsent(err error) bool { return errors.Is(err, unix.ENOENT) }
