package firewall

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/google/nftables"
)

// sync makes the rolls what is in the kernel.
func (n *nft) sync() error {
	before, err := n.generation()
	if err != nil {
		return err
	}
	addrs, nets, there, _, err := n.read()
	if err != nil {
		return err
	}
	n.addrs, n.nets, n.synced = addrs, nets, true
	n.wanted = n.wanted || there
	n.sound = n.sound && n.seen == before
	n.known, n.seen = true, before
	n.advance(before, 0)
	return nil
}

// read returns what is in the kernel, whether our table is there at all, and how many pieces of prefixes each set has.
func (n *nft) read() (addrs, nets rolls, there bool, parts [setCount]int, err error) {
	addrs, nets = newRolls(), newRolls()
	fail := func(err error) (rolls, rolls, bool, [setCount]int, error) {
		return addrs, nets, there, parts, fmt.Errorf("nftables: %w", err)
	}
	c, err := n.conn()
	if err != nil {
		return fail(err)
	}
	sets, there, err := setNames(c)
	if err != nil || !there {
		if err != nil {
			return fail(err)
		}
		return addrs, nets, false, parts, nil
	}
	for i := range setCount {
		id := setID(i)
		for _, s := range []*nftables.Set{n.addressSet(id), n.prefixSet(id)} {
			if !sets[s.Name] {
				continue
			}
			if c, err = n.conn(); err != nil { // time for each set
				return fail(err)
			}
			es, err := n.elements(c, s, id)
			if err != nil {
				return fail(fmt.Errorf("the set %s: %w", s.Name, err))
			}
			now := time.Now()
			for _, e := range es {
				from, ok := netip.AddrFromSlice(e.Key)
				switch {
				case !ok || e.IntervalEnd:
				case !s.Interval:
					until := int64(0)
					if e.Timeout != 0 {
						until = now.Add(e.Expires + time.Second - 1).Unix()
					}
					addrs[i][netip.PrefixFrom(from, from.BitLen())] = until
				default:
					parts[i]++
					if !parseComment(nets[i], from, e.Comment) {
						// Someone else's: with a name, so that it can be removed.
						nets[i][netip.PrefixFrom(from, from.BitLen())] = 0
					}
				}
			}
			nets[i].prune(now.Unix())
		}
	}
	return addrs, nets, true, parts, nil
}

// rereads is how often a set is read again that seems to have too few elements.
const rereads = 2

// elements reads a set. While the kernel moves a hash to another size, a reader misses elements, so where there are
// fewer than there should be, those of several reads are taken together: each of them was there.
func (n *nft) elements(c *nftables.Conn, s *nftables.Set, id setID) ([]nftables.SetElement, error) {
	es, err := c.GetSetElements(s)
	if s.Interval || !n.synced {
		return es, err
	}
	seen := map[string]bool{}
	for range rereads {
		least, _ := n.addrs[id].bounds(time.Now().Unix())
		if err != nil || len(es) >= least {
			return es, err
		}
		if len(seen) == 0 {
			for _, e := range es {
				seen[string(e.Key)] = true
			}
		}
		var more []nftables.SetElement
		more, err = c.GetSetElements(s)
		for _, e := range more {
			if !seen[string(e.Key)] {
				seen[string(e.Key)] = true
				es = append(es, e)
			}
		}
	}
	return es, err
}
