// Package alert is what a rule says when it fires, and its JSON: Suricata's EVE keys, with ours
// under "ruleids".
package alert

import (
	"net/netip"
	"strconv"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// Severity is how severe an alert is: low, medium, high or critical.
type Severity = scale.Severity

// Tier is what reputation says of an indicator: clean, low, medium, high or critical.
type Tier = scale.Tier

// An Alert stands alone: nothing in it refers to a rule set or a packet buffer.
type Alert struct {
	Time   int64  // nanoseconds since 1970-01-01 UTC, of the packet that fired it
	Number uint64 // place of that packet in the input, from 1; 0 where there was none

	Layers             packet.Layer // of the packet
	Src, Dst           packet.Addr  // with LayerIP; of ARP the protocol addresses
	SrcPort, DstPort   uint16       // with LayerPorts
	IPProto            uint8
	IPVersion          uint8
	ICMPType, ICMPCode uint8

	Rule        string
	Description string
	Category    string
	Severity    Severity // after reputation
	Attack      []string
	References  []string
	Agent       string

	Key       []Named // the values of `by`, in its order
	Values    []Named // the aggregates, in the order of the rule
	Threshold *float64
	Actions   []Action
	Message   string // of the first notify block that has one
	Shadow    bool   // the rule is in shadow mode: Actions say what would have been done

	Assets *Assets // whose hosts the addresses are; nil where nothing is known of either

	Sample *Sample // of an event of a model; nil for none

	Tunnel *Tunnel // what the packet came through; nil for none

	Suppressed uint64 // times the rule would have fired since the alert before, with the same key
	Reputation *Reputation

	// CaptureLoss is the number of packets that a live capture lost shortly before: the rule may have seen less
	// than there was. 0 where none is known to be lost.
	CaptureLoss uint64

	// Evidence is the file with the packets around the alert; "" where none are kept.
	Evidence string
	// Filter is what DisplayFilter returns, where it was asked for.
	Filter string
}

// TextSize returns about how many bytes of memory the texts and values of the alert take.
func (a *Alert) TextSize() int64 {
	n := len(a.Rule) + len(a.Description) + len(a.Category) + len(a.Agent) + len(a.Message)
	for _, vs := range [][]Named{a.Key, a.Values} {
		for _, v := range vs {
			n += len(v.Name) + 48
			if s, ok := v.Value.(string); ok {
				n += len(s)
			}
		}
	}
	for i := range a.Actions {
		n += len(a.Actions[i].Message) + 96
	}
	return int64(n)
}

// A Tunnel says what a packet came through: the outermost packet of its frame, whose sender wrote what is in there.
type Tunnel struct {
	Type             packet.Tunnel
	Src, Dst         packet.Addr
	SrcPort, DstPort uint16 // 0 where it has none
	IPProto          uint8
	Depth            int // tunnels within each other
}

// Named is a value with the name that the rule gives it: an int64, a float64, a string or a bool.
// Addresses are strings.
type Named struct {
	Name  string
	Value any
}

// An Action is what the rule asks for, with its target worked out.
type Action struct {
	Kind    string     // block, quarantine, notify
	Target  netip.Addr // block, quarantine: the address; not valid where the packet has none
	Seconds float64    // block, quarantine: how long; 0 for ever
	Share   bool       // block, quarantine: all agents of the fleet are to keep the target out
	// Spoofable says that whoever forges addresses can choose the target, which the rule accepts. It is not in the JSON.
	Spoofable bool
	To        []string // notify: channels
	Message   string   // notify
}

// Reputation is what escalation found out and did.
type Reputation struct {
	Source    string // "virustotal" or "list"
	Indicator string
	Tier      Tier

	// Of Engines that looked at the indicator, Malicious said that it is malicious and Suspicious that it may be. All
	// are 0 where the source counts no engines.
	Malicious, Suspicious, Engines int
}

// count writes one of the numbers of engines; "" where the source counts none.
func (r *Reputation) count(n int) string {
	if r.Engines == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
