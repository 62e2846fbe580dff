package api

import (
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/state"
)

// LoginPage is what logs of all agents told of logins: counts, and the newest.
type LoginPage struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	*state.LoginCounts
	Logins []state.KeptLogin `json:"logins"`
}

// loginSteps are the steps of timelines: each is for spans of up to 96 of them.
var loginSteps = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 8 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

func (c *call) logins() (any, error) {
	now := c.api.opt.Now()
	q := &state.LoginQuery{Since: now.Add(-24 * time.Hour), Until: now.Add(time.Minute), Text: c.query("q")}
	for name, to := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		if text := c.query(name); text != "" {
			t, err := query.ParseTime(text, now)
			if err != nil {
				return nil, bad("%s: %v", name, err)
			}
			*to = t
		}
	}
	if !q.Since.Before(q.Until) || q.Until.Sub(q.Since) > 3660*24*time.Hour {
		return nil, bad("since is not before until, or more than ten years")
	}
	limit, err := c.number("limit", defaultLimit, maxLimit)
	if err != nil {
		return nil, err
	}
	step := loginSteps[len(loginSteps)-1]
	for _, s := range loginSteps {
		if q.Until.Sub(q.Since) <= 97*s {
			step = s
			break
		}
	}
	counts, err := c.api.opt.State.CountLogins(c.ctx(), q, step, 10)
	if err != nil {
		return nil, err
	}
	list, err := c.api.opt.State.Logins(c.ctx(), q, limit)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if a := c.api.opt.Roster.Get(list[i].Agent); a != nil {
			list[i].Agent = a.Name
		}
	}
	return LoginPage{q.Since, q.Until, counts, list}, nil
}
