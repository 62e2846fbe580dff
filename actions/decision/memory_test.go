package decision

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Memory is a Firewall that keeps its members in memory and stops nothing. Its zero value is empty and ready. It may be used by
// several goroutines.
type Memory struct {
	// Limit is how many members fit in; 0 for any number. It is not to be changed later.
	Limit int

	mu      sync.Mutex
	members map[memberKey]Member
	batches []int // sizes of the batches that were applied
	fail    error
	closed  bool
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
