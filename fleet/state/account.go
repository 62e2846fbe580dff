package state

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// A Role is what an account or a key may do. Each includes the one before.
type Role string

// The roles.
const (
	Viewer  Role = "viewer"  // read
	Analyst Role = "analyst" // besides: decisions, what is said of alerts, bringing events
	Admin   Role = "admin"   // everything
)

// Roles returns all roles, the least first.
func Roles() []Role { return []Role{Viewer, Analyst, Admin} }

// ParseRole reads a role.
func ParseRole(s string) (Role, error) {
	for _, r := range Roles() {
		if string(r) == s {
			return r, nil
		}
	}
	return "", fmt.Errorf("there is no role %q; there are viewer, analyst and admin", s)
}

// Includes reports whether r may do all that least may.
func (r Role) Includes(least Role) bool {
	rank := func(x Role) int {
		for i, y := range Roles() {
			if x == y {
				return i + 1
			}
		}
		return 0
	}
	return rank(r) > 0 && rank(r) >= rank(least)
}

// The cost of a hash: RFC 9106 asks for as much as can be afforded, OWASP's Password Storage Cheat Sheet for at least 19 MiB
// and two passes.
const (
	argonTime    = 2
	argonMemory  = 19 * 1024 // KiB
	argonThreads = 1
	argonLength  = 32
	minPassword  = 10
	maxPassword  = 1024
)

// hashing bounds how many passwords are hashed at a time, and so the memory of a flood of log-ins.
var hashing = make(chan struct{}, 2)

func hash(password, salt string) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), []byte(salt), argonTime, argonMemory, argonThreads, argonLength)
}

func newHash(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return fmt.Sprintf("argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", argonMemory, argonTime, argonThreads, base64.RawStdEncoding.EncodeToString(salt),
		base64.RawStdEncoding.EncodeToString(hash(password, string(salt))))
}

func matches(stored, password string) bool {
	parts := strings.Split(stored, "$")
	if len(parts) != 5 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[3])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil || err2 != nil {
		return false
	}
	return subtle.ConstantTimeCompare(hash(password, string(salt)), want) == 1
}

// An Account is a person who may log in.
type Account struct {
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Created time.Time `json:"created"`
}

// ErrPassword is returned for a wrong name or password alike.
var ErrPassword = errors.New("the name or the password is wrong")

// SetAccount makes an account, or gives it another password and role and ends its sessions.
func (d *DB) SetAccount(ctx context.Context, name, password string, role Role) error {
	if err := ValidName(name); err != nil {
		return err
	}
	if len(password) < minPassword || len(password) > maxPassword {
		return fmt.Errorf("a password has %d to %d characters", minPassword, maxPassword)
	}
	return d.alter(ctx, Subject{}, do(`INSERT INTO account(name, hash, role, created) VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET hash = excluded.hash, role = excluded.role`,
		name, newHash(password), string(role), unix(d.now())), do(`DELETE FROM session WHERE account = ?`, name))
}

// RemoveAccount removes an account and ends its sessions. The last administrator stays.
func (d *DB) RemoveAccount(ctx context.Context, name string) error {
	all, err := d.Accounts(ctx)
	if err != nil {
		return err
	}
	admins := 0
	for _, a := range all {
		if a.Role == Admin && a.Name != name {
			admins++
		}
	}
	if admins == 0 {
		return errors.New("the last administrator cannot be removed; make another one first")
	}
	return d.alter(ctx, Subject{}, must(`DELETE FROM account WHERE name = ? AND EXISTS (SELECT 1 FROM account WHERE role = ? AND name <> ?)`, name, string(Admin), name),
		do(`DELETE FROM session WHERE account = ?`, name))
}

// Accounts lists all accounts by name.
func (d *DB) Accounts(ctx context.Context) ([]Account, error) {
	return list(ctx, d, func(a *Account) []any { return []any{&a.Name, &a.Role, at(&a.Created)} }, `SELECT name, role, created FROM account ORDER BY name`)
}

// FirstAccount makes the administrator where there is no account at all, and returns the password; "" where there is one.
func (d *DB) FirstAccount(ctx context.Context) (password string, err error) {
	all, err := d.Accounts(ctx)
	if err != nil || len(all) > 0 {
		return "", err
	}
	password = secret()[:20]
	_, err = d.change(ctx, Subject{}, must(`INSERT INTO account(name, hash, role, created) SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM account)`, "admin", newHash(password), string(Admin), unix(d.now())))
	if errors.Is(err, ErrAbsent) {
		return "", nil // another server was quicker
	}
	return password, err
}

// decoy is a hash that no password has: a name that does not exist takes as long as one that does.
const decoy = "argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Verify returns the account of a name and a password, or ErrPassword.
func (d *DB) Verify(ctx context.Context, name, password string) (*Account, error) {
	if len(password) > maxPassword || len(name) > 64 {
		return nil, ErrPassword
	}
	a := Account{Name: name}
	stored := decoy
	err := d.db.QueryRowContext(ctx, `SELECT hash, role, created FROM account WHERE name = ?`, name).Scan(&stored, &a.Role, at(&a.Created))
	absent := errors.Is(err, sql.ErrNoRows)
	if err != nil && !absent {
		return nil, err
	}
	if !matches(stored, password) || absent {
		return nil, ErrPassword
	}
	return &a, nil
}

const (
	sessionLife = 7 * 24 * time.Hour
	sessionIdle = 12 * time.Hour
	maxSessions = 20 // of an account; the oldest ends
)

// NewSession begins a session of an account, and returns its secret.
func (d *DB) NewSession(ctx context.Context, account string) (string, error) {
	s, now := secret(), d.now()
	_, err := d.change(ctx, Subject{}, do(`DELETE FROM session WHERE expires < ? OR seen < ? OR (account = ? AND hash NOT IN (SELECT hash FROM session WHERE account = ? ORDER BY created DESC, hash LIMIT ?))`,
		unix(now), unix(now.Add(-sessionIdle)), account, account, maxSessions-1), do(`INSERT INTO session(hash, account, created, expires, seen) VALUES(?, ?, ?, ?, ?)`, digest(s), account, unix(now), unix(now.Add(sessionLife)), unix(now)))
	return s, err
}

// Session returns the account of a session; nil where there is none any more.
func (d *DB) Session(ctx context.Context, secret string) (*Account, error) {
	var a Account
	var seen time.Time
	now := d.now()
	err := d.db.QueryRowContext(ctx, `SELECT a.name, a.role, a.created, s.seen FROM session s JOIN account a ON a.name = s.account WHERE s.hash = ? AND s.expires > ? AND s.seen > ?`,
		digest(secret), unix(now), unix(now.Add(-sessionIdle))).Scan(&a.Name, &a.Role, at(&a.Created), at(&seen))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if now.Sub(seen) > time.Minute {
		if _, err := d.change(ctx, Subject{}, do(`UPDATE session SET seen = ? WHERE hash = ?`, unix(now), digest(secret))); err != nil {
			return nil, err
		}
	}
	return &a, nil
}

// EndSession ends a session.
func (d *DB) EndSession(ctx context.Context, secret string) error {
	return d.alter(ctx, Subject{}, do(`DELETE FROM session WHERE hash = ?`, digest(secret)))
}

// A Key lets a program ask.
type Key struct {
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Created time.Time `json:"created"`
	By      string    `json:"by"`
}

// keyPrefix lets people, and programs that look for secrets that leaked, know a key when they see one.
const keyPrefix = "rids_"

// NewKey makes a key, and returns it: it is not kept.
func (d *DB) NewKey(ctx context.Context, name string, role Role, by string) (string, error) {
	if err := ValidName(name); err != nil {
		return "", err
	}
	key := keyPrefix + secret()
	_, err := d.change(ctx, Subject{}, must(`INSERT INTO apikey(name, hash, role, created, by) VALUES(?, ?, ?, ?, ?) ON CONFLICT(name) DO NOTHING`, name, digest(key), string(role), unix(d.now()), by))
	if errors.Is(err, ErrAbsent) {
		return "", fmt.Errorf("there is a key %q already; revoke it first, or choose another name", name)
	} else if err != nil {
		return "", err
	}
	return key, nil
}

// Key returns the key of a secret; nil where there is none.
func (d *DB) Key(ctx context.Context, secret string) (*Key, error) {
	var k Key
	err := d.db.QueryRowContext(ctx, `SELECT name, role, created, by FROM apikey WHERE hash = ?`, digest(secret)).Scan(k.columns()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &k, err
}

// Keys lists all keys by name.
func (d *DB) Keys(ctx context.Context) ([]Key, error) {
	return list(ctx, d, (*Key).columns, `SELECT name, role, created, by FROM apikey ORDER BY name`)
}

func (k *Key) columns() []any { return []any{&k.Name, &k.Role, at(&k.Created), &k.By} }

// RemoveKey makes a key worthless.
func (d *DB) RemoveKey(ctx context.Context, name string) error {
	return d.alter(ctx, Subject{}, must(`DELETE FROM apikey WHERE name = ?`, name))
}
