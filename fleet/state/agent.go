package state

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// Labels say where an agent belongs: site=berlin.
type Labels map[string]string

// ParseLabels reads words like site=berlin.
func ParseLabels(words []string) (Labels, error) {
	out := Labels{}
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if !ok || ValidName(k) != nil || ValidName(v) != nil {
			return nil, fmt.Errorf("%q is not a label: write it as site=berlin", w)
		}
		out[k] = v
	}
	if len(out) > 16 {
		return nil, errors.New("an agent has at most 16 labels")
	}
	return out, nil
}

// Checked returns a copy of the labels, or what is wrong with them.
func (l Labels) Checked() (Labels, error) {
	return ParseLabels(l.words())
}

// words returns the labels as ParseLabels reads them, sorted.
func (l Labels) words() (out []string) {
	for _, k := range slices.Sorted(maps.Keys(l)) {
		out = append(out, k+"="+l[k])
	}
	return out
}

// Match reports whether the labels have the one of a selector "site=berlin"; "" matches all.
func (l Labels) Match(selector string) bool {
	if selector == "" {
		return true
	}
	k, v, _ := strings.Cut(selector, "=")
	x, ok := l[k]
	return ok && x == v
}

// String writes the labels as words with spaces between, sorted.
func (l Labels) String() string { return strings.Join(l.words(), " ") }

// A Token lets agents join.
type Token struct {
	ID      string    `json:"id"`
	Expires time.Time `json:"expires"`
	Uses    int       `json:"uses"` // that are left
	Labels  Labels    `json:"labels"`
	Created time.Time `json:"created"`
	By      string    `json:"by"`
}

// NewToken makes a token, and returns it as text; its secret is not kept.
func (d *DB) NewToken(ctx context.Context, life time.Duration, uses int, labels Labels, by string) (string, error) {
	if life <= 0 || life > 90*24*time.Hour || uses < 1 || uses > 10000 {
		return "", errors.New("a token lives up to 90 days and has 1 to 10000 uses")
	}
	id, s, now := shortID(), secret(), d.now()
	text, err := json.Marshal(labels)
	if err != nil {
		return "", err
	}
	_, err = d.change(ctx, Subject{}, do(`DELETE FROM token WHERE expires < ? OR uses <= 0`, unix(now)),
		do(`INSERT INTO token(id, hash, expires, uses, labels, created, by) VALUES(?, ?, ?, ?, ?, ?, ?)`, id, digest(s), unix(now.Add(life)), uses, string(text), unix(now), by))
	return id + "." + s, err
}

// Tokens lists the tokens that can be used.
func (d *DB) Tokens(ctx context.Context) ([]Token, error) {
	return list(ctx, d, func(t *Token) []any {
		return []any{&t.ID, at(&t.Expires), &t.Uses, document{&t.Labels}, at(&t.Created), &t.By}
	},
		`SELECT id, expires, uses, labels, created, by FROM token WHERE expires > ? AND uses > 0 ORDER BY created`, unix(d.now()))
}

// RemoveToken makes a token worthless.
func (d *DB) RemoveToken(ctx context.Context, id string) error {
	return d.alter(ctx, Subject{}, must(`DELETE FROM token WHERE id = ?`, id))
}

// An Agent is a member of the fleet.
type Agent struct {
	ID      string    // its identity, in its certificate
	Name    string    // unique among those that are not revoked
	Labels  Labels    // site=berlin
	Joined  time.Time //
	Serial  string    // of its certificate
	Expires time.Time // its certificate
	Revoked time.Time // zero for a member
	Seen    time.Time // its last heartbeat that was written down
	Beat    []byte    // that heartbeat, JSON; empty before the first
}

// ErrToken is returned for a token that is wrong, used up or over, which are all the same to who has it.
var ErrToken = errors.New("the token is not valid: it is wrong, used up, or its time is over; ask for another with: ruleids server token create")

// ErrTaken is returned where another agent has the name.
type ErrTaken struct{ Name string }

// Error implements error.
func (e ErrTaken) Error() string {
	return fmt.Sprintf("there is an agent %q already: join with another --name, or revoke that one with: ruleids server agents revoke %s", e.Name, e.Name)
}

// Join uses a token for a new agent, in one change: sign is called with its identity and makes its certificate. A token that two
// servers use at the same moment is good for one of them, if it has one use left.
func (d *DB) Join(ctx context.Context, token, name string, most int, sign func(id string) (serial string, expires time.Time, err error)) (a *Agent, err error) {
	if err := ValidName(name); err != nil {
		return nil, err
	}
	id, s, _ := strings.Cut(token, ".")
	var stored []byte
	var labels string
	now := d.now()
	err = d.db.QueryRowContext(ctx, `SELECT hash, labels FROM token WHERE id = ? AND expires > ? AND uses > 0`, id, unix(now)).Scan(&stored, &labels)
	if errors.Is(err, sql.ErrNoRows) || err == nil && subtle.ConstantTimeCompare(stored, digest(s)) != 1 {
		return nil, ErrToken
	}
	if err != nil {
		return nil, err
	}
	var have int
	if err := d.db.QueryRowContext(ctx, `SELECT count(*) FROM agent WHERE revoked = 0`).Scan(&have); err != nil {
		return nil, err
	}
	if have >= most {
		return nil, fmt.Errorf("there are as many agents as server { max_agents } allows, %d", most)
	}
	if err := d.db.QueryRowContext(ctx, `SELECT count(*) FROM agent WHERE revoked = 0 AND name = ?`, name).Scan(&have); err != nil {
		return nil, err
	}
	if have > 0 {
		return nil, ErrTaken{name}
	}
	a = &Agent{ID: shortID(), Name: name, Joined: now}
	if err := json.Unmarshal([]byte(labels), &a.Labels); err != nil {
		return nil, err
	}
	if a.Serial, a.Expires, err = sign(a.ID); err != nil {
		return nil, err
	}
	// What was asked above may have changed since.
	_, err = d.change(ctx, Subject{AboutAgents, a.ID}, must(`UPDATE token SET uses = uses - 1 WHERE id = ? AND uses > 0`, id),
		do(`INSERT INTO agent(id, name, labels, joined, serial, expires) SELECT ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM agent WHERE revoked = 0) < ?`, a.ID, a.Name, labels, unix(now), a.Serial, unix(a.Expires), most))
	var fault *sqlite.Error
	switch {
	case errors.Is(err, ErrAbsent):
		return nil, ErrToken
	case errors.As(err, &fault):
		return nil, ErrTaken{name}
	}
	return a, err
}

// Renewed takes down the new certificate of an agent.
func (d *DB) Renewed(ctx context.Context, id, serial string, expires time.Time) error {
	return d.alter(ctx, Subject{AboutAgents, id}, must(`UPDATE agent SET serial = ?, expires = ? WHERE id = ? AND revoked = 0`, serial, unix(expires), id))
}

// SetLabels gives an agent other labels.
func (d *DB) SetLabels(ctx context.Context, id string, labels Labels) error {
	text, err := json.Marshal(labels)
	if err != nil {
		return err
	}
	return d.alter(ctx, Subject{AboutAgents, id}, must(`UPDATE agent SET labels = ? WHERE id = ?`, string(text), id))
}

// Revoke makes every certificate of an agent worthless, for good.
func (d *DB) Revoke(ctx context.Context, id string) error {
	return d.alter(ctx, Subject{AboutAgents, id}, must(`UPDATE agent SET revoked = ? WHERE id = ? AND revoked = 0`, unix(d.now()), id))
}

// SaveBeat writes down the last heartbeat of an agent.
func (d *DB) SaveBeat(ctx context.Context, id string, seen time.Time, beat []byte) error {
	_, err := d.local(ctx, `UPDATE agent SET seen = ?, beat = ? WHERE id = ?`, unix(seen), string(beat), id)
	return err
}

// Agents lists all agents, revoked ones too, by name.
func (d *DB) Agents(ctx context.Context) ([]*Agent, error) {
	return pointers(list(ctx, d, func(a *Agent) []any {
		return []any{&a.ID, &a.Name, document{&a.Labels}, at(&a.Joined), &a.Serial, at(&a.Expires), at(&a.Revoked), at(&a.Seen), &a.Beat}
	}, `SELECT id, name, labels, joined, serial, expires, revoked, seen, beat FROM agent ORDER BY name, joined`))
}
