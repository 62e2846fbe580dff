package study

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/rules"
)

// A Kind says how the alerts of a rule and key differ between two rule sets.
type Kind string

// The kinds of change. Of one rule, key and capture there is at most one: the first of these that applies.
const (
	Appears  Kind = "appears"  // the new set alerts, the old one did not
	Vanishes Kind = "vanishes" // the old set alerted, the new one does not
	Earlier  Kind = "earlier"  // the first alert comes at an earlier packet
	Later    Kind = "later"    // the first alert comes at a later packet
	Severity Kind = "severity" // the worst severity is another
	More     Kind = "more"     // there are more alerts
	Fewer    Kind = "fewer"    // there are fewer alerts
)

// Kinds returns the kinds of change, in the order of what they mean to an operator.
func Kinds() []Kind { return []Kind{Appears, Vanishes, Earlier, Later, Severity, More, Fewer} }

// A Side is what one rule set says of a rule and key in a capture: its first alert, and how many there are.
type Side struct {
	Alerts   int            `json:"alerts"`
	Packet   uint64         `json:"pcap_cnt"`  // of the first
	Time     int64          `json:"-"`         // of the first: nanoseconds since 1970
	At       string         `json:"timestamp"` // Time as in alerts
	Severity alert.Severity `json:"severity"`  // the worst
	Message  string         `json:"message,omitempty"`
}

// A Change is how the alerts of a rule and key in a capture differ. Old or New is nil where that set has no alert.
type Change struct {
	Kind    Kind           `json:"kind"`
	Rule    string         `json:"rule"`
	Key     map[string]any `json:"key"`
	Capture string         `json:"capture"`
	Old     *Side          `json:"old,omitempty"`
	New     *Side          `json:"new,omitempty"`
}

// A Response is a block or quarantine that one set asks for and the other does not, in enforce mode.
type Response struct {
	Gained  bool   `json:"gained"` // the new set asks for it
	Action  string `json:"action"` // "block" or "quarantine"
	Rule    string `json:"rule"`
	Target  string `json:"target"`
	Capture string `json:"capture"`
}

// A RuleDiff sums up the changes of one rule.
type RuleDiff struct {
	Rule      string       `json:"rule"`
	Only      string       `json:"only,omitempty"` // "old" or "new" where the other set does not have the rule enabled
	OldAlerts int          `json:"old_alerts"`
	NewAlerts int          `json:"new_alerts"`
	Changes   map[Kind]int `json:"changes"` // how many there are of each kind
	Gained    int          `json:"responses_gained"`
	Lost      int          `json:"responses_lost"`
}

// A Diff is what a change of rules does to the alerts on captures.
type Diff struct {
	Captures  int        `json:"captures"`
	Packets   uint64     `json:"packets"`
	OldAlerts int        `json:"old_alerts"`
	NewAlerts int        `json:"new_alerts"`
	Rules     []RuleDiff `json:"rules"`     // those with a change, by name
	Changes   []Change   `json:"changes"`   // by rule, capture and packet
	Responses []Response `json:"responses"` // by rule and capture
}

// Clean reports whether nothing differs.
func (d *Diff) Clean() bool { return len(d.Changes) == 0 && len(d.Responses) == 0 }

// Compare compares what two rule sets made of the same captures.
func Compare(oldSet, newSet *rules.RuleSet, olds, news []Run) *Diff {
	d := &Diff{Captures: len(news), Rules: []RuleDiff{}, Changes: []Change{}, Responses: []Response{}}
	sums := map[string]*RuleDiff{}
	of := func(name string) *RuleDiff {
		if sums[name] == nil {
			sums[name] = &RuleDiff{Rule: name, Changes: map[Kind]int{}}
		}
		return sums[name]
	}
	for i := range news {
		d.Packets += news[i].Packets
		d.OldAlerts += len(olds[i].Alerts)
		d.NewAlerts += len(news[i].Alerts)
		before, after := summarize(olds[i].Alerts), summarize(news[i].Alerts)
		for _, a := range olds[i].Alerts {
			of(a.Rule).OldAlerts++
		}
		for _, a := range news[i].Alerts {
			of(a.Rule).NewAlerts++
		}
		for id, x := range before.sides {
			d.note(change(id, news[i].Capture, x, after.sides[id]), of)
		}
		for id, y := range after.sides {
			if before.sides[id] == nil {
				d.note(change(id, news[i].Capture, nil, y), of)
			}
		}
		for r := range before.responses {
			if !after.responses[r] {
				of(r.Rule).Lost++
				r.Capture = news[i].Capture
				d.Responses = append(d.Responses, r)
			}
		}
		for r := range after.responses {
			if !before.responses[r] {
				of(r.Rule).Gained++
				r.Capture, r.Gained = news[i].Capture, true
				d.Responses = append(d.Responses, r)
			}
		}
	}
	inOld, inNew := enabled(oldSet), enabled(newSet)
	for name, r := range sums {
		switch {
		case !inNew[name]:
			r.Only = "old"
		case !inOld[name]:
			r.Only = "new"
		}
		if len(r.Changes) > 0 || r.Gained+r.Lost > 0 {
			d.Rules = append(d.Rules, *r)
		}
	}
	slices.SortFunc(d.Rules, func(x, y RuleDiff) int { return cmp.Compare(x.Rule, y.Rule) })
	slices.SortFunc(d.Changes, func(x, y Change) int {
		return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Capture, y.Capture), cmp.Compare(x.packet(), y.packet()),
			cmp.Compare(KeyText(x.Key), KeyText(y.Key)))
	})
	slices.SortFunc(d.Responses, func(x, y Response) int {
		return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Capture, y.Capture), cmp.Compare(x.Target, y.Target), cmp.Compare(x.Action, y.Action))
	})
	return d
}

// enabled returns the names of the rules that run.
func enabled(set *rules.RuleSet) map[string]bool {
	out := map[string]bool{}
	for _, r := range set.Rules {
		if r.Enabled {
			out[r.Name] = true
		}
	}
	return out
}

func (d *Diff) note(c *Change, of func(string) *RuleDiff) {
	if c != nil {
		d.Changes = append(d.Changes, *c)
		of(c.Rule).Changes[c.Kind]++
	}
}

// packet is the place where a change is first seen.
func (c *Change) packet() uint64 {
	if c.New != nil {
		return c.New.Packet
	}
	return c.Old.Packet
}

// An identity is a rule and a key.
type identity struct{ rule, key string }

type summary struct {
	sides     map[identity]*Side
	responses map[Response]bool
}

// summarize sums up the alerts of a capture. What is done in shadow mode is no response.
func summarize(alerts []*alert.Alert) summary {
	s := summary{map[identity]*Side{}, map[Response]bool{}}
	for _, a := range alerts {
		id := identity{a.Rule, keyID(a.Key)}
		side := s.sides[id]
		if side == nil {
			side = &Side{Packet: a.Number, Time: a.Time, At: time.Unix(0, a.Time).UTC().Format(alert.TimestampLayout), Severity: a.Severity, Message: a.Message}
			s.sides[id] = side
		}
		side.Alerts++
		side.Severity = max(side.Severity, a.Severity)
		for _, x := range a.Actions {
			if !a.Shadow && x.Kind != "notify" && x.Target.IsValid() {
				s.responses[Response{Action: x.Kind, Rule: a.Rule, Target: x.Target.String()}] = true
			}
		}
	}
	return s
}

// change says how two sides differ; nil where they do not.
func change(id identity, capture string, x, y *Side) *Change {
	c := &Change{Rule: id.rule, Capture: capture, Old: x, New: y}
	switch {
	case x == nil:
		c.Kind = Appears
	case y == nil:
		c.Kind = Vanishes
	case y.Packet < x.Packet:
		c.Kind = Earlier
	case y.Packet > x.Packet:
		c.Kind = Later
	case x.Severity != y.Severity:
		c.Kind = Severity
	case y.Alerts > x.Alerts:
		c.Kind = More
	case y.Alerts < x.Alerts:
		c.Kind = Fewer
	default:
		return nil
	}
	_ = json.Unmarshal([]byte(id.key), &c.Key) // it was marshaled by keyID
	return c
}

// keyID writes a key as JSON, which is equal for equal keys: names are sorted.
func keyID(key []alert.Named) string {
	m := make(map[string]any, len(key))
	for _, k := range key {
		m[k.Name] = k.Value
	}
	text, err := json.Marshal(m)
	if err != nil { // a number that JSON does not have
		return fmt.Sprintf("{%q:%q}", "key", fmt.Sprint(m))
	}
	return string(text)
}

// KeyText writes a key for people: name=value, by name.
func KeyText(key map[string]any) string {
	words := make([]string, 0, len(key))
	for name, value := range key {
		words = append(words, fmt.Sprintf("%s=%v", name, value))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
