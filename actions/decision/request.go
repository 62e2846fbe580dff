package decision

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ruleids/ruleids/alert"
)

// A Request asks the Store for a decision.
type Request struct {
	Kind   Kind
	Target Target
	// For is how long it is to last; 0 for until it is lifted. It is not read with Until, nor of a release.
	For time.Duration
	// Until is when it is to end, where a time is known instead of a length: of imports.
	Until  time.Time
	By     Origin
	Reason string
	// Force overrides never_block. Only SourcePerson may.
	Force bool
	// Shadow says that the rule is in shadow mode: what would be done is recorded and no more.
	Shadow bool

	// Spoofable says that whoever forges addresses can choose the target: the time is what is asked for, however often
	// it is asked for, and it is not counted as an offence.
	Spoofable bool

	// Insist asks for the decision in spite of the grace after a release: the server that asks has looked at it.
	Insist bool

	restored *Decision // of an import: what the decision was
}

// FromAlert returns what the actions of an alert ask for, in their order. Actions without a target, as of packets
// that lack the field, ask for nothing.
func FromAlert(a *alert.Alert) []Request {
	var out []Request
	for _, act := range a.Actions {
		kind := Kind(act.Kind)
		if kind != Block && kind != Quarantine || !act.Target.IsValid() {
			continue
		}
		reason := cmp.Or(a.Message, a.Description)
		out = append(out, Request{
			Kind: kind, Target: onWire(act.Target), For: seconds(act.Seconds), Reason: reason, Shadow: a.Shadow, Spoofable: act.Spoofable,
			By: Origin{Source: SourceRule, Rule: a.Rule, Who: a.Agent,
				Alert: &Alert{Time: instant(time.Unix(0, a.Time)), Number: a.Number, Severity: a.Severity}},
		})
	}
	return out
}

// maxFor bounds how long a decision may last: beyond ten years it is a typo, or for ever.
const maxFor = 10 * 365 * 24 * time.Hour

func seconds(s float64) time.Duration {
	if s >= maxFor.Seconds() {
		return maxFor
	}
	return time.Duration(s * float64(time.Second))
}

// check returns what is wrong with a request, in a sentence; "" for nothing.
func (r *Request) check(now time.Time) string {
	switch {
	case !r.Target.IsValid():
		return "The request has no target; name an address or a prefix."
	case r.Kind != Block && r.Kind != Quarantine && r.Kind != Release:
		return fmt.Sprintf("There is no decision %q; there are block, quarantine and release.", r.Kind)
	case !slices.Contains(sources(), r.By.Source):
		return fmt.Sprintf("There is no source %q of requests.", r.By.Source)
	case r.Kind == Release && r.By.Source == SourceRule:
		return "A rule releases nothing."
	case r.Kind == Release:
		return ""
	case r.For < 0 || r.For > maxFor:
		return fmt.Sprintf("%v is not a valid length of time for a decision; write one up to %v, or none for until it is lifted.", r.For, maxFor)
	case !r.Until.IsZero() && !r.Until.After(now):
		return fmt.Sprintf("It would have ended at %s already.", r.Until.Format(time.RFC3339))
	case r.Kind == Quarantine && r.For == 0 && r.Until.IsZero() && (r.By.Source == SourcePerson || r.By.Source == SourceTelegram):
		return "A quarantine ends by itself; say how long it is to last, or block."
	case r.Force && r.By.Source != SourcePerson:
		return "Only a person at the command line may force a decision."
	}
	return ""
}

// An Outcome is what became of a request.
type Outcome string

const (
	Decided  Outcome = "decided"  // a decision was made; it is in the journal, and in force unless Err says otherwise
	Recorded Outcome = "recorded" // a decision would have been made
	Kept     Outcome = "kept"     // what holds already is as strong; nothing was changed
	Refused  Outcome = "refused"  // the target is protected, the request is not valid, or the Store is full
	Skipped  Outcome = "skipped"  // the target was released a short while ago
	Released Outcome = "released" // what there was is lifted
	Absent   Outcome = "absent"   // there was nothing to lift
	Failed   Outcome = "failed"   // Err says why nothing was decided
)

// outcomes are all of them, in the order of their constants.
func outcomes() []Outcome {
	return []Outcome{Decided, Recorded, Kept, Refused, Skipped, Released, Absent, Failed}
}

// A Verdict is the answer to a request.
type Verdict struct {
	Outcome Outcome
	// Decision is what holds now, would hold, or (Released) held; nil where there is none.
	Decision *Decision
	// Covered is, of a release, what still keeps the target out or would; nil where nothing does.
	Covered *Decision
	// Detail is a sentence that says why, where the outcome is not what was asked for.
	Detail string
	// Protection is what refused the request, where one did.
	Protection *Protection
	// Err is a failure: of the journal (nothing was decided; or it was released, but may come back with a
	// restart), or of the firewall (decided, but not in force until a later try succeeds).
	Err error
}

// String is the verdict in one line, for a reply.
func (v Verdict) String() string {
	s := string(v.Outcome)
	if v.Decision != nil {
		s += ": " + v.Decision.String()
	}
	if v.Detail != "" {
		s += ": " + v.Detail
	}
	if v.Err != nil {
		s += ": " + v.Err.Error()
	}
	return s
}
