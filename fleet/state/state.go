// Package state is what a server remembers besides alerts: people and programs that may ask it, agents, decisions for all,
// rule sets, and an audit log of everything that changed one of them. It is one SQLite file.
package state

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/internal/stateversion"
)

const schema = `
CREATE TABLE IF NOT EXISTS account(name TEXT PRIMARY KEY, hash TEXT NOT NULL, role TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS session(hash BLOB PRIMARY KEY, account TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, seen INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS apikey(name TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, role TEXT NOT NULL, created INTEGER NOT NULL, by TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS token(id TEXT PRIMARY KEY, hash BLOB NOT NULL, expires INTEGER NOT NULL, uses INTEGER NOT NULL, labels TEXT NOT NULL, created INTEGER NOT NULL, by TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS agent(id TEXT PRIMARY KEY, name TEXT NOT NULL, labels TEXT NOT NULL, joined INTEGER NOT NULL, serial TEXT NOT NULL, expires INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,
  seen INTEGER NOT NULL DEFAULT 0, beat TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX IF NOT EXISTS agent_name ON agent(name) WHERE revoked = 0;
CREATE TABLE IF NOT EXISTS decision(target TEXT PRIMARY KEY, kind TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL, by TEXT NOT NULL, rule TEXT NOT NULL,
  label TEXT NOT NULL, lifted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS ruleset(number INTEGER PRIMARY KEY, digest TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL, by TEXT NOT NULL, doc TEXT NOT NULL, bundle BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS audit(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS note(key TEXT PRIMARY KEY, value BLOB NOT NULL);
`

// A DB is the file. Its methods may be called by several goroutines, and by several processes.
type DB struct {
	db   reader
	file *sql.DB
	now  func() time.Time

	journal Journal // nil: this file is the only one
	heard   func(Subject)
	mu      sync.Mutex
	waiting map[string]chan outcome // changes of this process that are on their way, by their ids
}

// ErrAbsent is returned where there is nothing of a name.
var ErrAbsent = errors.New("there is none of that name")

// Open opens the file, or makes it.
func Open(path string) (*DB, error) {
	db, err := store.OpenDB(path, 4)
	if err != nil {
		return nil, err
	}
	if err := store.Upgrade(context.Background(), db, path, schema+triageSchema+loginSchema); err != nil {
		_ = db.Close()
		if errors.Is(err, stateversion.ErrLater) {
			return nil, err
		}
		return nil, fmt.Errorf("%s: %w; where it is damaged, put a copy of it there, or move it away and begin anew", path, err)
	}
	// What tells this file, and copies of it, from others.
	if _, err := db.Exec(`INSERT INTO note(key, value) VALUES(?, ?) ON CONFLICT DO NOTHING`, fileNote, []byte(shortID())); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &DB{db: db, file: db, now: time.Now}, nil
}

// Close closes the file.
func (d *DB) Close() error { return d.file.Close() }

// secret returns 32 random bytes as text.
func secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails, by its contract
	return base64.RawURLEncoding.EncodeToString(b)
}

// shortID returns eight random bytes in hexadecimal digits.
func shortID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// digest is what is kept of a secret that has 256 random bits: it needs no slow hash.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromUnix(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// ValidName says what is wrong with the name of an account, a key or an agent; nil for nothing.
func ValidName(s string) error {
	if s == "" || len(s) > 64 {
		return errors.New("a name has 1 to 64 characters")
	}
	for _, c := range s {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.@", c) {
			continue
		}
		return fmt.Errorf("%q: a name has letters, digits and -_.@", s)
	}
	return nil
}

// An Audit is a line of the audit log.
type Audit struct {
	ID     int64     `json:"id"`
	Time   time.Time `json:"time"`
	Who    string    `json:"who"`
	Action string    `json:"action"` // "apikey.create"
	Target string    `json:"target"`
	Detail string    `json:"detail,omitempty"`
}

// maxAudit is how many lines the audit log keeps.
const maxAudit = 200_000

// Log writes a line of the audit log.
func (d *DB) Log(ctx context.Context, who, action, target, detail string) error {
	const most = 500
	cut := func(s string) string {
		if len(s) > most {
			s = s[:most] + "…"
		}
		return printable.Text(s)
	}
	out, err := d.change(ctx, Subject{}, do(`INSERT INTO audit(at, who, action, target, detail) VALUES(?, ?, ?, ?, ?)`, unix(d.now()), cut(who), action, cut(target), cut(detail)))
	if err == nil && out.id%1000 == 0 {
		_, err = d.local(ctx, `DELETE FROM audit WHERE id <= ?`, out.id-maxAudit)
	}
	return err
}

// Audits returns the newest lines of the audit log before one, 0 for the newest of all.
func (d *DB) Audits(ctx context.Context, before int64, limit int) ([]Audit, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	return list(ctx, d, func(a *Audit) []any { return []any{&a.ID, at(&a.Time), &a.Who, &a.Action, &a.Target, &a.Detail} },
		`SELECT id, at, who, action, target, detail FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?`, before, limit)
}

// Note returns what was noted under a key; nil for nothing.
func (d *DB) Note(ctx context.Context, key string) (value []byte, err error) {
	err = d.db.QueryRowContext(ctx, `SELECT value FROM note WHERE key = ?`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}

// SetNote notes a value under a key.
func (d *DB) SetNote(ctx context.Context, key string, value []byte) error {
	return d.alter(ctx, Subject{}, do(setNote, key, value))
}

const setNote = `INSERT INTO note(key, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`
