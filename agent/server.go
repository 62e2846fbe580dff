package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
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
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, d.Status(r.Context()))
	})
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
	mux.HandleFunc("GET /rules", func(w http.ResponseWriter, r *http.Request) {
		rules, err := d.Rules(r.Context())
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, rules)
	})
	mux.HandleFunc("GET /top", func(w http.ResponseWriter, r *http.Request) {
		top, err := d.Top(r.Context())
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, top)
	})
	mux.HandleFunc("GET /tuning", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, d.peaks.tuning(r.Context())) })
	mux.HandleFunc("POST /selftest", func(w http.ResponseWriter, r *http.Request) {
		report, err := d.SelfTest(r.Context())
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, report)
	})
	c.pauseRoutes(mux)
	c.decisionRoutes(mux)
	c.assetRoutes(mux)
	mux.HandleFunc("POST /notify/test", func(w http.ResponseWriter, r *http.Request) {
		if len(d.notifiers.all.Names()) == 0 {
			refuse(w, errors.New("there are no notifiers; add a block notifier \"kind\" \"name\" to the settings"))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
		defer cancel()
		if err := d.notifiers.all.Test(ctx, r.URL.Query().Get("name")); err != nil {
			answer(w, http.StatusBadGateway, api.Failure{Error: err.Error()})
			return
		}
		answer(w, http.StatusOK, struct{}{})
	})
	return mux
}

func refuse(w http.ResponseWriter, err error) {
	answer(w, http.StatusServiceUnavailable, api.Failure{Error: err.Error()})
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

// Bounds of the body of a request: an export of a million decisions fits into that of an import, and all else is short.
const (
	maxImport = 1 << 30
	maxBody   = 64 << 10
)

// decisionRoutes adds what there is to ask about decisions.
func (c *control) decisionRoutes(mux *http.ServeMux) {
	p := c.d.decisions
	route := func(pattern string, h http.HandlerFunc) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			limit := int64(maxBody)
			if strings.HasSuffix(pattern, "/import") {
				limit = maxImport
			}
			r.Body = http.MaxBytesReader(w, r.Body, limit)
			h(w, r)
		})
	}
	route("GET /decisions", func(w http.ResponseWriter, r *http.Request) {
		text := r.URL.Query().Get("target")
		if text == "" {
			answer(w, http.StatusOK, p.store.List())
			return
		}
		t, err := decision.ParseTarget(text)
		if err != nil {
			answer(w, http.StatusBadRequest, api.Failure{Error: err.Error()})
			return
		}
		answer(w, http.StatusOK, append([]decision.Decision{}, p.store.Covering(t)...))
	})
	route("POST /decisions", func(w http.ResponseWriter, r *http.Request) {
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
		rs := []decision.Request{req}
		answer(w, http.StatusOK, answerOf(&rs[0], &p.decide(ctx, rs)[0]))
	})
	route("GET /decisions/export", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = p.store.Export(w) // a client that does not read has gone
	})
	route("POST /decisions/import", func(w http.ResponseWriter, r *http.Request) {
		rs, err := decision.ReadExport(r.Body, asker(r.Context(), r.URL.Query().Get("for")))
		if err != nil {
			answer(w, http.StatusBadRequest, api.Failure{Error: err.Error()})
			return
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
