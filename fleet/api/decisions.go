package api

import (
	"cmp"
	"errors"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/share"
	"github.com/ruleids/ruleids/fleet/state"
)

// A Decision is one for all, with which agents refuse to carry it out, and why.
type Decision struct {
	*state.Decision
	Refused map[string]string `json:"refused"`
}

// DecisionList is the decisions that hold.
type DecisionList struct {
	Decisions []Decision `json:"decisions"`
}

func (c *call) decisions() (any, error) {
	beats := map[string]*fleet.Beat{}
	for _, a := range c.api.opt.Roster.List(false) {
		if a.Beat != nil {
			beats[a.Name] = a.Beat
		}
	}
	refused := c.api.opt.Shared.Refused(beats)
	out := DecisionList{[]Decision{}}
	for _, x := range c.api.opt.Shared.List() {
		d := Decision{x, refused[x.Target]}
		if d.Refused == nil {
			d.Refused = map[string]string{}
		}
		out.Decisions = append(out.Decisions, d)
	}
	return out, nil
}

func (c *call) decide(q *share.Request) (any, error) {
	x, err := c.api.opt.Shared.Decide(c.ctx(), *q, share.Origin{Source: "person", By: c.who.who()})
	if wrong, ok := errors.AsType[share.Invalid](err); ok {
		return nil, bad("%s", wrong.Why)
	}
	if err != nil {
		return nil, err
	}
	c.log("decision.make", x.Target, "%s, for %q, %s, %s", x.Kind, q.For, x.Label, x.Reason)
	return Decision{x, map[string]string{}}, nil
}

func (c *call) lift() (any, error) {
	target := cmp.Or(c.r.PathValue("target"), c.query("target"))
	x, err := c.api.opt.Shared.Lift(c.ctx(), target, c.who.who())
	if wrong, ok := errors.AsType[share.Invalid](err); ok {
		return nil, bad("%s", wrong.Why)
	}
	if errors.Is(err, state.ErrAbsent) {
		return nil, absent("nothing keeps %s out", target)
	}
	if err != nil {
		return nil, err
	}
	c.log("decision.lift", x.Target, "")
	return Decision{x, map[string]string{}}, nil
}
