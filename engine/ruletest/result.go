package ruletest

import (
	"github.com/hashicorp/hcl/v2"
)

// Status says how a test went.
type Status string

// Pass is a test whose every expectation held, Fail one with alerts other than expected, Error one
// that could not be run: a capture that cannot be read, a rule that does not exist, rules that do not
// compile.
const (
	Pass  Status = "pass"
	Fail  Status = "fail"
	Error Status = "error"
)

// A Result is how one test went.
type Result struct {
	Name     string
	File     string
	Line     int
	Status   Status
	Seconds  float64  // of wall clock, loading of rules included
	Problems []string // everything that is wrong, a line each; empty for a pass

	// Diagnostics is why a test could not be run, where that has a place in a file; Problems has
	// the same in words.
	Diagnostics hcl.Diagnostics

	Fired []Fired // sorted by rule
	quiet []string
}

// Fired is how often a rule fired in a test.
type Fired struct {
	Rule   string
	Alerts int
}

// Count returns how many results have each status.
func Count(results []Result) (pass, fail, errors int) {
	for i := range results {
		switch results[i].Status {
		case Pass:
			pass++
		case Fail:
			fail++
		default:
			errors++
		}
	}
	return pass, fail, errors
}
