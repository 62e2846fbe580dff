package firewall

import (
	"fmt"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

const (
	// ourName is the name of the table, and of the chain with the rules.
	ourName = "ruleids"
	// priority is that of the chains: just before those of iptables and of most tables (NF_IP_PRI_FILTER, 0).
	priority = -1
)

func ourTable() *nftables.Table {
	return &nftables.Table{Name: ourName, Family: nftables.TableFamilyINet}
}

// addressSet is the set of addresses, as it is made. It has no size in the kernel, which cannot change it; the rolls are
// held to set_size.
func (n *nft) addressSet(id setID) *nftables.Set {
	s := &nftables.Set{Table: ourTable(), Name: id.name(), KeyType: nftables.TypeIPAddr, HasTimeout: true,
		KeyByteOrder: binaryutil.BigEndian}
	if !id.is4() {
		s.KeyType = nftables.TypeIP6Addr
	}
	return s
}

// prefixSet is the set of prefixes, as it is made.
func (n *nft) prefixSet(id setID) *nftables.Set {
	s := n.addressSet(id)
	s.Name, s.Interval = id.name()+"_nets", true
	return s
}

// matchRule is the rule of the chain for a set.
func matchRule(set *nftables.Set, is4 bool, verdict string) []expr.Any {
	// Where the source is in the header: RFC 791, section 3.1; RFC 8200, section 3.
	proto, offset, length := byte(unix.NFPROTO_IPV4), uint32(12), uint32(4)
	if !is4 {
		proto, offset, length = unix.NFPROTO_IPV6, 8, 16
	}
	rule := []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{proto}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: length},
		&expr.Lookup{SourceRegister: 1, SetName: set.Name},
		&expr.Counter{},
	}
	if verdict == reject {
		return append(rule, &expr.Reject{Type: unix.NFT_REJECT_ICMPX_UNREACH, Code: unix.NFT_REJECT_ICMPX_PORT_UNREACH})
	}
	return append(rule, &expr.Verdict{Kind: expr.VerdictDrop})
}

// outline is what matters of a rule, to compare it: the set and what becomes of the packet, or the chain it goes to.
func outline(es []expr.Any) string {
	var parts []string
	for _, e := range es {
		switch e := e.(type) {
		case *expr.Counter:
		case *expr.Cmp:
			parts = append(parts, fmt.Sprintf("%x", e.Data))
		case *expr.Payload:
			parts = append(parts, fmt.Sprintf("payload %d+%d", e.Offset, e.Len))
		case *expr.Lookup:
			parts = append(parts, "@"+e.SetName)
		case *expr.Verdict:
			parts = append(parts, fmt.Sprintf("verdict %d %s", e.Kind, e.Chain))
		default:
			parts = append(parts, fmt.Sprintf("%T", e))
		}
	}
	return strings.Join(parts, " ")
}

// layout is a chain and its rules as they should be.
type layout struct {
	*nftables.Chain
	rules [][]expr.Any
}

// layouts returns the chains, that with the rules first, since the others jump to it.
func (n *nft) layouts() []layout {
	t := ourTable()
	rules := layout{Chain: &nftables.Chain{Name: ourName, Table: t}}
	for i := range setCount {
		for _, s := range []*nftables.Set{n.addressSet(setID(i)), n.prefixSet(setID(i))} {
			rules.rules = append(rules.rules, matchRule(s, setID(i).is4(), n.config.Verdict))
		}
	}
	out := []layout{rules}
	for _, hook := range n.config.hooks() {
		accept := nftables.ChainPolicyAccept
		c := &nftables.Chain{Name: strings.ToLower(hook), Table: t, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookInput,
			Priority: nftables.ChainPriorityRef(priority), Policy: &accept}
		if hook == "FORWARD" {
			c.Hooknum = nftables.ChainHookForward
		}
		out = append(out, layout{c, [][]expr.Any{{&expr.Verdict{Kind: expr.VerdictJump, Chain: ourName}}}})
	}
	return out
}

// readRule returns a rule of ours.
func readRule(r *nftables.Rule) (Rule, bool) {
	out := Rule{Chain: ourName}
	for _, e := range r.Exprs {
		switch e := e.(type) {
		case *expr.Lookup:
			out.Set = e.SetName
		case *expr.Counter:
			out.Packets, out.Bytes = e.Packets, e.Bytes
		}
	}
	for i := range setCount {
		if id := setID(i); strings.TrimSuffix(out.Set, "_nets") == id.name() {
			out.Family, out.Kind = id.family(), id.kind()
			return out, true
		}
	}
	return out, false
}
