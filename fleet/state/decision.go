package state

import (
	"context"
	"time"
)

// A Decision is one for all agents, or for those with a label. A lifted one is kept as a tombstone: an agent that was away
// meanwhile learns from it that the target is to be released.
type Decision struct {
	Target string    `json:"target"` // address or prefix
	Kind   string    `json:"kind"`   // block or quarantine
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until,omitzero"` // zero: until it is lifted
	Reason string    `json:"reason,omitempty"`
	Source string    `json:"source"` // "person" or "rule"
	By     string    `json:"by"`     // who: an account, a key, or the agent whose rule asked
	Rule   string    `json:"rule,omitempty"`
	Label  string    `json:"label,omitempty"` // of the agents that it is for; "" for all
	Lifted time.Time `json:"lifted,omitzero"` // when; zero while it holds
}

// Holds reports whether the decision holds at a time.
func (d *Decision) Holds(now time.Time) bool {
	return d.Lifted.IsZero() && (d.Until.IsZero() || d.Until.After(now))
}

// TombstoneLife is how long a tombstone is kept: an agent that was away for longer has its decisions compared as a whole.
const TombstoneLife = 30 * 24 * time.Hour

// SetDecision makes a decision, or changes the one of its target.
func (d *DB) SetDecision(ctx context.Context, x *Decision) error {
	return d.alter(ctx, Subject{AboutDecisions, x.Target}, do(`INSERT INTO decision(target, kind, since, until, reason, source, by, rule, label, lifted) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET kind = excluded.kind, since = excluded.since, until = excluded.until, reason = excluded.reason, source = excluded.source, by = excluded.by, rule = excluded.rule, label = excluded.label, lifted = excluded.lifted`,
		x.Target, x.Kind, unix(x.Since), unix(x.Until), x.Reason, x.Source, x.By, x.Rule, x.Label, unix(x.Lifted)))
}

// Decision returns the decision of a target, or its tombstone; nil where there is none.
func (d *DB) Decision(ctx context.Context, target string) (*Decision, error) {
	list, err := d.decisions(ctx, `WHERE target = ?`, target)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// Decisions lists all decisions and tombstones that are not too old, the newest first.
func (d *DB) Decisions(ctx context.Context) ([]*Decision, error) {
	old := unix(d.now().Add(-TombstoneLife))
	if _, err := d.local(ctx, `DELETE FROM decision WHERE (lifted > 0 AND lifted < ?) OR (until > 0 AND until < ?)`, old, old); err != nil {
		return nil, err
	}
	return d.decisions(ctx, ``)
}

func (d *DB) decisions(ctx context.Context, which string, args ...any) ([]*Decision, error) {
	return pointers(list(ctx, d, func(x *Decision) []any {
		return []any{&x.Target, &x.Kind, at(&x.Since), at(&x.Until), &x.Reason, &x.Source, &x.By, &x.Rule, &x.Label, at(&x.Lifted)}
	}, `SELECT target, kind, since, until, reason, source, by, rule, label, lifted FROM decision `+which+` ORDER BY since DESC, target`, args...))
}
