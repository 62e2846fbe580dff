package api

import (
	"errors"
	"math"
	"net/http"

	"github.com/ruleids/ruleids/fleet/state"
)

// A Login is the name and the password of an account.
type Login struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

func (c *call) login() (any, error) {
	// Without a cookie there is nothing to ride on, but a log-in from another site would put a browser into someone else's
	// session.
	if err := c.api.origin.Check(c.r); err != nil {
		return nil, fault{http.StatusForbidden, "this comes from another site"}
	}
	var q Login
	if err := c.read(&q); err != nil {
		return nil, err
	}
	now := c.api.opt.Now()
	byAddress, byName := "address "+c.address(), "account "+q.Name
	if c.api.logins.waits(byAddress, now) || c.api.logins.waits(byName, now) {
		c.api.counts.logins.Add(1)
		return nil, fault{http.StatusTooManyRequests, "too many wrong passwords; try again in a minute"}
	}
	// What is taken before the password is looked at is given back where it is right: many tries at a time are many.
	if !c.api.logins.take(byAddress, 1, now) || !c.api.logins.take(byName, 1, now) {
		return nil, fault{http.StatusTooManyRequests, "too many wrong passwords; try again in a minute"}
	}
	a, err := c.api.opt.State.Verify(c.ctx(), q.Name, q.Password)
	if errors.Is(err, state.ErrPassword) {
		c.api.counts.logins.Add(1)
		c.api.opt.Log.Warn("a log-in failed", "name", q.Name, "address", c.address())
		c.told = true
		c.log("login.fail", q.Name, "from %s", c.address())
		return nil, fault{http.StatusUnauthorized, err.Error()}
	}
	if err != nil {
		return nil, err
	}
	c.api.logins.take(byAddress, -1, now)
	c.api.logins.take(byName, -1, now)
	secret, err := c.api.opt.State.NewSession(c.ctx(), a.Name)
	if err != nil {
		return nil, err
	}
	c.who = &Identity{a.Name, a.Role, "account"}
	c.log("login", a.Name, "from %s", c.address())
	http.SetCookie(c.w, &http.Cookie{Name: cookie, Value: secret, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: 7 * 24 * 3600})
	return c.who, nil
}

func (c *call) logout() (any, error) {
	if x, err := c.r.Cookie(cookie); err == nil {
		if err := c.api.opt.State.EndSession(c.ctx(), x.Value); err != nil {
			return nil, err
		}
	}
	http.SetCookie(c.w, &http.Cookie{Name: cookie, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1})
	return struct{}{}, nil
}

func (c *call) me() (any, error) { return c.who, nil }

// A PasswordChange gives one's own account another password.
type PasswordChange struct {
	Old string `json:"old"`
	New string `json:"new"`
}

func (c *call) password() (any, error) {
	if c.who.Kind != "account" {
		return nil, bad("only who logged in with a password can change it")
	}
	var q PasswordChange
	if err := c.read(&q); err != nil {
		return nil, err
	}
	now := c.api.opt.Now()
	if !c.api.logins.take("account "+c.who.Name, 1, now) {
		return nil, fault{http.StatusTooManyRequests, "too many wrong passwords; try again in a minute"}
	}
	if _, err := c.api.opt.State.Verify(c.ctx(), c.who.Name, q.Old); errors.Is(err, state.ErrPassword) {
		return nil, fault{http.StatusForbidden, "the old password is wrong"}
	} else if err != nil {
		return nil, err
	}
	c.api.logins.take("account "+c.who.Name, -1, now)
	if err := c.api.opt.State.SetAccount(c.ctx(), c.who.Name, q.New, c.who.Role); err != nil {
		return nil, bad("%v", err)
	}
	c.log("account.password", c.who.Name, "")
	return struct{}{}, nil
}

// AccountList is all accounts.
type AccountList struct {
	Accounts []state.Account `json:"accounts"`
}

func (c *call) accounts() (any, error) {
	list, err := c.api.opt.State.Accounts(c.ctx())
	return AccountList{list}, err
}

// An AccountRequest makes an account, or gives it another password and role.
type AccountRequest struct {
	Name     string     `json:"name"`
	Password string     `json:"password"`
	Role     state.Role `json:"role"`
}

func (c *call) setAccount(q *AccountRequest) (any, error) {
	role, err := state.ParseRole(string(q.Role))
	if err != nil {
		return nil, bad("%v", err)
	}
	if err := c.api.opt.State.SetAccount(c.ctx(), q.Name, q.Password, role); err != nil {
		return nil, bad("%v", err)
	}
	c.log("account.set", q.Name, "role %s", role)
	return state.Account{Name: q.Name, Role: role, Created: c.api.opt.Now().UTC()}, nil
}

func (c *call) removeAccount() (any, error) {
	name := c.r.PathValue("account")
	if err := c.api.opt.State.RemoveAccount(c.ctx(), name); errors.Is(err, state.ErrAbsent) {
		return nil, err
	} else if err != nil {
		return nil, bad("%v", err)
	}
	c.log("account.remove", name, "")
	return struct{}{}, nil
}

// KeyList is all API keys.
type KeyList struct {
	Keys []state.Key `json:"keys"`
}

func (c *call) keys() (any, error) {
	list, err := c.api.opt.State.Keys(c.ctx())
	return KeyList{list}, err
}

// A KeyRequest asks for an API key.
type KeyRequest struct {
	Name string     `json:"name"`
	Role state.Role `json:"role"`
}

// A NewKey is a key, which is shown this once.
type NewKey struct {
	Name string     `json:"name"`
	Role state.Role `json:"role"`
	Key  string     `json:"key"`
}

func (c *call) makeKey(q *KeyRequest) (any, error) {
	role, err := state.ParseRole(string(q.Role))
	if err != nil {
		return nil, bad("%v", err)
	}
	key, err := c.api.opt.State.NewKey(c.ctx(), q.Name, role, c.who.who())
	if err != nil {
		return nil, bad("%v", err)
	}
	c.log("apikey.create", q.Name, "role %s", role)
	return NewKey{q.Name, role, key}, nil
}

func (c *call) removeKey() (any, error) {
	name := c.r.PathValue("key")
	if err := c.api.opt.State.RemoveKey(c.ctx(), name); err != nil {
		return nil, err
	}
	c.log("apikey.revoke", name, "")
	return struct{}{}, nil
}

// AuditPage is a page of the audit log, the newest first.
type AuditPage struct {
	Audit []state.Audit `json:"audit"`
	Next  *int64        `json:"next"` // what to give as before for those that follow; null where there are none
}

func (c *call) audit() (any, error) {
	limit, err := c.number("limit", defaultLimit, maxLimit)
	if err != nil {
		return nil, err
	}
	before, err := c.number("before", 0, math.MaxInt)
	if err != nil {
		return nil, err
	}
	list, err := c.api.opt.State.Audits(c.ctx(), int64(before), limit)
	if err != nil {
		return nil, err
	}
	page := AuditPage{Audit: list}
	if len(list) == limit {
		page.Next = &list[limit-1].ID
	}
	return page, nil
}
