package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// A Ruleset is one that was given to agents, and how far that went.
type Ruleset struct {
	Number  int64     `json:"number"`
	Digest  string    `json:"digest"`
	State   string    `json:"state"` // canary, quarter, all, held (taken back) or replaced (by a later one)
	Created time.Time `json:"created"`
	By      string    `json:"by"`
	Label   string    `json:"label,omitempty"` // of the agents that it is for; all where it is left out
	Canary  float64   `json:"canary"`          // share of agents in the first stage
	Soak    float64   `json:"soak_seconds"`    // of each stage
	Since   time.Time `json:"since"`           // when this stage began
	Reason  string    `json:"reason,omitempty"`
	Stage   []string  `json:"stage"` // identities of agents that should run it now; empty: all
	// Baseline is how the agents of the stage were before, by their identities.
	Baseline map[string]Baseline `json:"baseline"`
	Size     int                 `json:"size"` // bytes
	Rules    int                 `json:"rules"`
}

// A Baseline is how an agent was before it got a rule set.
type Baseline struct {
	Since  time.Time `json:"since"`  // when it was told
	Alerts float64   `json:"alerts"` // a minute, over the day before
	CPU    float64   `json:"cpu"`
	Loss   float64   `json:"loss"`
}

// AddRuleset keeps a new rule set with its bundle, and numbers it.
func (d *DB) AddRuleset(ctx context.Context, r *Ruleset, bundle []byte) error {
	doc, err := json.Marshal(r)
	if err != nil {
		return err
	}
	out, err := d.change(ctx, Subject{What: AboutRulesets}, do(`INSERT INTO ruleset(digest, state, created, by, doc, bundle) VALUES(?, ?, ?, ?, ?, ?)`, r.Digest, r.State, unix(r.Created), r.By, string(doc), bundle))
	r.Number = out.id
	return err
}

// SaveRuleset keeps the state of a rule set.
func (d *DB) SaveRuleset(ctx context.Context, r *Ruleset) error {
	doc, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return d.alter(ctx, Subject{What: AboutRulesets}, must(`UPDATE ruleset SET state = ?, doc = ? WHERE number = ?`, r.State, string(doc), r.Number))
}

// Rulesets lists all rule sets, the newest first.
func (d *DB) Rulesets(ctx context.Context) ([]*Ruleset, error) {
	return pointers(list(ctx, d, func(r *Ruleset) []any { return []any{document{r}, &r.Number} }, `SELECT doc, number FROM ruleset ORDER BY number DESC LIMIT 1000`))
}

// Bundle returns the bundle of a digest; nil where there is none.
func (d *DB) Bundle(ctx context.Context, digest string) (bundle []byte, err error) {
	err = d.db.QueryRowContext(ctx, `SELECT bundle FROM ruleset WHERE digest = ? ORDER BY number DESC LIMIT 1`, digest).Scan(&bundle)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return bundle, err
}
