package api

import (
	"fmt"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/actions/telegram"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/event/honeypot"
	"github.com/ruleids/ruleids/event/logsource"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/retry"
)

// Status is what GET /status answers: how the daemon is and what it has counted since it started.
type Status struct {
	Version       string           `json:"version"`
	Agent         string           `json:"agent"`
	PID           int              `json:"pid"`
	Started       time.Time        `json:"started"`
	UptimeSeconds float64          `json:"uptime_seconds"`
	Healthy       bool             `json:"healthy"`
	Trouble       []string         `json:"trouble"`   // what is not as it should be, for people
	Simulated     string           `json:"simulated"` // the capture that is replayed; empty for live interfaces
	Pause         *Pause           `json:"pause"`     // null while everything is looked at
	Packets       PacketCounts     `json:"packets"`
	Capture       CaptureCounts    `json:"capture"`
	Interfaces    []InterfaceState `json:"interfaces"`
	Alerts        AlertCounts      `json:"alerts"`
	State         StateCounts      `json:"state"`
	Rules         RulesStatus      `json:"rules"`
	Outputs       []output.Status  `json:"outputs"`
	Responses     *ResponseStatus  `json:"responses"` // null where no decisions are kept
	// Memory is how what rules remember is kept over a restart; null where no rule remembers anything, or nowhere.
	Memory *Kept `json:"memory"`
	// Assets is the map of hosts and services; null where none is kept.
	Assets *AssetStatus `json:"assets"`
	// Models says what models have learned, by name; empty where no rule looks at one.
	Models []ModelStatus `json:"models"`
	// Sources are the rule set and the lists that are fetched from elsewhere; the rule set first.
	Sources []SourceStatus `json:"sources"`
	// Reputation are the sources of reputation, sorted.
	Reputation []reputation.Status `json:"reputation"`
	Notifiers  []notify.Status     `json:"notifiers"`
	// Bots are those that take commands of administrators.
	Bots      []telegram.Status `json:"bots"`
	Honeypots []honeypot.Status `json:"honeypots"`
	// Logs are the logs that are read, and Logins how many logins they told of, by what became of them.
	Logs   []logsource.Status `json:"logs"`
	Logins map[string]uint64  `json:"logins"`
	// Fleet is the connection to the server of a fleet; null where the daemon belongs to none.
	Fleet *fleet.LinkStatus `json:"fleet"`
	// Evidence is what is kept of the packets around alerts; null where nothing is.
	Evidence *EvidenceStatus `json:"evidence"`
	// LostEvents are events of honeypots for which the loop had no room, LastLostEvent when the last of them was lost.
	LostEvents    uint64    `json:"lost_events"`
	LastLostEvent time.Time `json:"last_lost_event,omitzero"`
}

// PacketCounts are packets that came to the engine.
type PacketCounts struct {
	Seen      uint64 `json:"seen"`
	Bytes     uint64 `json:"bytes"`     // their lengths on the wire
	Unknown   uint64 `json:"unknown"`   // of a link type that cannot be decoded
	Malformed uint64 `json:"malformed"` // with a layer that is cut short or wrong
	Late      uint64 `json:"late"`      // older than one before them
	Leaps     uint64 `json:"leaps"`     // over a year ahead of those beside them; they count at the time of the one before
	Refused   uint64 `json:"refused"`   // that no host accepts, of those that a rule would have counted
	Fragments uint64 `json:"fragments"` // of IP packets
	// RefusedFor says why: how many had each fault, by packet.Fault.
	RefusedFor map[string]uint64 `json:"refused_for"`
	// NanosecondsEach is what a packet takes from its bytes to its last window, estimated from samples.
	NanosecondsEach float64 `json:"nanoseconds_each"`
}

// CaptureCounts are what the rings count, all interfaces together.
type CaptureCounts struct {
	Received uint64 `json:"received"` // packets that found room in a ring
	Dropped  uint64 `json:"dropped"`  // packets that found none: they are lost
	Stalls   uint64 `json:"stalls"`   // times that a ring was full
	// RecentlyDropped are packets that were lost in the last ten seconds, missed ones too; alerts say so meanwhile.
	RecentlyDropped uint64 `json:"recently_dropped"`
	// LosingSince is when packets began to be lost; null when none was lost for ten seconds. LosingLost is how many
	// were, since then.
	LosingSince *time.Time `json:"losing_since"`
	LosingLost  uint64     `json:"losing_lost"`
	// Missed are packets that cards and the kernel dropped before they came to the rings.
	Missed uint64 `json:"missed"`
}

// InterfaceState is one interface.
type InterfaceState struct {
	Name     string `json:"name"`
	Up       bool   `json:"up"`
	Error    string `json:"error,omitempty"`
	Limit    string `json:"limit,omitempty"` // what cannot be seen of it in the way that it is captured
	Received uint64 `json:"received"`
	Dropped  uint64 `json:"dropped"`
	Stalls   uint64 `json:"stalls"`
	Missed   uint64 `json:"missed"`
	// Elsewhere are frames for other hosts that were left out, as promiscuous = false asks.
	Elsewhere uint64 `json:"elsewhere"`
	Reopened  uint64 `json:"reopened"` // times that it came back and its rings were opened again
}

// AlertCounts are alerts that were raised.
type AlertCounts struct {
	Raised     uint64                    `json:"raised"`
	BySeverity map[alert.Severity]uint64 `json:"by_severity"`
	Suppressed uint64                    `json:"suppressed"` // in cooldowns
	// CooldownsLost are cooldowns that ended before their time for want of room.
	CooldownsLost      uint64 `json:"cooldowns_lost"`
	ExpressionFailures uint64 `json:"expression_failures"` // evaluations that failed and so had no value
	DuringLoss         uint64 `json:"during_loss"`         // raised while packets were being lost
}

// StateCounts are what windows hold.
type StateCounts struct {
	Keys      uint64 `json:"keys"`
	Bytes     uint64 `json:"bytes"`
	Evictions uint64 `json:"evictions"`
	Saturated uint64 `json:"saturated"`
}

// RulesStatus says which rules run and how loading them went.
type RulesStatus struct {
	Loaded        int           `json:"loaded"`   // rules that run
	Disabled      int           `json:"disabled"` // rules that do not, by enabled = false
	Digest        string        `json:"digest"`
	Since         time.Time     `json:"since"` // when they were loaded
	Reloads       uint64        `json:"reloads"`
	FailedReloads uint64        `json:"failed_reloads"`
	Broken        bool          `json:"broken"` // the files as they are now have errors; the rules before run
	Last          *ReloadReport `json:"last"`
	// Problems are the errors of the files as they are now, as `lint --format json` prints them.
	Problems []diag.Finding `json:"problems"`
}

// Kept says how state is kept in a file over a restart.
type Kept struct {
	File     string     `json:"file"`     // empty where it is not kept
	Restored *time.Time `json:"restored"` // when what was there at the start had been saved; null where nothing was, or it was damaged
	Saved    *time.Time `json:"saved"`    // when it was saved last
	Error    string     `json:"error"`    // why it cannot be saved; empty while it can
	Damaged  string     `json:"damaged"`  // what was wrong at the start, so that the state began empty
}

// ModelStatus says what a model has learned, and where that is kept.
type ModelStatus struct {
	fleet.Model
	File  string     `json:"file"`
	Saved *time.Time `json:"saved"`
}

// SourceStatus says how fetching a rule set or a list goes.
type SourceStatus struct {
	Name       string     `json:"name"` // of the list; "" for the rule set
	Kind       string     `json:"kind"` // "list", or how the rule set is published: "archive", "git" or "oci"
	From       string     `json:"from"` // the URL, without its query and its password
	Have       bool       `json:"have"` // there is a copy
	Changed    *time.Time `json:"changed"`
	Checked    *time.Time `json:"checked"`     // when the source said last that the copy is what it has
	AgeSeconds float64    `json:"age_seconds"` // since then; without a copy, since it is looked for
	Old        bool       `json:"old"`         // more than max_age
	SHA256     string     `json:"sha256"`
	Version    string     `json:"version"` // the commit, or the digest of the artifact
	Entries    int        `json:"entries"` // of a list
	LeftOut    int        `json:"left_out"`
	Files      int        `json:"files"` // of a rule set
	// Fetches are looks at the source since the start, by result: "changed", "unchanged" or "failed".
	Fetches map[string]uint64 `json:"fetches"`
	retry.Report
}

// ResponseStatus is how decisions are, and what became of actions of rules.
type ResponseStatus struct {
	decision.Status
	// Lost are actions for which there was no room while decisions took too long.
	Lost uint64 `json:"lost"`
	// Repairs are times that someone had changed the firewall and it was put back, LastRepair the last of them.
	Repairs    uint64     `json:"repairs"`
	LastRepair *time.Time `json:"last_repair"`
}

// Brief is the status in a few lines, for a chat.
func (s *Status) Brief() string {
	var b strings.Builder
	mood := "running"
	if !s.Healthy {
		mood = "NOT HEALTHY"
	}
	fmt.Fprintf(&b, "%s for %s, version %s\n", mood, time.Duration(s.UptimeSeconds*float64(time.Second)).Round(time.Second), s.Version)
	for _, t := range s.Trouble {
		fmt.Fprintf(&b, "warning: %s\n", t)
	}
	fmt.Fprintf(&b, "packets: %d seen, %d dropped\n", s.Packets.Seen, s.Capture.Dropped+s.Capture.Missed)
	fmt.Fprintf(&b, "alerts: %d raised, %d suppressed\n", s.Alerts.Raised, s.Alerts.Suppressed)
	fmt.Fprintf(&b, "rules: %d, digest %.12s\n", s.Rules.Loaded, s.Rules.Digest)
	if r := s.Responses; r != nil {
		fmt.Fprintf(&b, "responses: %s", r.Mode)
		if r.Mode == decision.Enforce {
			fmt.Fprintf(&b, ", %d blocked, %d quarantined", r.Blocks, r.Quarantines)
		} else {
			fmt.Fprintf(&b, ", %d recorded", r.Recorded)
		}
	}
	return b.String()
}

// A ReloadReport says what a reload did. Lists of rules are sorted.
type ReloadReport struct {
	Time    time.Time `json:"time"`
	Reason  string    `json:"reason"`  // "files changed", "poll", "SIGHUP", "request"
	OK      bool      `json:"ok"`      // what was loaded runs now; where it is false, what ran before goes on
	Changed bool      `json:"changed"` // other rules run than before
	Digest  string    `json:"digest"`  // of the rules that run
	Rules   int       `json:"rules"`   // enabled rules that run
	Added   []string  `json:"added"`
	Removed []string  `json:"removed"`
	Kept    []string  `json:"kept"`  // rules whose windows kept their state
	Reset   []string  `json:"reset"` // rules with a window or a sequence that begins again
	// KeptLists are lists that rules fill and that keep their entries, EmptyLists those that begin empty.
	KeptLists  []string `json:"kept_lists"`
	EmptyLists []string `json:"empty_lists"`
	// LoadSeconds is the time for reading, checking and compiling, beside the packets. PauseSeconds is the longest time
	// for which packets waited, and PauseCPUSeconds the longest for which the loop worked on the change meanwhile: where
	// it is the shorter one, others had the processor. It is 0 where the system does not tell.
	LoadSeconds     float64        `json:"load_seconds"`
	PauseSeconds    float64        `json:"pause_seconds"`
	PauseCPUSeconds float64        `json:"pause_cpu_seconds"`
	Problems        []diag.Finding `json:"problems"`
	// Restart names settings that were changed and that only a restart takes over.
	Restart []string `json:"restart"`
	// Before is what the last reload did that changed rules, where this one had nothing to do: a daemon that watches its files
	// may have been there first.
	Before *ReloadReport `json:"before,omitempty"`
}
