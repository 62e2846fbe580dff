package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A Journal puts the changes of all servers that share a state in one order. Append returns once a change has its place there;
// whoever follows the journal calls DB.Apply with each change of it, in that order, also with those that this DB appended.
type Journal interface {
	// Append takes a change. To append one again under the same id, after an error, does not have it there twice.
	Append(ctx context.Context, id string, change []byte) error
}

// A step is a statement of a change. Its arguments are int64, int, float64, string, []byte or nil: all that differs by time or
// chance is in them, so that the statement does the same to every file.
type step struct {
	SQL  string  `json:"sql"`
	Args []value `json:"args"`
	Must bool    `json:"must,omitempty"` // where it changes no row, nothing of the change is done: ErrAbsent
}

// A value is an argument in a journal, in which types must not get lost.
type value struct {
	Int   *int64   `json:"i,omitempty"`
	Float *float64 `json:"f,omitempty"`
	Text  *string  `json:"s,omitempty"`
	Bytes *[]byte  `json:"b,omitempty"`
}

func do(text string, args ...any) step {
	s := step{SQL: text}
	for _, a := range args {
		var v value
		switch a := a.(type) {
		case int64:
			v.Int = &a
		case int:
			n := int64(a)
			v.Int = &n
		case float64:
			v.Float = &a
		case string:
			v.Text = &a
		case []byte:
			v.Bytes = &a
		case nil:
		default:
			panic(fmt.Sprintf("state: an argument of type %T", a))
		}
		s.Args = append(s.Args, v)
	}
	return s
}

func must(text string, args ...any) step {
	s := do(text, args...)
	s.Must = true
	return s
}

func (s *step) args() []any {
	var out []any
	for _, v := range s.Args {
		switch {
		case v.Int != nil:
			out = append(out, *v.Int)
		case v.Float != nil:
			out = append(out, *v.Float)
		case v.Text != nil:
			out = append(out, *v.Text)
		case v.Bytes != nil:
			out = append(out, *v.Bytes)
		default:
			out = append(out, nil)
		}
	}
	return out
}

// A Subject is what a change is about, and of which one: the target of a decision, say.
type Subject struct {
	What string `json:"what"`
	Key  string `json:"key,omitempty"`
}

// What changes are about that others keep in memory.
const (
	AboutAgents    = "agents"
	AboutDecisions = "decisions"
	AboutRulesets  = "rulesets"
)

// An op is a change on its way.
type op struct {
	Subject
	ID    string `json:"id"`
	Steps []step `json:"steps"`
}

// An outcome says what the first step of a change did.
type outcome struct {
	rows, id int64
	err      error // what every server finds wrong with the change
}

// change makes a change, all of it or nothing.
func (d *DB) change(ctx context.Context, about Subject, steps ...step) (outcome, error) {
	if d.journal == nil {
		out, err := d.carryOut(ctx, steps, 0)
		return out, errors.Join(err, out.err)
	}
	o := op{Subject: about, ID: shortID(), Steps: steps}
	text, err := json.Marshal(o)
	if err != nil {
		return outcome{}, err
	}
	done := make(chan outcome, 1)
	d.mu.Lock()
	d.waiting[o.ID] = done
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.waiting, o.ID)
		d.mu.Unlock()
	}()
	if err := d.journal.Append(ctx, o.ID, text); err != nil {
		return outcome{}, fmt.Errorf("the other servers cannot be told: %w", err)
	}
	select {
	case out := <-done:
		return out, out.err
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	}
}

// alter makes a change of which no more is asked than whether it was made.
func (d *DB) alter(ctx context.Context, about Subject, steps ...step) error {
	_, err := d.change(ctx, about, steps...)
	return err
}

// Notes about the file: the place of the last change in the journal that is in it; which journal that is; what tells the file from
// others; and how often it was changed before it followed a journal.
const (
	appliedNote = "applied"
	journalNote = "journal"
	fileNote    = "file"
	changesNote = "changes"
)

// Base returns what the file is based on: the journal that it follows, or where it follows none itself, so that copies are known as
// equal until one of them is changed. follows says which of the two.
func (d *DB) Base(ctx context.Context) (base string, follows bool, err error) {
	notes := [3]string{}
	for i, key := range []string{journalNote, fileNote, changesNote} {
		text, err := d.Note(ctx, key)
		if err != nil {
			return "", false, err
		}
		notes[i] = string(text)
	}
	if notes[0] != "" {
		return notes[0], true, nil
	}
	return notes[1] + "-" + notes[2], false, nil
}

// Share has all changes go through a journal from now on. heard is called with what others changed, after it is in this file.
func (d *DB) Share(j Journal, heard func(Subject)) {
	d.journal, d.heard, d.waiting = j, heard, map[string]chan outcome{}
}

// Applied returns the place of the last change of the journal that is in this file; 0 for none.
func (d *DB) Applied(ctx context.Context) (uint64, error) {
	text, err := d.Note(ctx, appliedNote)
	if err != nil || text == nil {
		return 0, err
	}
	return strconv.ParseUint(string(text), 10, 64)
}

// Begin notes that the file follows a journal from its first change on.
func (d *DB) Begin(ctx context.Context, journal string) error {
	_, err := d.carryOut(ctx, []step{do(setNote, journalNote, []byte(journal)), do(`DELETE FROM note WHERE key = ?`, appliedNote)}, 0)
	return err
}

// Apply carries a change of the journal out. After an error it is to be called again: nothing was done.
func (d *DB) Apply(ctx context.Context, place uint64, change []byte) error {
	var o op
	if err := json.Unmarshal(change, &o); err != nil {
		// No server can read it: all go on without it.
		o = op{}
	}
	out, err := d.carryOut(ctx, o.Steps, place)
	if err != nil {
		return err
	}
	d.mu.Lock()
	own := d.waiting[o.ID]
	d.mu.Unlock()
	if own != nil {
		own <- out
	} else if out.err == nil && o.What != "" {
		d.heard(o.Subject)
	}
	return nil
}

// carryOut runs the steps of a change in one transaction, which takes down its place, too.
func (d *DB) carryOut(ctx context.Context, steps []step, place uint64) (out outcome, err error) {
	tx, err := d.file.BeginTx(ctx, nil)
	if err != nil {
		return out, err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	if _, err := tx.ExecContext(ctx, `SAVEPOINT change`); err != nil {
		return out, err
	}
	for i, s := range steps {
		r, err := tx.ExecContext(ctx, s.SQL, s.args()...)
		if err == nil {
			var n, id int64
			if n, err = r.RowsAffected(); err != nil {
				return out, err
			}
			if id, err = r.LastInsertId(); err != nil {
				return out, err
			}
			if i == 0 {
				out.rows, out.id = n, id
			}
			if n > 0 || !s.Must {
				continue
			}
			err = ErrAbsent
		}
		var fault *sqlite.Error
		if !errors.Is(err, ErrAbsent) && (!errors.As(err, &fault) || fault.Code()&0xff != sqlite3.SQLITE_CONSTRAINT) {
			return out, err // of this host: a full disk, say
		}
		out.err = err
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO change`); err != nil {
			return out, err
		}
		break
	}
	if d.journal == nil && out.err == nil {
		if _, err := tx.ExecContext(ctx, `INSERT INTO note(key, value) VALUES(?, '1') ON CONFLICT DO UPDATE SET value = CAST(CAST(CAST(value AS TEXT) AS INTEGER) + 1 AS TEXT)`, changesNote); err != nil {
			return out, err
		}
	}
	if place > 0 {
		if _, err := tx.ExecContext(ctx, setNote, appliedNote, []byte(strconv.FormatUint(place, 10))); err != nil {
			return out, err
		}
	}
	return out, tx.Commit()
}

// local changes what is this file's alone, whatever others have.
func (d *DB) local(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return d.file.ExecContext(ctx, text, args...)
}

// A reader asks the file. Whatever changes it goes through change, or local.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
