// Package inbox groups the alerts of a fleet for people to work through: those of one rule and key are one group, which is open
// until somebody says what became of it.
package inbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/scale"
)

// A Group is the alerts of one rule and key, with what people made of them.
type Group struct {
	ID       string         `json:"id"`
	Rule     string         `json:"rule"`
	Key      map[string]any `json:"key"`
	Severity scale.Severity `json:"severity"` // the worst
	Category string         `json:"category"`
	Attack   []string       `json:"attack"`
	Count    int            `json:"count"`
	First    time.Time      `json:"first"`
	Last     time.Time      `json:"last"`
	Agents   []string       `json:"agents"`  // sorted
	Sources  []string       `json:"sources"` // sorted, at most 10
	Newest   *store.Stored  `json:"newest"`
	Status   string         `json:"status"` // state.TriageOpen and so on
	Assignee string         `json:"assignee,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Until    time.Time      `json:"until,omitzero"`
	Seen     bool           `json:"seen"` // whoever asks has looked at the inbox since its last alert
	Notes    []state.Note   `json:"notes"`

	key string
}

// KeyText is the key as JSON, by which groups are told apart.
func (g *Group) KeyText() string { return g.key }

// maxSources is how many sources of a group are named.
const maxSources = 10

// MaxAlerts is how many alerts are looked at, the newest first.
const MaxAlerts = 20_000

// pageSize is how many alerts are read at a time.
const pageSize = 1000

// A Box is the groups of a query.
type Box struct {
	Groups   []*Group
	Alerts   int
	Complete bool // no alert of the query was left out
}

// part is what a group wants to know of an alert.
type part struct {
	Timestamp string `json:"timestamp"`
	Source    string `json:"src_ip"`
	Alert     struct {
		Category string `json:"category"`
	} `json:"alert"`
	Ruleids struct {
		Rule     string          `json:"rule"`
		Severity scale.Severity  `json:"severity"`
		Key      json.RawMessage `json:"key"`
		Attack   []string        `json:"attack"`
	} `json:"ruleids"`
}

// ID returns the id of the group of a rule and a key in JSON.
func ID(rule, key string) string {
	sum := sha256.Sum256([]byte(rule + "\n" + key))
	return hex.EncodeToString(sum[:8])
}

// A collector collects groups.
type collector struct {
	Box
	groups map[groupKey]*Group
}

// A groupKey is what the alerts of a group have in common.
type groupKey struct{ rule, key string }

// Collect returns the groups of the alerts of a query, the worst first, and of those the one with the newest alert. looked is when
// whoever asks looked at the inbox before.
func Collect(ctx context.Context, alerts store.Alerts, q *query.Query, triages map[string]*state.Triage, looked, now time.Time) (*Box, error) {
	box := &collector{Box: Box{Complete: true}, groups: map[groupKey]*Group{}}
	for before := store.ID(0); ; {
		list, next, err := alerts.List(ctx, q, before, pageSize)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			box.add(s)
		}
		if next == 0 {
			break
		}
		if box.Alerts >= MaxAlerts {
			box.Complete = false
			break
		}
		before = next
	}
	for _, g := range box.groups {
		slices.Sort(g.Agents)
		slices.Sort(g.Sources)
		g.judge(triages[g.ID], looked, now)
		box.Groups = append(box.Groups, g)
	}
	slices.SortFunc(box.Groups, func(x, y *Group) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), y.Last.Compare(x.Last), cmp.Compare(x.ID, y.ID))
	})
	return &box.Box, nil
}

var (
	ownPart    = []byte(`"ruleids":{"rule":"`)
	ownPartEnd = []byte(`},"values":`)
	sourcePart = []byte(`"src_ip":"`)
)

// parse reads of an alert what tells its group, its severity and its source, and of one that was written in another way all; nil
// where it cannot be read. A quotation mark within a string of JSON has a backslash before it: what begins and ends the parts is
// nowhere else.
func parse(body []byte) *part {
	p := &part{}
	head, own, found := bytes.Cut(body, ownPart)
	if found {
		own, _, found = bytes.Cut(own, ownPartEnd)
	}
	if found && json.Unmarshal(slices.Concat([]byte(`{"rule":"`), own, []byte("}}")), &p.Ruleids) == nil {
		if _, rest, ok := bytes.Cut(head, sourcePart); ok {
			source, _, _ := bytes.Cut(rest, []byte{'"'})
			p.Source = string(source)
		}
		return p
	}
	if json.Unmarshal(body, p) != nil {
		return nil
	}
	return p
}

// add adds an alert, which is older than those before it.
func (b *collector) add(s *store.Stored) {
	p := parse(s.Body)
	if p == nil {
		return // it was stored by another version, say; the feed shows it
	}
	key := "{}"
	if len(p.Ruleids.Key) > 0 {
		key = string(p.Ruleids.Key)
	}
	in := groupKey{p.Ruleids.Rule, key}
	g := b.groups[in]
	at := s.ID.Time()
	if g == nil {
		if json.Unmarshal(s.Body, p) != nil {
			return
		}
		g = &Group{ID: ID(in.rule, key), Rule: p.Ruleids.Rule, Category: p.Alert.Category, Attack: p.Ruleids.Attack, Last: at, Newest: s, Notes: []state.Note{}, Agents: []string{}, Sources: []string{}, key: key}
		if json.Unmarshal([]byte(key), &g.Key) != nil {
			g.Key = map[string]any{}
		}
		if g.Attack == nil {
			g.Attack = []string{}
		}
		b.groups[in] = g
	}
	b.Alerts++
	g.Count++
	g.First = at
	g.Severity = max(g.Severity, p.Ruleids.Severity)
	if !slices.Contains(g.Agents, s.Agent) {
		g.Agents = append(g.Agents, s.Agent)
	}
	if p.Source != "" && len(g.Sources) < maxSources && !slices.Contains(g.Sources, p.Source) {
		g.Sources = append(g.Sources, p.Source)
	}
}

// judge says what a group is now, after what people made of it: one that was closed is open again when an alert comes after that,
// unless it was closed until a time that is still to come.
func (g *Group) judge(t *state.Triage, looked, now time.Time) {
	g.Status, g.Seen = state.TriageOpen, !g.Last.After(looked)
	if t == nil {
		return
	}
	g.Notes = append(g.Notes, t.Notes...)
	g.Status, g.Assignee, g.Reason, g.Until = t.Status, t.Assignee, t.Reason, t.Until
	if t.Status != state.TriageClosed {
		return
	}
	reopened := g.Last.After(t.At)
	if !t.Until.IsZero() {
		reopened = now.After(t.Until) && g.Last.After(t.Until)
	}
	if reopened {
		g.Status, g.Reason, g.Until = state.TriageOpen, "", time.Time{}
	}
}
