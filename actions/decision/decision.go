// Package decision manages block and quarantine decisions, and keeps them over restarts.
//
// A Store is the one choke point: a rule, a person, Telegram, another sensor or a file that is imported all make
// a Request of it, and it alone decides. It never lets an address go into the firewall that the host needs (its
// own addresses, gateways, resolvers, peers of SSH sessions, the lists of the settings), writes every decision to
// a journal before it takes effect, and takes back what became wrong.
package decision

import (
	"fmt"
	"time"

	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/internal/scale"
)

// A Kind is what is done to a target. The firewall keeps a set for each.
type Kind string

const (
	Block      Kind = "block"      // until it is lifted
	Quarantine Kind = "quarantine" // until a time
	Release    Kind = "release"    // of requests only: lift what there is
)

// A Source is who asks.
type Source string

const (
	SourceRule     Source = "rule"     // a rule of this sensor that fired
	SourcePerson   Source = "person"   // someone at the command line
	SourceTelegram Source = "telegram" // an administrator in a chat
	SourceRestore  Source = "restore"  // an import of decisions that were exported
	SourceFleet    Source = "fleet"    // another sensor
	SourceGuard    Source = "guard"    // the Store itself, where a target became protected
)

// sources are those that requests may have.
func sources() []Source {
	return []Source{SourceRule, SourcePerson, SourceTelegram, SourceRestore, SourceFleet}
}

// automatic reports whether no person stands behind the request. The grace period and the counting of offences
// are for these.
func (s Source) automatic() bool { return s == SourceRule || s == SourceFleet }

// human reports whether somebody asks for one thing at a time.
func (s Source) human() bool { return s == SourcePerson || s == SourceTelegram }

// An Origin says who asks, and on what ground.
type Origin struct {
	Source Source `json:"source,omitempty"`
	Who    string `json:"who,omitempty"`  // the account, chat user or agent
	Rule   string `json:"rule,omitempty"` // of an alert
	Alert  *Alert `json:"alert,omitempty"`
}

// An Alert points at the line of an alert log: with the rule, its time and number are that line's "timestamp" and
// "pcap_cnt".
type Alert struct {
	Time     time.Time      `json:"time"`
	Number   uint64         `json:"number,omitempty"`
	Severity scale.Severity `json:"severity,omitempty"`
}

// String names the origin in a few words.
func (o Origin) String() string {
	s := string(o.Source)
	for _, part := range []string{o.Rule, o.Who} {
		if part != "" {
			s += " " + part
		}
	}
	return s
}

// A Decision is what holds for a target. It is never changed; another takes its place. Its JSON is the format of
// the journal, of exports and of `decisions`.
type Decision struct {
	ID     uint64 `json:"id,omitempty"` // from 1, unique in a journal
	Kind   Kind   `json:"kind,omitempty"`
	Target Target `json:"target,omitzero"`
	Origin
	Reason   string    `json:"reason,omitempty"`
	Since    time.Time `json:"since,omitzero"`     // UTC, microseconds
	Until    time.Time `json:"until,omitzero"`     // UTC; zero: until it is lifted
	Offences int       `json:"offences,omitempty"` // times that automatic decisions were made of the target, lately
	Forced   bool      `json:"forced,omitempty"`   // a person overrode never_block
	Recorded bool      `json:"recorded,omitempty"` // not done: the mode is monitor, or the rule is in shadow mode
}

// over reports whether the time of the decision is over.
func (d *Decision) over(now time.Time) bool { return !d.Until.IsZero() && !now.Before(d.Until) }

// member is what the firewall is told.
func (d *Decision) member() Member { return Member{Target: d.Target, Kind: d.Kind, Until: d.Until} }

// String is the decision in one line of text.
func (d *Decision) String() string {
	s := fmt.Sprintf("%s of %s", d.Kind, d.Target)
	if d.Until.IsZero() {
		s += " until it is lifted"
	} else {
		s += " until " + d.Until.Format(time.RFC3339)
	}
	return s + ", by " + d.Origin.String()
}

// instant is a time as decisions have it: it survives the journal unchanged.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// maxText bounds the texts of a decision, in bytes, and so the lines of the journal.
const maxText = 1000

// plain makes a text of someone else safe for logs and terminals, and bounds it.
func plain(s string) string { return printable.Clip(printable.Line(s), maxText) }
