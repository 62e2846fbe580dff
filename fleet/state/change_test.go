package state

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// A line is a journal of this process, with servers that follow it.
type line struct {
	mu  sync.Mutex
	all [][]byte
	ids []string
}

func (l *line) Append(_ context.Context, id string, change []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.ids, id) {
		l.ids, l.all = append(l.ids, id), append(l.all, change)
	}
	return nil
}

// follow applies what a file does not have yet.
func (l *line) follow(t *testing.T, d *DB) {
	t.Helper()
	l.mu.Lock()
	all := slices.Clone(l.all)
	l.mu.Unlock()
	ctx := context.Background() // it goes on while the test ends
	at, err := d.Applied(ctx)
	if err != nil {
		t.Error(err)
		return
	}
	for ; at < uint64(len(all)); at++ {
		if err := d.Apply(ctx, at+1, all[at]); err != nil {
			t.Error(err)
		}
	}
}

// TestJournal: what one server changes is in the file of every other, in one order, also of one that comes later; and what
// two want at once only one gets.
func TestJournal(t *testing.T) {
	ctx := t.Context()
	journal := &line{}
	open := func(heard func(Subject)) *DB {
		d, err := Open(filepath.Join(t.TempDir(), "server.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		d.Share(journal, heard)
		return d
	}
	var told []Subject
	var mu sync.Mutex
	one, two := open(func(Subject) {}), open(func(s Subject) { mu.Lock(); told = append(told, s); mu.Unlock() })
	done := make(chan struct{})
	var following sync.WaitGroup
	for _, d := range []*DB{one, two} {
		following.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
					journal.follow(t, d)
				}
			}
		})
	}
	key, err := one.NewKey(ctx, "siem", Viewer, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.NewKey(ctx, "siem", Viewer, "test"); err == nil {
		t.Error("a name is taken twice")
	}
	if k, err := two.Key(ctx, key); err != nil || k == nil {
		t.Errorf("the other server does not know the key: %v", err)
	}
	token, err := one.NewToken(ctx, time.Hour, 1, Labels{"site": "x"}, "test")
	if err != nil {
		t.Fatal(err)
	}
	// Both use the token's one use at once.
	if _, err := two.Tokens(ctx); err != nil {
		t.Fatal(err)
	}
	sign := func(string) (string, time.Time, error) { return "1", time.Now().Add(time.Hour), nil }
	var joined, refused int
	var joining sync.WaitGroup
	for i, d := range []*DB{one, two} {
		joining.Go(func() {
			_, err := d.Join(ctx, token, []string{"a", "b"}[i], 10, sign)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				joined++
			case errors.Is(err, ErrToken):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	joining.Wait()
	if joined != 1 || refused != 1 {
		t.Errorf("%d joined, %d were refused", joined, refused)
	}
	if err := two.SetDecision(ctx, &Decision{Target: "203.0.113.7", Kind: "block"}); err != nil {
		t.Fatal(err)
	}
	if err := one.SetDecision(ctx, &Decision{Target: "203.0.113.8", Kind: "block"}); err != nil {
		t.Fatal(err)
	}
	close(done)
	following.Wait()
	for _, d := range []*DB{one, two, open(func(Subject) {})} {
		journal.follow(t, d)
		agents, err := d.Agents(ctx)
		if err != nil || len(agents) != 1 {
			t.Errorf("%d agents, %v", len(agents), err)
		}
		decisions, err := d.Decisions(ctx)
		if err != nil || len(decisions) != 2 {
			t.Errorf("%d decisions, %v", len(decisions), err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Contains(told, Subject{AboutDecisions, "203.0.113.8"}) || slices.Contains(told, Subject{AboutDecisions, "203.0.113.7"}) {
		t.Errorf("a server hears of what others change, not of its own: %v", told)
	}
}

// TestUnread: a change that no server can read stops none of them.
func TestUnread(t *testing.T) {
	d, err := Open(filepath.Join(t.TempDir(), "server.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	d.Share(&line{}, func(Subject) {})
	if err := d.Apply(t.Context(), 1, []byte("{")); err != nil {
		t.Error(err)
	}
	if at, err := d.Applied(t.Context()); err != nil || at != 1 {
		t.Errorf("%d %v", at, err)
	}
}
