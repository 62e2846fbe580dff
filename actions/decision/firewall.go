package decision

import (
	"cmp"
	"context"
	"fmt"
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

// memberKey is what tells members of a Firewall apart.
type memberKey struct {
	target Target
	kind   Kind
}

// nowhere is the Firewall of a Store that only records.
type nowhere struct{}

// Apply implements Firewall.
func (nowhere) Apply(context.Context, []Change) error { return nil }

// List implements Firewall.
func (nowhere) List(context.Context) ([]Member, error) { return nil, nil }

// Close implements Firewall.
func (nowhere) Close() error { return nil }
