package api

import (
	"context"
	"net/http"
)

// A SelfTestStep is one link of the chain from a packet to what is done about it.
type SelfTestStep struct {
	Step    string  `json:"step"`    // "packets", "rules", "decision", "firewall", "release", "notifier ops", "output eve main"
	OK      bool    `json:"ok"`      //
	Skipped bool    `json:"skipped"` // there is nothing to try, as no firewall in monitor mode
	Says    string  `json:"says"`
	Seconds float64 `json:"seconds"`
}

// SelfTest is what POST /selftest answers.
type SelfTest struct {
	Steps []SelfTestStep `json:"steps"`
}

// Failed returns how many steps do not work.
func (s *SelfTest) Failed() (n int) {
	for _, x := range s.Steps {
		if !x.OK && !x.Skipped {
			n++
		}
	}
	return n
}

// SelfTest has the daemon try the whole chain.
func (c *Client) SelfTest(ctx context.Context) (*SelfTest, error) {
	return ask[*SelfTest](ctx, c, http.MethodPost, "/selftest", nil)
}
