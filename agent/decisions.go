package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
)

func answerOf(r *decision.Request, v *decision.Verdict) api.DecisionAnswer {
	a := api.DecisionAnswer{Outcome: v.Outcome, Target: r.Target, Decision: v.Decision, Covered: v.Covered, Detail: v.Detail}
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
			answer(w, http.StatusBadRequest, api.Failure{Error: err.Error()})
			return
		}
		answer(w, http.StatusOK, append([]decision.Decision{}, b.Covering(t)...))
	})
	route("POST /decisions", func(w http.ResponseWriter, r *http.Request, b *decision.Book) {
		var q api.DecisionRequest
		dec := json.NewDecoder(r.Body)
		dec.DisallowUnknownFields()
		if err := dec.Decode(&q); err != nil {
			answer(w, http.StatusBadRequest, api.Failure{Error: "the request cannot be read: " + err.Error()})
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
			answer(w, http.StatusBadRequest, api.Failure{Error: err.Error()})
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
		defer cancel()
		out, left := make([]api.DecisionAnswer, len(rs)), 0
		for i, v := range b.DecideAll(ctx, rs) {
			out[i] = answerOf(&rs[i], &v)
			if !out[i].Done() {
				left++
			}
		}
		d.log.Info("decisions imported", "made", len(rs)-left, "not made", left)
		answer(w, http.StatusOK, out)
	})
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
