package api

import (
	"context"
	"io"
	"net/http"

	"github.com/ruleids/ruleids/actions/decision"
)

// A DecisionRequest is the body of POST /decisions.
type DecisionRequest struct {
	Kind   decision.Kind   `json:"kind"` // block, quarantine, release
	Target decision.Target `json:"target"`
	// Seconds is how long it is to last; 0 for until it is lifted.
	Seconds float64 `json:"seconds,omitempty"`
	Reason  string  `json:"reason,omitempty"`
	Force   bool    `json:"force,omitempty"` // override never_block
	// For is the account behind sudo. Only root is believed.
	For string `json:"for,omitempty"`
}

// A DecisionAnswer says what became of a request.
type DecisionAnswer struct {
	Outcome  decision.Outcome   `json:"outcome"`
	Target   decision.Target    `json:"target"`
	Decision *decision.Decision `json:"decision,omitempty"` // what holds, would hold, or held
	Covered  *decision.Decision `json:"covered,omitempty"`  // of a release: what still keeps the target out, or would
	Detail   string             `json:"detail,omitempty"`   // why it is not what was asked for
	Error    string             `json:"error,omitempty"`    // a failure of journal or firewall
}

// Done reports whether what was asked for holds now, or would hold but for the mode. A target is not released while
// something else keeps it out.
func (a *DecisionAnswer) Done() bool {
	switch a.Outcome {
	case decision.Decided, decision.Recorded, decision.Kept, decision.Released:
		return a.Error == "" && a.Covered == nil
	}
	return false
}

// Decisions asks for the decisions that hold or would hold; with a target for those that cover it.
func (c *Client) Decisions(ctx context.Context, target decision.Target) ([]decision.Decision, error) {
	path := "/decisions"
	if target.IsValid() {
		path += "?" + query("target", target.String())
	}
	return ask[[]decision.Decision](ctx, c, http.MethodGet, path, nil)
}

// Decide asks for a decision. That it was refused is no error; it is in the answer.
func (c *Client) Decide(ctx context.Context, r DecisionRequest) (*DecisionAnswer, error) {
	return ask[*DecisionAnswer](ctx, c, http.MethodPost, "/decisions", r)
}

// Export writes the decisions that hold to w, as Import takes them.
func (c *Client) Export(ctx context.Context, w io.Writer) error {
	return c.ask(ctx, http.MethodGet, "/decisions/export", nil, w)
}

// Import asks that decisions of an export hold here too. There is an answer for each, in order. account is who is behind
// sudo, "" without sudo.
func (c *Client) Import(ctx context.Context, r io.Reader, account string) ([]DecisionAnswer, error) {
	return ask[[]DecisionAnswer](ctx, c, http.MethodPost, "/decisions/import?"+query("for", account), r)
}
