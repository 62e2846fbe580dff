package firewall

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

// A setID is a kind of decision in a family of addresses: each has a set of its own.
type setID int

// setCount is the number of sets: block and quarantine, of IPv4 and IPv6.
const setCount = 4

func setOf(kind decision.Kind, is4 bool) (setID, bool) {
	i := slices.Index(kinds(), kind)
	if i < 0 {
		return 0, false
	}
	i *= 2
	if !is4 {
		i++
	}
	return setID(i), true
}

func kinds() []decision.Kind { return []decision.Kind{decision.Block, decision.Quarantine} }

func (i setID) kind() decision.Kind { return kinds()[i/2] }
func (i setID) is4() bool           { return i%2 == 0 }

// name is "block4", "quarantine6".
func (i setID) name() string {
	if i.is4() {
		return string(i.kind()) + "4"
	}
	return string(i.kind()) + "6"
}

func (i setID) family() string {
	if i.is4() {
		return "ipv4"
	}
	return "ipv6"
}

// orders are the changes to one set.
type orders struct {
	remove, add []decision.Change
}

// A refusal is the changes of an Apply that cannot be made, and why the first of them cannot.
type refusal struct {
	changes []decision.Change
	why     error
}

func (r *refusal) add(why error, changes ...decision.Change) {
	if len(r.changes) == 0 {
		r.why = why
	}
	r.changes = append(r.changes, changes...)
}

// err returns the refusal as an error; nil where everything was made.
func (r *refusal) err() error {
	if len(r.changes) == 0 {
		return nil
	}
	return &decision.PartialError{Changes: r.changes, Err: r.why}
}

var errNoMember = errors.New("this is not a target, or not a kind of decision")

// arranged are the changes to each set.
type arranged [setCount]orders

// adds reports whether there is something to be added.
func (by *arranged) adds() bool {
	return slices.ContainsFunc(by[:], func(o orders) bool { return len(o.add) > 0 })
}

// arrange sorts changes by set. The last change to a member counts. Those that no set can take are left.
func arrange(changes []decision.Change, now time.Time) (by arranged, left refusal) {
	type key struct {
		target decision.Target
		kind   decision.Kind
	}
	last := make(map[key]int, len(changes))
	if len(changes) > 1 {
		for i, c := range changes {
			last[key{c.Target, c.Kind}] = i
		}
	}
	for i, c := range changes {
		if len(changes) > 1 && last[key{c.Target, c.Kind}] != i {
			continue
		}
		id, ok := setOf(c.Kind, c.Target.Is4())
		switch {
		case !ok || !c.Target.IsValid():
			left.add(errNoMember, c)
		case c.Remove || !c.Until.IsZero() && !c.Until.After(now):
			by[id].remove = append(by[id].remove, c)
		default:
			by[id].add = append(by[id].add, c)
		}
	}
	return by, left
}

// A roll is what a set should have: for each prefix when it ends, in Unix seconds; 0 for never.
type roll map[netip.Prefix]int64

// rolls are those of all sets.
type rolls [setCount]roll

// newRolls returns rolls with nothing on them.
func newRolls() (out rolls) {
	for i := range out {
		out[i] = roll{}
	}
	return out
}

// count returns how many members there are of each set.
func count(members []decision.Member) (out [setCount]int) {
	for _, m := range members {
		id, _ := setOf(m.Kind, m.Target.Is4())
		out[id]++
	}
	return out
}

// prune forgets what is over.
func (r roll) prune(now int64) {
	for p, until := range r {
		if until != 0 && until <= now {
			delete(r, p)
		}
	}
}

// slack is by how many seconds kernel and roll may differ about the end of a member.
const slack = 2

// bounds returns how many members the set has at least and at most, and forgets those that it cannot have any more.
func (r roll) bounds(now int64) (least, most int) {
	r.prune(now - slack)
	for _, until := range r {
		if until == 0 || until > now+slack {
			least++
		}
	}
	return least, len(r)
}

// differences says in words how the members of a set differ from what it should have; nothing where they do not. It
// forgets what the set cannot have any more.
func (r roll) differences(name string, have roll, now int64) (out []string) {
	r.prune(now - slack)
	lasting, missing, moved := 0, 0, 0
	for p, until := range r {
		got, there := have[p]
		if until == 0 || until > now+slack {
			lasting++
			if !there {
				missing++
			}
		}
		if d := got - until; there && (got == 0) != (until == 0) || there && (d > slack+1 || -d > slack+1) {
			moved++
		}
	}
	more := 0
	for p, until := range have {
		if _, wanted := r[p]; !wanted && (until == 0 || until > now+slack) {
			more++
		}
	}
	if missing > 0 {
		out = append(out, fmt.Sprintf("%d of %d members of the set %s", missing, lasting, name))
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("the set %s has %d members that it should not have", name, more))
	}
	if moved > 0 {
		out = append(out, fmt.Sprintf("%d members of the set %s end at another time than they should", moved, name))
	}
	return out
}

// put takes down a member that was added for some seconds; 0 for ever.
func (r roll) put(p netip.Prefix, n int64, now time.Time) {
	if n != 0 {
		n += now.Unix()
	}
	r[p] = n
}

// member returns a member as package decision has it.
func member(p netip.Prefix, kind decision.Kind, until time.Time) decision.Member {
	return decision.Member{Target: decision.TargetOfPrefix(p), Kind: kind, Until: until}
}

// untilOf is the end of a member of a roll.
func untilOf(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0)
}

func comparePrefix(p, q netip.Prefix) int {
	return cmp.Or(p.Addr().Compare(q.Addr()), cmp.Compare(p.Bits(), q.Bits()))
}
