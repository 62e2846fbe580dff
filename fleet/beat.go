package fleet

import (
	"time"

	"github.com/ruleids/ruleids/internal/scale"
)

// BeatEvery is the time between two heartbeats of an agent; each is earlier or later by up to a tenth of it, so that those
// of many agents do not come together.
const BeatEvery = 30 * time.Second

// A Beat is what an agent says of itself with every heartbeat.
type Beat struct {
	Time     time.Time `json:"time"` // by its own clock
	Started  time.Time `json:"started"`
	Version  string    `json:"version"`
	Healthy  bool      `json:"healthy"`
	Trouble  []string  `json:"trouble"`  // for people; at most MaxTrouble
	Mode     string    `json:"mode"`     // of responses: monitor or enforce
	Rules    int       `json:"rules"`    // that run
	Digest   string    `json:"digest"`   // of the rules that run
	Set      string    `json:"set"`      // digest of the rule set that the server gave it; "" for none
	Reload   string    `json:"reload"`   // why the newest files or the newest rule set are not used; "" where they are
	Packets  uint64    `json:"packets"`  // since the start
	Dropped  uint64    `json:"dropped"`  // since the start
	Rate     float64   `json:"rate"`     // packets a second since the last beat
	Loss     float64   `json:"loss"`     // share of packets that were lost since the last beat
	CPU      float64   `json:"cpu"`      // processors that it kept busy since the last beat
	Alerts   uint64    `json:"alerts"`   // since the start
	Queue    Queue     `json:"queue"`    // of alerts for the server
	Shared   Shared    `json:"shared"`   // decisions for all
	Blocked  int       `json:"blocked"`  // targets that it keeps out
	Boot     uint64    `json:"boot"`     // of its queue
	Services []string  `json:"services"` // interfaces that it watches
	Models   []Model   `json:"models"`   // at most MaxModels
	// Logins are those of the last time, in order, the newest MaxLogins; some were in the beat before.
	Logins []Login `json:"logins,omitempty"`
	// Near says how close keys came to the thresholds of rules. It comes with some beats only, and holds until the next.
	Near []Near `json:"near,omitempty"`
	// Costs are nanoseconds of rules for each packet, by name, estimated from samples. They come and hold as Near does.
	Costs map[string]float64 `json:"costs,omitempty"`
}

// MaxCosts is of how many rules a beat tells what they cost: the dearest.
const MaxCosts = 256

// MaxTrouble is how many troubles a beat tells of.
const MaxTrouble = 10

// A Queue is how the queue of alerts of an agent is.
type Queue struct {
	Alerts int    `json:"alerts"`
	Bytes  int64  `json:"bytes"`
	Room   int64  `json:"room"`   // bytes that it may have
	Limit  uint64 `json:"limit"`  // alerts since the start that came in summaries, for they were too many
	Failed string `json:"failed"` // why it cannot be written; "" where it can
	// Dropped are alerts that a full queue gave up since it was made.
	Dropped map[scale.Severity]uint64 `json:"dropped"`
	// Damaged are alerts that waited, and that the disk lost, since the start.
	Damaged uint64 `json:"damaged,omitempty"`
}

// Shared is what an agent made of the decisions for all.
type Shared struct {
	Digest  string    `json:"digest"` // of those that it knows
	Held    int       `json:"held"`   // that hold here, or would in monitor mode
	Refused []Refusal `json:"refused"`
}

// A Refusal is a decision for all that an agent did not carry out.
type Refusal struct {
	Target string `json:"target"`
	Why    string `json:"why"`
}

// MaxRefused is how many refusals a beat tells of.
const MaxRefused = 100

// LinkStatus is how the connection of an agent to its server is.
type LinkStatus struct {
	Server    string     `json:"server"`
	Name      string     `json:"name"`
	Connected bool       `json:"connected"`
	Error     string     `json:"error"` // why it is not
	Heard     *time.Time `json:"heard"` // last answer to a heartbeat; null before the first
	Queue     Queue      `json:"queue"`
	Lost      uint64     `json:"lost"` // alerts that did not come into the queue
	Expires   time.Time  `json:"expires"`
	Shared    Shared     `json:"shared"`
}
