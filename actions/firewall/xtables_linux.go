package firewall

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/actions/decision"
)

// setPrefix is what the names of ipsets begin with.
const setPrefix = "ruleids-"

// xtables is the backend "iptables": members in ipsets, and a chain of rules by the iptables program.
type xtables struct {
	config *Config
	log    *slog.Logger
	mended atomic.Bool // the structure was looked at once
	wanted atomic.Bool // the structure is to be there: it was made here, or found

	structure sync.Mutex // one at a time makes chains, rules and sets; taken before mu
	families  []*family  // nil until they are needed

	mu      sync.Mutex
	sets    ipsets
	rolls   rolls               // what was added and is not over
	compare [setCount]time.Time // when members are compared again
}

func newXtables(config *Config, log *slog.Logger) *xtables {
	return &xtables{config: config, log: log, rolls: newRolls()}
}

// Apply implements decision.Firewall. Of members no program is run: one message changes many.
func (x *xtables) Apply(ctx context.Context, changes []decision.Change) error {
	now := time.Now()
	by, left := arrange(changes, now)
	if by.adds() && !x.mended.Load() {
		if _, err := x.mend(ctx); err != nil {
			return err
		}
	}
	more, err := x.change(ctx, by, now)
	if errors.Is(err, unix.ENOENT) {
		// Someone removed a set. All changes are made once more.
		if _, err := x.mend(ctx); err != nil {
			return err
		}
		more, err = x.change(ctx, by, now)
	}
	if err != nil {
		return explain(err)
	}
	left.add(more.why, more.changes...)
	return left.err()
}

func (x *xtables) change(ctx context.Context, by arranged, now time.Time) (left refusal, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range by {
		id := setID(i)
		name := setPrefix + id.name()
		if err := ctx.Err(); err != nil {
			return left, err
		}
		if !id.is4() && !hasIPv6() {
			left.add(errNoIPv6, by[i].add...)
			continue
		}
		by[i].remove, _ = holdable(by[i].remove)
		add, never := holdable(by[i].add)
		left.add(errNoPrefix0, never...)
		some, cause, err := x.sets.applyAll(nl.IPSET_CMD_DEL, name, by[i].remove, now)
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return left, err
		}
		left.add(cause, some...)
		for _, c := range by[i].remove {
			delete(x.rolls[i], c.Target.Prefix())
		}
		some, cause, err = x.sets.applyAll(nl.IPSET_CMD_ADD, name, add, now)
		if err != nil {
			return left, err
		}
		if errors.Is(cause, errHashFull) {
			cause = fullError(name, x.config.SetSize)
		}
		left.add(cause, some...)
		failed := make(map[decision.Target]bool, len(some))
		for _, c := range some {
			failed[c.Target] = true
		}
		for _, c := range add {
			if !failed[c.Target] {
				n, _ := seconds(c.Until, now, maxTimeout)
				x.rolls[i].put(c.Target.Prefix(), n, now)
			}
		}
	}
	return left, nil
}

// holdable tells the changes apart that a set can take; see setType.
func holdable(changes []decision.Change) (can, never []decision.Change) {
	for _, c := range changes {
		if c.Target.Prefix().Bits() == 0 {
			never = append(never, c)
		} else {
			can = append(can, c)
		}
	}
	return can, never
}

// List implements decision.Firewall.
func (x *xtables) List(ctx context.Context) ([]decision.Member, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []decision.Member
	for i := range x.rolls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		id := setID(i)
		entries, err := x.sets.members(setPrefix + id.name())
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return nil, explain(err)
		}
		now := time.Now()
		next := make(roll, len(entries))
		for _, e := range entries {
			next.put(e.prefix, int64(e.timeout), now)
			until := time.Time{}
			if e.timeout != 0 {
				until = now.Add(time.Duration(e.timeout) * time.Second)
			}
			out = append(out, member(e.prefix, id.kind(), until))
		}
		x.rolls[i] = next
		if err == nil {
			x.wanted.Store(true)
		}
	}
	return out, nil
}

// Close implements decision.Firewall.
func (x *xtables) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.sets.close()
}

// mend makes what is missing of sets, chains, rules and jumps, and says what that was. The first time,
// jumps from chains that are not in the settings any more go.
func (x *xtables) mend(ctx context.Context) (missing []string, err error) {
	x.structure.Lock()
	defer x.structure.Unlock()
	missing, err = x.mendSets()
	if err != nil {
		return missing, err
	}
	families, err := x.programs()
	if err != nil {
		return missing, err
	}
	for _, f := range families {
		if err := ctx.Err(); err != nil {
			return missing, err
		}
		some, err := f.mend(x.config, x.log, !x.mended.Load())
		missing = append(missing, some...)
		if err != nil {
			return missing, err
		}
	}
	x.wanted.Store(true)
	x.mended.Store(true)
	return missing, nil
}

// mendSets makes the sets that are missing, and compares their members with the rolls.
func (x *xtables) mendSets() (missing []string, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.rolls {
		id := setID(i)
		if !id.is4() && !hasIPv6() {
			continue
		}
		name := setPrefix + id.name()
		made, err := x.sets.ensure(name, id.is4(), x.config.SetSize)
		if err != nil {
			return missing, err
		}
		if made {
			missing = append(missing, "the set "+name)
			continue // its members are missing too, and that needs no report
		}
		missing = append(missing, x.differences(id)...)
	}
	return missing, nil
}

// compareEvery bounds what comparing members costs: after a set was read, that is not done again before this many times
// the time that it took.
const compareEvery = 20

// differences says in words how a set is not as it should be. The number of members is looked at each time; the members
// themselves, of which the kernel has to hand over all, as often as they are few.
func (x *xtables) differences(id setID) []string {
	name := setPrefix + id.name()
	head, err := x.sets.header(name)
	if err != nil {
		return nil
	}
	start := time.Now()
	least, most := x.rolls[id].bounds(start.Unix())
	if head.members >= least && head.members <= most && start.Before(x.compare[id]) {
		return nil
	}
	entries, err := x.sets.members(name)
	if err != nil {
		return nil
	}
	now := time.Now()
	have := make(roll, len(entries))
	for _, e := range entries {
		have.put(e.prefix, int64(e.timeout), now)
	}
	x.compare[id] = now.Add(compareEvery * now.Sub(start))
	return x.rolls[id].differences(name, have, now.Unix())
}

// repair implements keeper.
func (x *xtables) repair(ctx context.Context) ([]string, error) {
	if !x.wanted.Load() {
		found, err := x.found()
		if err != nil || !found {
			return nil, err
		}
		if _, err := x.List(ctx); err != nil { // what is there is what should be, until someone says otherwise
			return nil, err
		}
	}
	return x.mend(ctx)
}

// found reports whether any of the sets is there.
func (x *xtables) found() (bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.rolls {
		_, err := x.sets.header(setPrefix + setID(i).name())
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, unix.ENOENT) {
			return false, explain(err)
		}
	}
	return false, nil
}

// show implements keeper.
func (x *xtables) show(ctx context.Context) (State, error) {
	x.structure.Lock()
	defer x.structure.Unlock()
	s := State{Backend: Iptables}
	families, err := x.programs()
	if err != nil {
		return s, err
	}
	for _, f := range families {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		if err := f.show(x.config, &s); err != nil {
			return s, err
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.rolls {
		id := setID(i)
		h, err := x.sets.header(setPrefix + id.name())
		if errors.Is(err, unix.ENOENT) {
			continue
		} else if err != nil {
			return s, explain(err)
		}
		s.Sets = append(s.Sets, Set{Name: setPrefix + id.name(), Family: id.family(), Kind: id.kind(), Members: h.members, Size: h.size})
	}
	s.Installed = s.Installed || len(s.Sets) > 0
	return s, nil
}

// flush implements keeper.
func (x *xtables) flush(ctx context.Context) error {
	x.structure.Lock()
	defer x.structure.Unlock()
	if err := errors.Join(x.forget(ctx), removeTable()); err != nil {
		return err
	}
	x.wanted.Store(false)
	x.mended.Store(false)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rolls = newRolls()
	return nil
}

// forget removes chains and sets.
func (x *xtables) forget(ctx context.Context) error {
	var errs []error
	families, err := x.programs()
	if found, _ := x.found(); err != nil && found {
		errs = append(errs, err) // without the program there may be no rules, but here were some
	}
	for _, f := range append(families[:len(families):len(families)], others(families)...) {
		if err := ctx.Err(); err != nil {
			return err
		}
		errs = append(errs, f.remove())
	}
	return errors.Join(append(errs, removeSets())...)
}
