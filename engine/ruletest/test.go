// Package ruletest runs the tests of rules: the test blocks of *_test.hcl files. A test puts packets,
// from a capture or made up on the spot, through the real decoder and engine, and says which alerts
// must come of them.
package ruletest

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/internal/scale"
)

// A Test is one test block, read and checked. It does not change after Load.
type Test struct {
	Name  string
	File  string    // as reached from the path that Load was given
	Line  int       // of the block
	Range hcl.Range // of the block's header

	// Mistakes is what is wrong with the block. A test with mistakes cannot run.
	Mistakes hcl.Diagnostics

	pcap     string // path of the capture; "" where there are packets
	pcapAt   hcl.Range
	packets  []*packets
	logs     []*log
	learn    *Test // what models learn from first: its capture or packets; nil for nothing
	set      map[string]assignment
	places   []geo.Network // where addresses are; nil for what the options say
	expects  []*expectation
	quiet    bool
	othersOK bool
}

// An assignment is a value that a test gives to a variable, as --set would.
type assignment struct {
	text            string
	nameAt, valueAt hcl.Range
}

// An expectation is one alert block.
type expectation struct {
	rule     string
	ruleAt   hcl.Range
	min, max int // max < 0: no bound
	exact    bool
	key      []keyValue // sorted by name
	at       time.Duration
	hasAt    bool
	severity scale.Severity // 0 for any
}

// A keyValue is one entry of the key that an expectation asks for.
type keyValue struct {
	name, value string
	nameAt      hcl.Range
}

// names reports whether the test has an alert block for a rule.
func (t *Test) names(rule string) bool {
	for _, e := range t.expects {
		if e.rule == rule {
			return true
		}
	}
	return false
}
