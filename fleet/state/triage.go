package state

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// The states of a group of alerts in the inbox.
const (
	TriageOpen         = "open"
	TriageAcknowledged = "acknowledged"
	TriageEscalated    = "escalated"
	TriageClosed       = "closed"
)

const triageSchema = `
CREATE TABLE IF NOT EXISTS triage(id TEXT PRIMARY KEY, rule TEXT NOT NULL, key TEXT NOT NULL, status TEXT NOT NULL, assignee TEXT NOT NULL, reason TEXT NOT NULL, until INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS triage_note(id INTEGER PRIMARY KEY, triage TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, text TEXT NOT NULL, until INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS triage_note_of ON triage_note(triage);
CREATE TABLE IF NOT EXISTS looked(account TEXT PRIMARY KEY, at INTEGER NOT NULL);
`

// A Triage is what people made of a group of alerts: those of one rule and key.
type Triage struct {
	ID       string
	Rule     string
	Key      string // JSON
	Status   string
	Assignee string
	Reason   string
	Until    time.Time // of a closed group: until when it stays closed, whatever comes; zero for until the next alert
	At       time.Time // of the last change of the status
	Notes    []Note    // oldest first
}

// A Note says who did what to a group.
type Note struct {
	Time   time.Time `json:"time"`
	Who    string    `json:"who"`
	Action string    `json:"action"` // a status, or "comment"
	Text   string    `json:"text,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

// maxNotes is how many notes of a group are kept.
const maxNotes = 200

// Triages returns what was made of groups, by their ids; those that were never touched are not in it.
func (d *DB) Triages(ctx context.Context) (map[string]*Triage, error) {
	groups, err := pointers(list(ctx, d, func(t *Triage) []any {
		return []any{&t.ID, &t.Rule, &t.Key, &t.Status, &t.Assignee, &t.Reason, at(&t.Until), at(&t.At)}
	}, "SELECT id, rule, key, status, assignee, reason, until, at FROM triage"))
	if err != nil {
		return nil, err
	}
	out := map[string]*Triage{}
	for _, t := range groups {
		out[t.ID] = t
	}
	type noted struct {
		of string
		Note
	}
	notes, err := list(ctx, d, func(n *noted) []any { return []any{&n.of, at(&n.Time), &n.Who, &n.Action, &n.Text, at(&n.Until)} },
		"SELECT triage, at, who, action, text, until FROM triage_note ORDER BY id")
	for _, n := range notes {
		if t := out[n.of]; t != nil {
			t.Notes = append(t.Notes, n.Note)
		}
	}
	return out, err
}

// SetTriage notes what somebody did to groups, all of them or none. A note whose action is no status leaves that as it is.
func (d *DB) SetTriage(ctx context.Context, groups []Triage, note Note) error {
	var steps []step
	now := d.now()
	for _, g := range groups {
		steps = append(steps, do(`INSERT INTO triage(id, rule, key, status, assignee, reason, until, at) VALUES(?, ?, ?, ?, '', '', 0, 0) ON CONFLICT(id) DO NOTHING`, g.ID, g.Rule, g.Key, TriageOpen))
		if g.Status != "" {
			steps = append(steps, do(`UPDATE triage SET status = ?, assignee = ?, reason = ?, until = ?, at = ? WHERE id = ?`, g.Status, g.Assignee, g.Reason, unix(g.Until), unix(now), g.ID))
		}
		steps = append(steps, do(`INSERT INTO triage_note(triage, at, who, action, text, until) VALUES(?, ?, ?, ?, ?, ?)`, g.ID, unix(now), note.Who, note.Action, note.Text, unix(note.Until)),
			do(`DELETE FROM triage_note WHERE triage = ? AND id NOT IN (SELECT id FROM triage_note WHERE triage = ? ORDER BY id DESC LIMIT ?)`, g.ID, g.ID, maxNotes))
	}
	return d.alter(ctx, Subject{}, steps...)
}

// Looked returns when an account looked at the inbox before; the zero time for never. With now it notes that it looks now.
func (d *DB) Looked(ctx context.Context, account string, now bool) (time.Time, error) {
	var at int64
	err := d.db.QueryRowContext(ctx, "SELECT at FROM looked WHERE account = ?", account).Scan(&at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, err
	}
	if !now {
		return fromUnix(at), nil
	}
	_, err = d.change(ctx, Subject{}, do("INSERT INTO looked(account, at) VALUES(?, ?) ON CONFLICT(account) DO UPDATE SET at = excluded.at", account, unix(d.now())))
	return fromUnix(at), err
}
