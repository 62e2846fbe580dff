package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

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
	Detail   string             `json:"detail,omitempty"`   // why it is not what was asked for
	Error    string             `json:"error,omitempty"`    // a failure of journal or firewall
}

// Done reports whether what was asked for holds now, or would hold but for the mode.
func (a *DecisionAnswer) Done() bool {
	switch a.Outcome {
	case decision.Decided, decision.Recorded, decision.Kept, decision.Released:
		return a.Error == ""
	}
	return false
}

func answerOf(r *decision.Request, v *decision.Verdict) DecisionAnswer {
	a := DecisionAnswer{Outcome: v.Outcome, Target: r.Target, Decision: v.Decision, Detail: v.Detail}
	if v.Err != nil {
		a.Error = v.Err.Error()
	}
	return a
}

// decideWithin is how long a client waits for decisions: some imports have a hundred thousand.
const decideWithin = time.Minute

// Bounds of the body of a request: an export of a million decisions fits into that of an import, and all else is short.
const (
	mostImport = 1 << 30
	mostBody   = 64 << 10
)

// errNoDecisions is for a daemon that makes none.
var errNoDecisions = errors.New("this daemon keeps no decisions")

// decisionRoutes adds what there is to ask about decisions.
func (d *Daemon) decisionRoutes(mux *http.ServeMux) {
	route := func(pattern string, h func(w http.ResponseWriter, r *http.Request, b *decision.Book)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if d.opt.Book == nil {
				refuse(w, errNoDecisions)
				return
			}
			most := int64(mostBody)
			if strings.HasSuffix(pattern, "/import") {
				most = mostImport
			}
			r.Body = http.MaxBytesReader(w, r.Body, most)
			h(w, r, d.opt.Book)
		})
	}
	route("GET /decisions", func(w http.ResponseWriter, r *http.Request, b *decision.Book) {
		text := r.URL.Query().Get("target")
		if text == "" {
			answer(w, http.StatusOK, b.List())
			return
		}
		t, err := decision.ParseTarget(text)
		if err != nil {
			answer(w, http.StatusBadRequest, Failure{err.Error()})
			return
		}
		answer(w, http.StatusOK, append([]decision.Decision{}, b.Covering(t)...))
	})
	route("POST /decisions", func(w http.ResponseWriter, r *http.Request, b *decision.Book) {
		var q DecisionRequest
		dec := json.NewDecoder(r.Body)
		dec.DisallowUnknownFields()
		if err := dec.Decode(&q); err != nil {
			answer(w, http.StatusBadRequest, Failure{"the request cannot be read: " + err.Error()})
			return
		}
		req := decision.Request{Kind: q.Kind, Target: q.Target, For: time.Duration(q.Seconds * float64(time.Second)), Reason: q.Reason, Force: q.Force,
			By: decision.Origin{Source: decision.SourcePerson, Who: asker(r.Context(), q.For)}}
		ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
		defer cancel()
		v := b.Decide(ctx, req)
		answer(w, http.StatusOK, answerOf(&req, &v))
	})
	route("GET /decisions/export", func(w http.ResponseWriter, _ *http.Request, b *decision.Book) {
		w.Header().Set("Content-Type", "application/json")
		_ = b.Export(w) // a client that does not read has gone
	})
	route("POST /decisions/import", func(w http.ResponseWriter, r *http.Request, b *decision.Book) {
		rs, err := decision.ReadExport(r.Body, asker(r.Context(), r.URL.Query().Get("for")))
		if err != nil {
			answer(w, http.StatusBadRequest, Failure{err.Error()})
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
		defer cancel()
		out := make([]DecisionAnswer, len(rs))
		for i, v := range b.DecideAll(ctx, rs) {
			out[i] = answerOf(&rs[i], &v)
		}
		answer(w, http.StatusOK, out)
	})
}

// Decisions asks for the decisions that hold or would hold; with a target for those that cover it.
func (c *Client) Decisions(ctx context.Context, target decision.Target) ([]decision.Decision, error) {
	path := "/decisions"
	if target.IsValid() {
		path += "?" + query("target", target.String())
	}
	var out []decision.Decision
	err := c.ask(ctx, http.MethodGet, path, nil, &out)
	return out, err
}

// Decide asks for a decision. That it was refused is no error; it is in the answer.
func (c *Client) Decide(ctx context.Context, r DecisionRequest) (*DecisionAnswer, error) {
	var a DecisionAnswer
	return &a, c.ask(ctx, http.MethodPost, "/decisions", r, &a)
}

// Export writes the decisions that hold to w, as Import takes them.
func (c *Client) Export(ctx context.Context, w io.Writer) error {
	return c.ask(ctx, http.MethodGet, "/decisions/export", nil, w)
}

// Import asks that decisions of an export hold here too. There is an answer for each, in order. account is who is behind
// sudo, "" for nobody.
func (c *Client) Import(ctx context.Context, r io.Reader, account string) ([]DecisionAnswer, error) {
	var out []DecisionAnswer
	err := c.ask(ctx, http.MethodPost, "/decisions/import?"+query("for", account), r, &out)
	return out, err
}

// asker names who is behind a request: the account that the kernel says, and the one behind sudo, which root tells.
func asker(ctx context.Context, sudo string) string {
	p, ok := ctx.Value(peerKey{}).(peer)
	switch {
	case !ok:
		return "unknown"
	case p.uid == 0 && sudo != "" && sudo != "root":
		return fmt.Sprintf("%s (for %s)", p.name, sudo)
	}
	return p.name
}

// A peer is who is at the other end of a control connection.
type peer struct {
	uid  int
	name string
}

// peerKey is the key of a peer in the context of a request.
type peerKey struct{}
