package api

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/rollout"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/internal/setting"
)

// RulesetList is all rule sets, the newest first.
type RulesetList struct {
	Rulesets []*state.Ruleset `json:"rulesets"`
}

func (c *call) rulesets() (any, error) { return RulesetList{c.api.opt.Rollout.List()}, nil }

// A RulesetBundle is a rule set as its operator signed it.
type RulesetBundle struct {
	*state.Ruleset
	Bundle string `json:"bundle"` // base64
}

func (c *call) ruleset() (any, error) {
	n, err := strconv.ParseInt(c.r.PathValue("number"), 10, 64)
	list := c.api.opt.Rollout.List()
	i := slices.IndexFunc(list, func(x *state.Ruleset) bool { return x.Number == n })
	if err != nil || i < 0 {
		return nil, absent("there is no rule set %q", c.r.PathValue("number"))
	}
	data, err := c.api.opt.State.Bundle(c.ctx(), list[i].Digest)
	return RulesetBundle{list[i], base64.StdEncoding.EncodeToString(data)}, err
}

// A RulesetPush gives a rule set to agents.
type RulesetPush struct {
	Bundle string  `json:"bundle"`          // signed by the operator, base64
	Canary float64 `json:"canary"`          // share of agents that get it first: 0.1 where it is left out
	For    string  `json:"for"`             // of each stage: 30m where it is left out
	Label  string  `json:"label,omitempty"` // of the agents that it is for
}

func (c *call) pushRuleset() (any, error) {
	q := RulesetPush{Canary: 0.1, For: "30m"}
	if err := c.readUpTo(&q, 2*bundle.MaxSize); err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(q.Bundle)
	if err != nil {
		return nil, bad("bundle: %v", err)
	}
	soak, err := setting.ParseDuration(q.For)
	if err != nil {
		return nil, bad("for: %v", err)
	}
	text, err := c.api.opt.OperatorKey(c.ctx())
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, fault{http.StatusConflict, "there is no operator's key yet, which agents pin when they join; make one with: ruleids server rules key FILE"}
	}
	key, err := bundle.ParsePublic(text)
	if err != nil {
		return nil, err
	}
	set, err := bundle.Open(data, key)
	if errors.Is(err, bundle.ErrSignature) {
		c.log("ruleset.refuse", bundle.Digest(data)[:12], "it is not signed with the operator's key")
		c.api.opt.Log.Warn("a rule set was refused: it is not signed with the operator's key", "by", c.who.who())
		return nil, fault{http.StatusForbidden, "the rule set is not signed with the operator's key"}
	}
	if err != nil {
		return nil, bad("%v", err)
	}
	rules, err := c.api.opt.CheckRules(set)
	if err != nil {
		return nil, bad("the rule set does not load: %v", err)
	}
	x, err := c.api.opt.Rollout.Push(c.ctx(), rollout.Push{Bundle: data, Canary: q.Canary, Soak: soak, Label: q.Label, By: c.who.who(), Rules: rules})
	if _, ok := errors.AsType[rollout.Invalid](err); ok {
		return nil, bad("%v", err)
	}
	if err != nil {
		return nil, err
	}
	c.log("ruleset.push", x.Digest[:12], "number %d, canary %g, stage %v, %s", x.Number, q.Canary, soak.Round(time.Second), q.Label)
	return x, nil
}

// A RulesetRollback says why the newest rule set is taken back.
type RulesetRollback struct {
	Reason string `json:"reason,omitempty"`
}

func (c *call) rollBack(q *RulesetRollback) (any, error) {
	why := "by " + c.who.who()
	if q.Reason != "" {
		why += ": " + q.Reason[:min(len(q.Reason), 500)]
	}
	x, err := c.api.opt.Rollout.Rollback(c.ctx(), why)
	if _, ok := errors.AsType[rollout.Invalid](err); ok {
		return nil, fault{http.StatusConflict, err.Error()}
	}
	if err != nil {
		return nil, err
	}
	c.log("ruleset.rollback", x.Digest[:12], "number %d: %s", x.Number, q.Reason)
	return x, nil
}

// An OperatorKey is the public key that agents pin when they join.
type OperatorKey struct {
	Key string `json:"key"`
}

// setOperatorKey takes the operator's key. Another one in its place would be worth nothing to agents that pinned the first, and
// is taken by someone on the host alone.
func (c *call) setOperatorKey(q *OperatorKey) (any, error) {
	if _, err := bundle.ParsePublic(q.Key); err != nil {
		return nil, bad("%v", err)
	}
	have, err := c.api.opt.OperatorKey(c.ctx())
	if err != nil {
		return nil, err
	}
	if have != "" && have != q.Key && c.who.Kind != "local" {
		return nil, fault{http.StatusConflict, "there is an operator's key already"}
	}
	if err := c.api.opt.State.SetNote(c.ctx(), "operator_key", []byte(q.Key)); err != nil {
		return nil, err
	}
	c.log("operator.key", q.Key, "")
	return q, nil
}
