package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
)

// control serves the control API on a socket.
type control struct {
	d        *Daemon
	listener net.Listener // nil without
}

// Open opens the socket.
func (c *control) Open(context.Context) (err error) {
	if path := c.d.running.Control.Socket; path != "" {
		c.listener, err = ListenControl(path, c.d.account)
	}
	return err
}

// Run serves.
func (c *control) Run(ctx context.Context) error {
	serveHTTP(ctx, c.listener, c.handler(), c.d.log, "control")
	return nil
}

// Close gives up the socket.
func (c *control) Close(context.Context) error { return closeListener(c.listener) }

// reloadWithin is how long a client waits for a reload: many times what ten thousand rules take.
const reloadWithin = time.Minute

// handler is the control API.
func (c *control) handler() http.Handler {
	d := c.d
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), reloadWithin)
		defer cancel()
		report, err := d.Reload(ctx, "request")
		switch {
		case err != nil:
			refuse(w, err)
		case !report.OK:
			answer(w, http.StatusUnprocessableEntity, report)
		default:
			answer(w, http.StatusOK, report)
		}
	})
	give(mux, "GET /status", func(r *http.Request) (any, error) { return d.Status(r.Context()), nil })
	give(mux, "GET /rules", func(r *http.Request) (any, error) { return d.Rules(r.Context()) })
	give(mux, "GET /top", func(r *http.Request) (any, error) { return d.Top(r.Context()) })
	give(mux, "GET /tuning", func(r *http.Request) (any, error) { return d.peaks.tuning(r.Context()), nil })
	give(mux, "POST /selftest", func(r *http.Request) (any, error) { return d.SelfTest(r.Context()) })
	c.pauseRoutes(mux)
	c.decisionRoutes(mux)
	c.assetRoutes(mux)
	give(mux, "POST /notify/test", func(r *http.Request) (any, error) {
		if len(d.notifiers.all.Names()) == 0 {
			return nil, errors.New("there are no notifiers; add a block notifier \"kind\" \"name\" to the settings")
		}
		ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
		defer cancel()
		if err := d.notifiers.all.Test(ctx, r.URL.Query().Get("name")); err != nil {
			return nil, failure{http.StatusBadGateway, err.Error()}
		}
		return struct{}{}, nil
	})
	return mux
}

// give adds a route that answers with what get returns.
func give(mux *http.ServeMux, pattern string, get func(r *http.Request) (any, error)) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r.URL.Path))
		body, err := get(r)
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, body)
	})
}

// Bounds of the bodies of requests, in bytes: an export of a million decisions fits into that of an import, so does the XML of the
// scan of a large network, and all else is short.
const (
	maxImport = 1 << 30
	maxScan   = 256 << 20
	maxBody   = 64 << 10
)

// bodyLimit returns the bound of a body.
func bodyLimit(path string) int64 {
	switch path {
	case "/decisions/import":
		return maxImport
	case "/assets/import":
		return maxScan
	}
	return maxBody
}

// readBody reads the body of a request, JSON. What it does not know is a mistake.
func readBody(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return bad("the request cannot be read: %v", err)
	}
	return nil
}

// A failure is an error with the status of its answer.
type failure struct {
	status int
	text   string
}

// Error implements error.
func (f failure) Error() string { return f.text }

func bad(format string, args ...any) error {
	return failure{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func refuse(w http.ResponseWriter, err error) {
	status := http.StatusServiceUnavailable
	if f, ok := errors.AsType[failure](err); ok {
		status = f.status
	}
	answer(w, status, api.Failure{Error: err.Error()})
}

// answer writes JSON. A client that does not read it has gone.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body)
}

func answerOf(r *decision.Request, v *decision.Verdict) api.DecisionAnswer {
	a := api.DecisionAnswer{Outcome: v.Outcome, Target: r.Target, Decision: v.Decision, Covered: v.Covered, Detail: v.Detail}
	if v.Err != nil {
		a.Error = v.Err.Error()
	}
	return a
}

// decideWithin is how long a client waits for decisions: some imports have a hundred thousand.
const decideWithin = time.Minute

// decisionRoutes adds what there is to ask about decisions.
func (c *control) decisionRoutes(mux *http.ServeMux) {
	p := c.d.decisions
	give(mux, "GET /decisions", func(r *http.Request) (any, error) {
		text := r.URL.Query().Get("target")
		if text == "" {
			return p.store.List(), nil
		}
		t, err := decision.ParseTarget(text)
		if err != nil {
			return nil, bad("%v", err)
		}
		return append([]decision.Decision{}, p.store.Covering(t)...), nil
	})
	give(mux, "POST /decisions", func(r *http.Request) (any, error) {
		var q api.DecisionRequest
		if err := readBody(r, &q); err != nil {
			return nil, err
		}
		req := decision.Request{Kind: q.Kind, Target: q.Target, For: time.Duration(q.Seconds * float64(time.Second)), Reason: q.Reason, Force: q.Force,
			By: decision.Origin{Source: decision.SourcePerson, Who: asker(r.Context(), q.For)}}
		ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
		defer cancel()
		return answerOf(&req, &p.decide(ctx, []decision.Request{req})[0]), nil
	})
	mux.HandleFunc("GET /decisions/export", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = p.store.Export(w) // a client that does not read has gone
	})
	give(mux, "POST /decisions/import", func(r *http.Request) (any, error) {
		rs, err := decision.ReadExport(r.Body, asker(r.Context(), r.URL.Query().Get("for")))
		if err != nil {
			return nil, bad("%v", err)
		}
		ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
		defer cancel()
		out, left := make([]api.DecisionAnswer, len(rs)), 0
		for i, v := range p.decide(ctx, rs) {
			out[i] = answerOf(&rs[i], &v)
			if !out[i].Done() {
				left++
			}
		}
		c.d.log.Info("decisions imported", "made", len(rs)-left, "not made", left)
		return out, nil
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
