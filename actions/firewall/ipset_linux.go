package firewall

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	mdnetlink "github.com/mdlayher/netlink"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/actions/decision"
)

const (
	// setType holds addresses and prefixes that lie within each other, and finds any of them with one lookup for each
	// length of prefix that is there. It cannot hold a prefix of length 0.
	setType = "hash:net"
	// maxTimeout is the longest that ipset can hold, in seconds (IPSET_MAX_TIMEOUT: the kernel counts milliseconds in
	// 31 bits).
	maxTimeout = 2_147_483
	// batchSize is how many members are changed with one message. Their attribute has 16 bits for its length.
	batchSize = 1000
	// flagListHeader asks for a set without its members (IPSET_FLAG_LIST_HEADER).
	flagListHeader = 1 << 2
	// errHashFull is IPSET_ERR_HASH_FULL, of the sets of type hash.
	errHashFull = syscall.Errno(nl.IPSET_ERR_TYPE_SPECIFIC)
)

var (
	errNoPrefix0 = errors.New("an ipset cannot hold a prefix of length 0; block 0.0.0.0/1 and 128.0.0.0/1, or write backend = \"nftables\"")
	errNoIpset   = errors.New("the kernel has no ipset, or this process may not use it; load the module ip_set_hash_net, keep CAP_NET_ADMIN, or write backend = \"nftables\"")
)

// ipsets talks with the kernel about sets. vishvananda/netlink makes and removes them; it changes one member with a
// message and a socket of its own, and cannot ask for a set without its members, so that is done here. The zero value
// is ready. It is for one goroutine at a time.
type ipsets struct {
	conn *mdnetlink.Conn // nil while there is none
}

// An ipset is a set as the kernel describes it.
type ipset struct {
	typeName      string
	family        uint8
	size, members int
}

func (s *ipsets) close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}

// ask sends a message and returns what the kernel says to it. An error of the kernel is or wraps a syscall.Errno.
func (s *ipsets) ask(cmd int, flags mdnetlink.HeaderFlags, attrs []byte) ([]mdnetlink.Message, error) {
	if s.conn == nil {
		conn, err := mdnetlink.Dial(unix.NETLINK_NETFILTER, nil)
		if err != nil {
			return nil, fmt.Errorf("netlink: %w", err)
		}
		s.conn = conn
	}
	data := []byte{unix.AF_UNSPEC, nl.NFNETLINK_V0, 0, 0}
	data = appendAttr(data, nl.IPSET_ATTR_PROTOCOL, nl.IPSET_PROTOCOL)
	m := mdnetlink.Message{Header: mdnetlink.Header{Type: mdnetlink.HeaderType(unix.NFNL_SUBSYS_IPSET<<8 | cmd),
		Flags: mdnetlink.Request | flags}, Data: append(data, attrs...)}
	out, err := s.conn.Execute(m)
	if err != nil && flags&mdnetlink.Dump != 0 || err != nil && !isErrno(err) {
		s.close() // there may be more to come that belongs to this message
	}
	return out, err
}

func isErrno(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno)
}

// Attributes as in include/uapi/linux/netlink.h.
const attrHeader = 4

func appendAttr(b []byte, typ uint16, value ...byte) []byte {
	b, at := openAttr(b, typ)
	return closeAttr(append(b, value...), at)
}

func openAttr(b []byte, typ uint16) ([]byte, int) {
	return binary.NativeEndian.AppendUint16(append(b, 0, 0), typ), len(b)
}

func closeAttr(b []byte, at int) []byte {
	binary.NativeEndian.PutUint16(b[at:], uint16(len(b)-at))
	for len(b)%attrHeader != 0 {
		b = append(b, 0)
	}
	return b
}

func appendUint32(b []byte, typ uint16, n uint32) []byte {
	return appendAttr(b, typ|nl.NLA_F_NET_BYTEORDER, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

func appendName(b []byte, name string) []byte {
	return appendAttr(b, nl.IPSET_ATTR_SETNAME, append([]byte(name), 0)...)
}

// An entry is a member with the seconds that are left; 0 for ever.
type entry struct {
	prefix  netip.Prefix
	timeout uint32
}

func appendEntry(b []byte, e entry) []byte {
	b, data := openAttr(b, nl.IPSET_ATTR_DATA|nl.NLA_F_NESTED)
	b, ip := openAttr(b, nl.IPSET_ATTR_IP|nl.NLA_F_NESTED)
	if a := e.prefix.Addr(); a.Is4() {
		x := a.As4()
		b = appendAttr(b, nl.IPSET_ATTR_IPADDR_IPV4|nl.NLA_F_NET_BYTEORDER, x[:]...)
	} else {
		x := a.As16()
		b = appendAttr(b, nl.IPSET_ATTR_IPADDR_IPV6|nl.NLA_F_NET_BYTEORDER, x[:]...)
	}
	b = closeAttr(b, ip)
	b = appendAttr(b, nl.IPSET_ATTR_CIDR, byte(e.prefix.Bits()))
	b = appendUint32(b, nl.IPSET_ATTR_TIMEOUT, e.timeout)
	return closeAttr(b, data)
}

// change adds entries to a set (IPSET_CMD_ADD), or removes them (IPSET_CMD_DEL), with one message for many. An error
// says nothing of any of them.
func (s *ipsets) change(cmd int, name string, entries []entry) error {
	b, adt := openAttr(appendName(make([]byte, 0, 64+64*len(entries)), name), nl.IPSET_ATTR_ADT|nl.NLA_F_NESTED)
	for _, e := range entries {
		b = appendEntry(b, e)
	}
	b = closeAttr(b, adt)
	// The kernel wants the number of a line where there are several entries, to write that of a bad one there.
	_, err := s.ask(cmd, mdnetlink.Acknowledge, appendUint32(b, nl.IPSET_ATTR_LINENO, 0))
	return err
}

// applyAll makes changes to a set and returns those that could not be made, with the error of the first. Any other
// error is the second.
func (s *ipsets) applyAll(cmd int, name string, changes []decision.Change, now time.Time) (left []decision.Change, why, err error) {
	entries := make([]entry, 0, min(len(changes), batchSize))
	for len(changes) > 0 {
		part := changes[:min(len(changes), batchSize)]
		changes = changes[len(part):]
		entries = entries[:0]
		for _, c := range part {
			n, _ := seconds(c.Until, now, maxTimeout)
			entries = append(entries, entry{c.Target.Prefix(), uint32(n)})
		}
		err := s.change(cmd, name, entries)
		if err == nil {
			continue
		}
		if !isErrno(err) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EPERM) {
			return nil, nil, err
		}
		// One of them is at fault, and those before it were made: to make them again changes nothing.
		for i, e := range entries {
			switch err := s.change(cmd, name, []entry{e}); {
			case err == nil:
			case !isErrno(err) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EPERM):
				return nil, nil, err
			default:
				left = append(left, part[i])
				if why == nil {
					why = err
				}
			}
		}
	}
	return left, why, nil
}

// header returns a set without its members; ENOENT where it is not there.
func (s *ipsets) header(name string) (*ipset, error) {
	out := &ipset{}
	err := s.list(appendUint32(appendName(nil, name), nl.IPSET_ATTR_FLAGS, flagListHeader), func(ad *mdnetlink.AttributeDecoder) error {
		switch ad.Type() {
		case nl.IPSET_ATTR_TYPENAME:
			out.typeName = ad.String()
		case nl.IPSET_ATTR_FAMILY:
			out.family = ad.Uint8()
		case nl.IPSET_ATTR_DATA:
			ad.Nested(func(ad *mdnetlink.AttributeDecoder) error {
				ad.ByteOrder = binary.BigEndian
				for ad.Next() {
					switch ad.Type() {
					case nl.IPSET_ATTR_MAXELEM:
						out.size = int(ad.Uint32())
					case nl.IPSET_ATTR_ELEMENTS:
						out.members = int(ad.Uint32())
					}
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// members returns what is in a set; ENOENT where it is not there.
func (s *ipsets) members(name string) ([]entry, error) {
	var out []entry
	err := s.list(appendName(nil, name), func(ad *mdnetlink.AttributeDecoder) error {
		if ad.Type() != nl.IPSET_ATTR_ADT {
			return nil
		}
		ad.Nested(func(ad *mdnetlink.AttributeDecoder) error {
			for ad.Next() {
				e, err := parseEntry(ad.Bytes())
				if err != nil {
					return err
				}
				out = append(out, e)
			}
			return nil
		})
		return nil
	})
	return out, err
}

// list asks for a set and hands over the attributes of the answer.
func (s *ipsets) list(attrs []byte, attr func(*mdnetlink.AttributeDecoder) error) error {
	answer, err := s.ask(nl.IPSET_CMD_LIST, mdnetlink.Dump, attrs)
	if err != nil {
		return err
	}
	for _, m := range answer {
		if len(m.Data) < nl.SizeofNfgenmsg {
			return errors.New("ipset: a short message of the kernel")
		}
		ad, err := mdnetlink.NewAttributeDecoder(m.Data[nl.SizeofNfgenmsg:])
		if err != nil {
			return fmt.Errorf("ipset: %w", err)
		}
		for ad.Next() {
			if err := attr(ad); err != nil {
				return fmt.Errorf("ipset: %w", err)
			}
		}
		if err := ad.Err(); err != nil {
			return fmt.Errorf("ipset: %w", err)
		}
	}
	return nil
}

func parseEntry(b []byte) (e entry, err error) {
	ad, err := mdnetlink.NewAttributeDecoder(b)
	if err != nil {
		return e, err
	}
	ad.ByteOrder = binary.BigEndian
	var addr netip.Addr
	bits := -1
	for ad.Next() {
		switch ad.Type() {
		case nl.IPSET_ATTR_IP:
			ad.Nested(func(ad *mdnetlink.AttributeDecoder) error {
				for ad.Next() {
					addr, _ = netip.AddrFromSlice(ad.Bytes())
				}
				return nil
			})
		case nl.IPSET_ATTR_CIDR:
			bits = int(ad.Uint8())
		case nl.IPSET_ATTR_TIMEOUT:
			e.timeout = ad.Uint32()
		}
	}
	if err := ad.Err(); err != nil {
		return e, err
	}
	if e.prefix, err = addr.Prefix(bits); err != nil {
		return e, fmt.Errorf("a member that is not a prefix: %w", err)
	}
	return e, nil
}

// ensure makes a set, or one of another size from what there is. It reports whether there was something to do.
func (s *ipsets) ensure(name string, is4 bool, size int) (made bool, err error) {
	have, err := s.header(name)
	family := uint8(unix.AF_INET)
	if !is4 {
		family = unix.AF_INET6
	}
	never := uint32(0)
	opt := netlink.IpsetCreateOptions{Family: family, MaxElements: uint32(size), Timeout: &never}
	switch {
	case errors.Is(err, unix.ENOENT):
		return true, explain(netlink.IpsetCreate(name, setType, opt))
	case err != nil:
		return false, explain(err)
	case have.typeName != setType || have.family != family:
		return false, fmt.Errorf("there is a set %s that is not of ruleids, of type %s; remove it with: ipset destroy %s", name, have.typeName, name)
	case have.size == size:
		return false, nil
	}
	entries, err := s.members(name)
	if err != nil {
		return false, explain(err)
	}
	other := name + "-new"
	if err := netlink.IpsetDestroy(other); err != nil && !errors.Is(err, unix.ENOENT) {
		return false, explain(err)
	}
	if err := netlink.IpsetCreate(other, setType, opt); err != nil {
		return false, explain(err)
	}
	for i := 0; i < min(len(entries), size) && err == nil; i += batchSize {
		err = s.change(nl.IPSET_CMD_ADD, other, entries[i:min(i+batchSize, len(entries), size)])
	}
	if err == nil {
		err = netlink.IpsetSwap(name, other)
	}
	return true, explain(errors.Join(err, netlink.IpsetDestroy(other)))
}

// explain says what an error of the kernel means.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EPROTONOSUPPORT), errors.Is(err, unix.EINVAL),
		errors.Is(err, nl.IPSetError(nl.IPSET_ERR_FIND_TYPE)), errors.Is(err, syscall.Errno(nl.IPSET_ERR_FIND_TYPE)):
		return fmt.Errorf("%w (%w)", errNoIpset, err)
	}
	return fmt.Errorf("ipset: %w", err)
}
