package firewall

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/google/nftables"
	mdnetlink "github.com/mdlayher/netlink"

	"github.com/ruleids/ruleids/actions/decision"
)

const (
	// elements is how many elements are in one message: their attribute has 16 bits for its length.
	elements = 500
	// transaction is how many elements change at once.
	transaction = 4000
)

// nft is the backend "nftables": a table of its own. For each kind of decision and each family there is a set of
// addresses, a hash, and a set of prefixes, which holds intervals.
type nft struct {
	config *Config

	mu     sync.Mutex
	synced bool   // rolls are what is in the kernel, but for what others do
	mended bool   // the structure was looked at once
	wanted bool   // the structure is to be there: it was made here, or found
	addrs  rolls  // addresses
	nets   rolls  // prefixes
	seen   uint32 // a generation of all tables; see generation
	known  bool   // at that, the rolls were what is in the kernel
	sound  bool   // at that, the structure was right too

	// One socket serves all operations: to close one waits until the kernel has freed what transactions deleted. After
	// an error there is another, so that what is left of an operation is not taken for the answer to the next.
	lasting *nftables.Conn
	socket  *mdnetlink.Conn // of lasting
}

func newNft(config *Config) *nft {
	return &nft{config: config, addrs: newRolls(), nets: newRolls()}
}

// Apply implements decision.Firewall.
func (n *nft) Apply(ctx context.Context, changes []decision.Change) (err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.after(&err)
	now := time.Now()
	by, left := arrange(changes, now)
	if !n.synced {
		if err := n.sync(); err != nil {
			return err
		}
	}
	if !n.wanted && !by.adds() {
		return left.err()
	}
	if !n.mended {
		if _, err := n.mend(); err != nil {
			return err
		}
	}
	before, err := n.generation()
	if err != nil {
		return err
	}
	more, commits, err := n.change(ctx, by, now, false)
	if err != nil && ctx.Err() == nil {
		// The kernel is not as the rolls say: someone changed it, or an element ended this very moment. All changes are
		// made once more, in a way that does not depend on what is there.
		n.hangUp()
		if _, err := n.mend(); err != nil {
			return err
		}
		if err := n.sync(); err != nil {
			return err
		}
		if before, err = n.generation(); err != nil {
			return err
		}
		more, commits, err = n.change(ctx, by, now, true)
	}
	if err != nil {
		n.synced = false
		return fmt.Errorf("nftables: %w", err)
	}
	n.advance(before, commits)
	left.add(more.why, more.changes...)
	return left.err()
}

// change makes changes, and returns those for which there is no room. With careful, nothing is taken for granted about
// what is there.
func (n *nft) change(ctx context.Context, by arranged, now time.Time, careful bool) (left refusal, commits int, err error) {
	for i := range by {
		if err := ctx.Err(); err != nil {
			return left, commits, err
		}
		id := setID(i)
		add, rest := n.sortOut(id, by[i])
		left.add(fullError(id.name(), n.config.SetSize), rest...)
		addrs, nets := split(orders{by[i].remove, add})
		k, err := n.changeAddresses(id, addrs, now, careful)
		commits += k
		if err == nil {
			k, err = n.changePrefixes(id, nets, now, careful)
			commits += k
		}
		if err != nil {
			return left, commits, fmt.Errorf("the set %s: %w", id.name(), err)
		}
	}
	return left, commits, nil
}

// has reports whether a member is on a roll.
func (n *nft) has(id setID, p netip.Prefix) bool {
	r := n.addrs[id]
	if !p.IsSingleIP() {
		r = n.nets[id]
	}
	_, ok := r[p]
	return ok
}

// sortOut tells apart the members to be added for which there is room, in their order. Those that are there need none.
func (n *nft) sortOut(id setID, o orders) (fit, left []decision.Change) {
	if len(n.addrs[id])+len(n.nets[id])+len(o.add) <= n.config.SetSize {
		return o.add, nil
	}
	now := time.Now().Unix()
	n.addrs[id].prune(now)
	n.nets[id].prune(now)
	free := n.config.SetSize - len(n.addrs[id]) - len(n.nets[id])
	for _, c := range o.remove {
		if n.has(id, c.Target.Prefix()) {
			free++
		}
	}
	for _, c := range o.add {
		if !n.has(id, c.Target.Prefix()) {
			if free <= 0 {
				left = append(left, c)
				continue
			}
			free--
		}
		fit = append(fit, c)
	}
	return fit, left
}

// advance takes down a number of transactions of ours after a generation. Where there were others, nothing is known any
// more.
func (n *nft) advance(before uint32, commits int) {
	after, err := n.generation()
	n.known = n.known && n.seen == before && err == nil && after == before+uint32(commits)
	n.sound = n.sound && n.known
	n.seen = after
}

// split tells addresses from prefixes.
func split(o orders) (addrs, nets orders) {
	part := func(cs []decision.Change) (a, p []decision.Change) {
		for _, c := range cs {
			if c.Target.Single() {
				a = append(a, c)
			} else {
				p = append(p, c)
			}
		}
		return a, p
	}
	addrs.remove, nets.remove = part(o.remove)
	addrs.add, nets.add = part(o.add)
	return addrs, nets
}

// A step adds an element or deletes it.
type step struct {
	remove bool
	nftables.SetElement
}

// changeAddresses changes the set of addresses, and returns how many transactions that took.
func (n *nft) changeAddresses(id setID, o orders, now time.Time, careful bool) (commits int, err error) {
	r := n.addrs[id]
	var steps []step
	commit := func() error {
		if len(steps) == 0 {
			return nil
		}
		err := n.commit(n.addressSet(id), steps, false)
		steps = steps[:0]
		commits++
		return err
	}
	soon := now.Unix() + slack
	for i, c := range append(o.remove[:len(o.remove):len(o.remove)], o.add...) {
		p := c.Target.Prefix()
		e := nftables.SetElement{Key: p.Addr().AsSlice()}
		until, there := r[p]
		// An element whose time may be over is added again first: to delete what is not there fails, and with it the
		// whole transaction; to add what is there does not.
		if unsure := careful || there && until != 0 && until <= soon; unsure {
			steps = append(steps, step{false, e})
			there = true
		}
		if there {
			steps = append(steps, step{true, e})
		}
		if i < len(o.remove) {
			delete(r, p)
		} else {
			if !c.Until.IsZero() {
				e.Timeout = max(c.Until.Sub(now), time.Millisecond)
			}
			steps = append(steps, step{false, e})
			s, _ := seconds(c.Until, now, 1<<40)
			r.put(p, s, now)
		}
		if len(steps) >= transaction-3 {
			if err := commit(); err != nil {
				return commits, err
			}
		}
	}
	return commits, commit()
}

// changePrefixes changes the set of prefixes. Where one lies within another, or covers it, the whole set is made
// again, in one transaction; see interval.
func (n *nft) changePrefixes(id setID, o orders, now time.Time, careful bool) (commits int, err error) {
	if len(o.remove)+len(o.add) == 0 {
		return 0, nil
	}
	r := n.nets[id]
	r.prune(now.Unix())
	alone := len(o.add) == 1 && len(o.remove) == 0 && !careful
	for _, c := range o.remove {
		delete(r, c.Target.Prefix())
	}
	if alone {
		p := o.add[0].Target.Prefix()
		for q := range r {
			alone = alone && !p.Overlaps(q)
		}
	}
	for _, c := range o.add {
		s, _ := seconds(c.Until, now, 1<<40)
		r.put(c.Target.Prefix(), s, now)
	}
	if alone {
		p := o.add[0].Target.Prefix()
		one := roll{p: r[p]}
		return 1, n.commit(n.prefixSet(id), pieces(one, now), false)
	}
	return 1, n.commit(n.prefixSet(id), pieces(r, now), true)
}

// pieces returns the steps that add prefixes.
func pieces(r roll, now time.Time) (steps []step) {
	for _, x := range intervals(r) {
		e := nftables.SetElement{Key: x.from.AsSlice(), Comment: x.comment(r)}
		if x.until != 0 {
			e.Timeout = max(time.Unix(x.until, 0).Sub(now), time.Millisecond)
		}
		steps = append(steps, step{false, e})
		if end := x.last.Next(); end.IsValid() { // without an end it goes up to the last address of all
			steps = append(steps, step{false, nftables.SetElement{Key: end.AsSlice(), IntervalEnd: true}})
		}
	}
	return steps
}

// commit makes steps as one transaction; with flush the set is emptied first.
func (n *nft) commit(set *nftables.Set, steps []step, flush bool) error {
	c, err := n.conn()
	if err != nil {
		return err
	}
	if flush {
		c.FlushSet(set)
	}
	if err := queue(c, set, steps); err != nil {
		return err
	}
	return c.Flush()
}

// queue puts steps into messages, in their order.
func queue(c *nftables.Conn, set *nftables.Set, steps []step) error {
	for len(steps) > 0 {
		k := 1
		for k < len(steps) && k < elements && steps[k].remove == steps[0].remove {
			k++
		}
		es := make([]nftables.SetElement, k)
		for i := range es {
			es[i] = steps[i].SetElement
		}
		change := c.SetAddElements
		if steps[0].remove {
			change = c.SetDeleteElements
		}
		if err := change(set, es); err != nil {
			return err
		}
		steps = steps[k:]
	}
	return nil
}

// List implements decision.Firewall.
func (n *nft) List(ctx context.Context) (out []decision.Member, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.after(&err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g, err := n.generation()
	if err != nil {
		return nil, err
	}
	// To read a large set costs the kernel a second. Where nothing was changed it has what the rolls have.
	if !n.known || g != n.seen {
		if err := n.sync(); err != nil {
			return nil, err
		}
	}
	now := time.Now().Unix()
	for i := range setCount {
		n.addrs[i].prune(now)
		n.nets[i].prune(now)
		for _, r := range []roll{n.addrs[i], n.nets[i]} {
			for p, until := range r {
				out = append(out, member(p, setID(i).kind(), untilOf(until)))
			}
		}
	}
	return out, nil
}

// Close implements decision.Firewall.
func (n *nft) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hangUp()
}
