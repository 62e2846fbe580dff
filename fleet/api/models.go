package api

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/store"
)

// ModelList is the models of all agents, by name.
type ModelList struct {
	Models []Model `json:"models"`
	// Complete is false where there were more alerts of models than were looked at: counts and lists are of the newest.
	Complete bool `json:"complete"`
}

// A Model is what agents say of the models of one name, and what was odd to them.
type Model struct {
	Name   string       `json:"name"`
	Agents []AgentModel `json:"agents"` // by name
	Alerts int          `json:"alerts"` // in the time asked for
	// Odd are the newest of these, the newest first.
	Odd []*store.Stored `json:"odd"`
}

// An AgentModel is a model as an agent has it.
type AgentModel struct {
	Agent  string      `json:"agent"`
	Online bool        `json:"online"`
	Model  fleet.Model `json:"model"` // by the last heartbeat
}

// maxModelAlerts and oddAlerts are how many alerts of models are looked at, and how many are told of one.
const (
	maxModelAlerts = 2000
	oddAlerts      = 30
)

func (c *call) models() (any, error) {
	q, err := c.search()
	if err != nil {
		return nil, err
	}
	if q.Since.IsZero() {
		q.Since = c.api.opt.Now().Add(-7 * 24 * time.Hour)
	}
	byName := map[string]*Model{}
	of := func(name string) *Model {
		m := byName[name]
		if m == nil {
			m = &Model{Name: name, Agents: []AgentModel{}, Odd: []*store.Stored{}}
			byName[name] = m
		}
		return m
	}
	for _, a := range c.api.opt.Roster.List(false) {
		if a.Beat == nil {
			continue
		}
		for _, x := range a.Beat.Models {
			m := of(x.Name)
			m.Agents = append(m.Agents, AgentModel{a.Name, a.Online, x})
		}
	}
	if err := q.AddTerm(query.Text, store.ModelWord, false); err != nil {
		return nil, err
	}
	looked := 0
	out := ModelList{Models: []Model{}, Complete: true}
	for before := store.ID(0); ; {
		list, next, err := c.api.opt.Store.List(c.ctx(), q, before, maxLimit)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			name := modelOf(x)
			if name == "" {
				continue // a rule or a message only says the word
			}
			m := of(name)
			m.Alerts++
			if len(m.Odd) < oddAlerts {
				m.Odd = append(m.Odd, x)
			}
		}
		looked += len(list)
		if next == 0 {
			break
		}
		if looked >= maxModelAlerts {
			out.Complete = false
			break
		}
		before = next
	}
	for _, m := range byName {
		out.Models = append(out.Models, *m)
	}
	slices.SortFunc(out.Models, func(a, b Model) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// modelOf returns the name of the model that an alert is of; "" for none.
func modelOf(x *store.Stored) string {
	var body struct {
		Ruleids struct {
			Model struct {
				Name string `json:"name"`
			} `json:"model"`
		} `json:"ruleids"`
	}
	if json.Unmarshal(x.Body, &body) != nil {
		return ""
	}
	return body.Ruleids.Model.Name
}
