package decision

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// A gate is a Memory that lists its members when it is told to, unless the context is done by then.
type gate struct {
	Memory
	open chan struct{}
}

func (g *gate) List(ctx context.Context) ([]Member, error) {
	<-g.open
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return g.Memory.List(ctx)
}

// TestCallersMayLeave: what somebody began and waits for no longer is finished, without trouble, and nothing of it is
// shared with who left.
func TestCallersMayLeave(t *testing.T) {
	c := setting.New[Config]()
	c.Journal, c.Audit = t.TempDir()+"/decisions.jsonl", ""
	g := &gate{open: make(chan struct{}, 100)}
	g.open <- struct{}{} // at the start
	b, _, err := Open(t.Context(), c, Options{Firewall: g, Host: newHost(), ops: quickOps()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	next := *c
	next.Mode = "enforce"
	for _, begin := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := b.Reconfigure(ctx, &next); return err },
		func(ctx context.Context) error { _, _, err := b.Reconcile(ctx); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := begin(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		cancel()
		g.open <- struct{}{}
	}
	if err := b.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := b.Status(); s.Mode != Enforce || b.troubles.firewall.State().Failures != 0 {
		t.Errorf("%+v", s)
	}
}
