package api

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/fleet/roster"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/internal/setting"
)

// AgentList is all agents.
type AgentList struct {
	Agents []*roster.Agent `json:"agents"`
}

func (c *call) agents() (any, error) {
	list := AgentList{c.api.opt.Roster.List(c.query("all") == "true")}
	if c.query("history") == "true" {
		for _, a := range list.Agents {
			a.History = c.api.opt.Roster.History(a.ID)
		}
	}
	return list, nil
}

func (c *call) named() (*roster.Agent, error) {
	name := c.r.PathValue("agent")
	a := c.api.opt.Roster.Get(name)
	if a == nil {
		return nil, absent("there is no agent %q", name)
	}
	return a, nil
}

func (c *call) agent() (any, error) { return c.named() }

// AgentChange are the labels that an agent is to have.
type AgentChange struct {
	Labels state.Labels `json:"labels"`
}

func (c *call) labelAgent() (any, error) {
	a, err := c.named()
	if err != nil {
		return nil, err
	}
	var change AgentChange
	if err := c.read(&change); err != nil {
		return nil, err
	}
	labels, err := change.Labels.Checked()
	if err != nil {
		return nil, bad("%v", err)
	}
	if err := c.api.opt.State.SetLabels(c.ctx(), a.ID, labels); err != nil {
		return nil, err
	}
	c.log("agent.label", a.Name, "%s", labels)
	if err := c.api.opt.Roster.Reload(c.ctx()); err != nil {
		return nil, err
	}
	c.api.opt.Roster.Tell(a.ID)
	return c.api.opt.Roster.Get(a.ID), nil
}

func (c *call) revokeAgent() (any, error) {
	a, err := c.named()
	if err != nil {
		return nil, err
	}
	if err := c.api.opt.State.Revoke(c.ctx(), a.ID); err != nil {
		return nil, err
	}
	if err := c.api.opt.Roster.Reload(c.ctx()); err != nil {
		return nil, err
	}
	c.api.opt.Cut(a.ID)
	c.log("agent.revoke", a.Name, "id %s", a.ID)
	c.api.opt.Log.Warn("agent revoked", "agent", a.Name, "by", c.who.who())
	c.api.opt.Roster.Tell(a.ID)
	return c.api.opt.Roster.Get(a.ID), nil
}

// TokenList is the tokens that can be used.
type TokenList struct {
	Tokens []state.Token `json:"tokens"`
}

func (c *call) tokens() (any, error) {
	list, err := c.api.opt.State.Tokens(c.ctx())
	return TokenList{list}, err
}

// A TokenRequest asks for a token to join with.
type TokenRequest struct {
	For    string       `json:"for"`  // how long it can be used; 1h where it is left out
	Uses   int          `json:"uses"` // 1 where it is left out
	Labels state.Labels `json:"labels"`
}

// A NewToken is a token with what agents need besides. The token is shown this once.
type NewToken struct {
	Token string `json:"token"`
	Pin   string `json:"ca"`
}

func (c *call) makeToken(q *TokenRequest) (any, error) {
	life, err := setting.ParseDuration(q.For)
	if err != nil {
		return nil, bad("for: %v", err)
	}
	labels, err := q.Labels.Checked()
	if err != nil {
		return nil, bad("%v", err)
	}
	token, err := c.api.opt.State.NewToken(c.ctx(), life, q.Uses, labels, c.who.who())
	if err != nil {
		return nil, bad("%v", err)
	}
	c.log("token.create", token[:16], "for %s, %d uses, %s", q.For, q.Uses, labels)
	return NewToken{token, c.api.opt.CA.Pin()}, nil
}

func (c *call) removeToken() (any, error) {
	id := c.r.PathValue("token")
	if err := c.api.opt.State.RemoveToken(c.ctx(), id); err != nil {
		return nil, err
	}
	c.log("token.revoke", id, "")
	return struct{}{}, nil
}

// A JoinRequest asks for membership.
type JoinRequest struct {
	Token   string `json:"token"`
	Name    string `json:"name"`
	Request string `json:"request"` // the request for a certificate: PKCS #10, DER, base64
}

// A JoinAnswer makes a member.
type JoinAnswer struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Certificate string `json:"certificate"` // PEM
	CA          string `json:"ca"`          // PEM
	Port        int    `json:"port"`        // that agents connect to, on the host that they joined at
	OperatorKey string `json:"operator_key"`
}

func (c *call) join() (any, error) {
	now := c.api.opt.Now()
	if !c.api.joins.take("", 1, now) {
		return nil, fault{http.StatusTooManyRequests, "many agents are joining; try again in a moment"}
	}
	var q JoinRequest
	if err := c.read(&q); err != nil {
		return nil, err
	}
	csr, err := base64.StdEncoding.DecodeString(q.Request)
	if err != nil {
		return nil, bad("request: %v", err)
	}
	if err := state.ValidName(q.Name); err != nil {
		return nil, bad("%v", err)
	}
	var der []byte
	a, err := c.api.opt.State.Join(c.ctx(), q.Token, q.Name, c.api.opt.MaxAgents, func(id string) (string, time.Time, error) {
		cert, serial, err := c.api.opt.CA.SignAgent(csr, id)
		if err != nil {
			return "", time.Time{}, bad("%v", err)
		}
		der = cert
		x, err := x509.ParseCertificate(cert)
		if err != nil {
			return "", time.Time{}, err
		}
		return serial, x.NotAfter, nil
	})
	var taken state.ErrTaken
	switch {
	case errors.Is(err, state.ErrToken):
		c.api.opt.Log.Warn("an agent was not let in: its token is not valid", "name", q.Name, "address", c.address())
		c.told = true
		c.log("agent.refuse", q.Name, "from %s: its token is not valid", c.address())
		return nil, fault{http.StatusForbidden, err.Error()}
	case errors.As(err, &taken):
		return nil, fault{http.StatusConflict, err.Error()}
	case err != nil:
		return nil, err
	}
	if err := c.api.opt.Roster.Reload(c.ctx()); err != nil {
		return nil, err
	}
	key, err := c.api.opt.OperatorKey(c.ctx())
	if err != nil {
		return nil, err
	}
	c.log("agent.join", a.Name, "id %s from %s, %s", a.ID, c.address(), a.Labels)
	c.api.opt.Log.Info("agent joined", "agent", a.Name, "id", a.ID, "address", c.address())
	c.api.opt.Roster.Tell(a.ID)
	return JoinAnswer{ID: a.ID, Name: a.Name, Certificate: string(pki.Encode(der)), CA: string(pki.Encode(c.api.opt.CA.Cert.Raw)), Port: c.api.opt.AgentsPort(), OperatorKey: key}, nil
}
