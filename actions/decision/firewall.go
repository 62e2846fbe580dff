package decision

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// A Firewall keeps targets out. It has a set of members for each kind. The Store calls it from one goroutine.
type Firewall interface {
	// Apply makes changes, in their order, as one batch. To add a member that is there sets its Until again; to
	// remove one that is not there is not an error. A kernel that cannot hold an Until so far away holds the furthest
	// that it can: Reconcile adds the member again. Where some changes could not be made, the error is or wraps a
	// *PartialError that has them; after any other error nothing is known of any of them.
	Apply(ctx context.Context, changes []Change) error
	// List returns the members that are there, in any order. Until need not be exact to more than a second.
	List(ctx context.Context) ([]Member, error)
	// Close lets go of what the process holds. The members stay: a quarantine ends by itself, and a block holds
	// while the daemon is restarted.
	Close() error
}

// A Member is a target in the set of a kind.
type Member struct {
	Target Target
	Kind   Kind      // Block or Quarantine
	Until  time.Time // when the firewall lets it go by itself; zero for never
}

// compare orders members by target and kind.
func (m Member) compare(n Member) int {
	return cmp.Or(m.Target.Compare(n.Target), cmp.Compare(m.Kind, n.Kind))
}

// A Change adds a member or removes it.
type Change struct {
	Remove bool
	Member
}

// A PartialError says which changes of a batch were not made. All others were.
type PartialError struct {
	Changes []Change
	Err     error // of the first of them
}

// Error implements error.
func (e *PartialError) Error() string {
	return fmt.Sprintf("%d changes could not be made, the first of %s: %v", len(e.Changes), e.Changes[0].Target, e.Err)
}

// Unwrap returns the error of the first change.
func (e *PartialError) Unwrap() error { return e.Err }

// Memory is a Firewall that keeps its members in memory and stops nothing: for tests, and for a Store that only
// records. Its zero value is empty and ready. It may be used by several goroutines.
type Memory struct {
	// Limit is how many members fit in; 0 for any number. It is not to be changed later.
	Limit int

	mu      sync.Mutex
	members map[memberKey]Member
	batches []int // sizes of the batches that were applied
	fail    error
	closed  bool
}

type memberKey struct {
	target Target
	kind   Kind
}

// Apply implements Firewall.
func (m *Memory) Apply(_ context.Context, changes []Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.members == nil {
		m.members = map[memberKey]Member{}
	}
	m.batches = append(m.batches, len(changes))
	var left []Change
	for _, c := range changes {
		k := memberKey{c.Target, c.Kind}
		_, there := m.members[k]
		switch {
		case c.Remove:
			delete(m.members, k)
		case !there && m.Limit > 0 && len(m.members) >= m.Limit:
			left = append(left, c)
		default:
			m.members[k] = c.Member
		}
	}
	if left != nil {
		return &PartialError{left, fmt.Errorf("the set is full with %d members", m.Limit)}
	}
	return nil
}

// List implements Firewall; the members are sorted.
func (m *Memory) List(context.Context) ([]Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	return slices.SortedFunc(maps.Values(m.members), Member.compare), nil
}

// Close implements Firewall.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// Fail makes everything fail with an error from now on; nil ends it.
func (m *Memory) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// Flush takes all members out, as someone with another tool does.
func (m *Memory) Flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members = nil
}

// Batches returns the sizes of the batches that were applied, in their order.
func (m *Memory) Batches() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.batches)
}
