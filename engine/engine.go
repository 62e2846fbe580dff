// Package engine compiles a rule set to a plan and runs events through it.
//
// The engine reads no clock, starts no timer, and knows neither where events come from nor where
// alerts go.
package engine

import (
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// Config is what an Engine needs besides a Plan.
type Config struct {
	Workers    int        // goroutines that share the work of Process; below 2 there is one
	Reputation Reputation // nil: every indicator is clean
	Agent      string     // name of this sensor, copied to alerts
}

// Reputation tells what is known about an indicator. Tier must not block: it returns TierClean and
// remembers to ask when it does not know yet.
type Reputation interface {
	Tier(source, indicator string) Tier
}

// A Tier is a step of reputation.
type Tier uint8

// The tiers, from nothing known to certain.
const (
	TierClean Tier = iota
	TierLow
	TierMedium
	TierHigh
	TierCritical
)

// Stats are counts since New. A number for a rule is found by the rule's name.
type Stats struct {
	Packets    uint64 // frames and other events seen
	Bytes      uint64 // of frames on the wire
	Unknown    uint64 // frames of a link type that cannot be decoded
	Malformed  uint64 // frames in which a layer was cut short or wrong; what came before it was used
	Late       uint64 // packets older than the newest one seen
	Evictions  uint64 // keys that lost their state to make room
	Keys       uint64 // keys with state now
	StateBytes uint64 // bytes held by window state now
	Alerts     uint64
	Suppressed uint64      // times that a rule would have fired in its cooldown
	Rules      []RuleStats // sorted by name
}

// RuleStats are the counts of one rule.
type RuleStats struct {
	Name       string
	Matched    uint64 // events that passed where and no exception
	Alerts     uint64
	Suppressed uint64
}

// Emit takes an alert. It is called from one goroutine at a time, in packet order, and owns the alert.
type Emit func(*alert.Alert)

// Process runs frames through the plan, in order, and emits what fires. Frames may be reused when
// it returns. It is not safe for concurrent use.
//
//	func (e *Engine) Process(frames []packet.Frame, emit Emit)
//
// Post runs one event that is not a frame.
//
//	func (e *Engine) Post(ev *packet.Packet, emit Emit)
//
// API to come:
//
//	func Compile(rs *rules.RuleSet, opt Options) (*Plan, hcl.Diagnostics)
//	func New(plan *Plan, cfg Config) *Engine
//	func (e *Engine) Swap(plan *Plan) SwapReport
//	func (e *Engine) Advance(now int64)
//	func (e *Engine) Stats() Stats
//	func (p *Plan) Describe() *Description
var _ packet.Frame
