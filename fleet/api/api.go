// Package api is what people and programs ask a fleet's server, as JSON over HTTP: alerts, agents, decisions, rule sets, and
// who may ask. Every route is in one table, from which its description in OpenAPI is made, too.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/cluster"
	"github.com/ruleids/ruleids/fleet/hosts"
	"github.com/ruleids/ruleids/fleet/live"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/fleet/rollout"
	"github.com/ruleids/ruleids/fleet/roster"
	"github.com/ruleids/ruleids/fleet/share"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/printable"
)

// Options are what the API is about.
type Options struct {
	Store  store.Alerts
	State  *state.DB
	Roster *roster.Roster
	Shared *share.Store
	Hosts  *hosts.Store
	Live   *live.Ring
	CA     *pki.CA
	Log    *slog.Logger
	// Shipped are the shipped rules, whose lists and macros exceptions may name.
	Shipped fs.FS
	// RuleFiles are shipped rules that are shown, those on alerts among them, and Pages what is written of each, as "port_scan.md".
	RuleFiles []fs.FS
	Pages     fs.FS
	Version   string
	Started   time.Time
	// AgentsPort returns the port that agents connect to, which they are told when they join; 0 for none.
	AgentsPort func() int
	MaxAgents  int
	// OperatorKey returns the key that rule sets are signed with, which agents pin when they join; "" while there is none.
	OperatorKey func(context.Context) (string, error)
	// Ingest stores events of other programs, and shows them to the rules on alerts.
	Ingest func(context.Context, []*store.Entry) error
	// IngestLimit is how many events a second a key may bring, over a minute.
	IngestLimit int
	Rollout     *rollout.Rollout
	// CheckRules loads a rule set, and returns how many rules it has, or what is wrong with it.
	CheckRules func(*bundle.Set) (int, error)
	// Evidence has an agent, by its identity, bring a file of evidence. Its errors may be ErrOffline, ErrBusy or a *NoEvidence.
	Evidence func(ctx context.Context, id, file string) ([]byte, error)
	// Cluster says how the connection to the other servers is; nil where this one is alone.
	Cluster func() cluster.Status
	// Cut ends the connections of an agent that was revoked.
	Cut func(id string)
	// Now is the clock; time.Now where it is nil.
	Now func() time.Time
}

// An API answers requests.
type API struct {
	opt    Options
	logins *limits // of wrong passwords, by address and by account
	joins  *limits
	ingest *limits
	// refusals are those that are told of, by address.
	refusals *limits
	counts   counts
	origin   *http.CrossOriginProtection
	// attacks are the techniques of rules that were asked for, by name: a []string.
	attacks sync.Map
	// rules are the shipped ones, read once.
	rulesOnce sync.Once
	rules     known
}

// New returns an API.
func New(opt Options) *API {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &API{opt: opt, logins: newLimits(loginEvery, loginBurst), joins: newLimits(joinEvery, joinBurst), ingest: newLimits(time.Minute/time.Duration(max(1, opt.IngestLimit*60)), opt.IngestLimit*60), refusals: newLimits(refusalEvery, refusalBurst),
		origin: http.NewCrossOriginProtection()}
}

// An Identity is who asks.
type Identity struct {
	Name string     `json:"name"`
	Role state.Role `json:"role"`
	Kind string     `json:"kind"` // account, key, or local: someone on the host itself who may open the server's socket
}

// who names the identity in the audit log.
func (i *Identity) who() string {
	if i == nil {
		return ""
	}
	if i.Kind == "account" {
		return i.Name
	}
	return i.Kind + ":" + i.Name
}

// A call is a request that is being answered.
type call struct {
	api *API
	r   *http.Request
	w   http.ResponseWriter
	who *Identity // nil where that is not known
	rc  *http.ResponseController
	// told says that the logs have why this is refused.
	told bool
}

func (c *call) ctx() context.Context     { return c.r.Context() }
func (c *call) query(name string) string { return strings.TrimSpace(c.r.URL.Query().Get(name)) }

// A fault is an answer that is not what was asked for.
type fault struct {
	code int
	text string
}

// Error implements error.
func (f fault) Error() string { return f.text }

func bad(format string, args ...any) error {
	return fault{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func absent(format string, args ...any) error {
	return fault{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// maxBody bounds the bodies of requests, but for events, which have bounds of their own.
const maxBody = 1 << 20

// read reads the body, one JSON object, into v. What it does not know is a mistake.
func (c *call) read(v any) error { return c.readUpTo(v, maxBody) }

func (c *call) readUpTo(v any, most int64) error {
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, most))
	if err != nil {
		if most, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("a body has at most %d bytes", most.Limit)}
		}
		return bad("the body cannot be read: %v", err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return bad("the body is not the JSON object that this takes: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return bad("there is something behind the JSON object of the body")
	}
	return nil
}

// log writes a line of the audit log. What cannot be logged is not done silently: it is an error in the daemon's log.
func (c *call) log(action, target, format string, args ...any) {
	who := c.who.who()
	if err := c.api.opt.State.Log(context.WithoutCancel(c.ctx()), who, action, target, fmt.Sprintf(format, args...)); err != nil {
		c.api.opt.Log.Error("the audit log cannot be written", "error", err, "who", who, "action", action, "target", target)
	}
}

// refused has the log tell of a request that was refused, and the audit log, too, where that is about who asked. Of one address it
// does so now and then: who asks a thousand times fills neither.
func (c *call) refused(f fault, audit bool) {
	if c.told || !c.api.refusals.take(c.address(), 1, c.api.opt.Now()) {
		return
	}
	path := printable.Clip(printable.Line(c.r.URL.Path), maxField)
	c.api.opt.Log.Warn("a request was refused", "method", c.r.Method, "path", path, "address", c.address(), "who", c.who.who(), "why", f.text)
	if audit {
		c.log("request.refuse", path, "%s from %s: %s", c.r.Method, c.address(), f.text)
	}
}

// cookie is the name of the cookie of a session. Its prefix has browsers hold it to this very host, over TLS (RFC 6265bis,
// section 4.1.3.2).
const cookie = "__Host-ruleids"

// Handler returns what answers requests below /api/, /healthz and /metrics. With local true they come by a socket that only
// an administrator of the host can open.
func (a *API) Handler(local bool) http.Handler {
	mux := http.NewServeMux()
	for _, r := range a.Routes() {
		mux.HandleFunc(r.Method+" "+r.Path, func(w http.ResponseWriter, q *http.Request) { a.serve(w, q, &r, local) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) {
		(&call{api: a, r: q, w: w}).refused(fault{http.StatusNotFound, "there is nothing there"}, false)
		answer(w, http.StatusNotFound, map[string]string{"error": "there is nothing here; GET /api/v1/openapi.json tells what there is"})
	})
	return mux
}

func (a *API) serve(w http.ResponseWriter, q *http.Request, r *Route, local bool) {
	c := &call{api: a, r: q, w: w, rc: http.NewResponseController(w)}
	defer func() {
		p := recover()
		if p == http.ErrAbortHandler {
			panic(p) // what was cut off is to look so
		}
		if p != nil {
			a.opt.Log.Error("a request failed", "path", r.Path, "error", p, "stack", string(debug.Stack()))
			answer(w, http.StatusInternalServerError, map[string]string{"error": "this failed; the server's log has why"})
		}
	}()
	a.counts.requests.Add(1)
	out, err := c.run(r, local)
	if err == nil {
		if out != nil {
			code := http.StatusOK
			if r.Created {
				code = http.StatusCreated
			}
			answer(w, code, out)
		}
		return
	}
	var f fault
	switch {
	case errors.As(err, &f):
	case errors.Is(err, state.ErrAbsent):
		f = fault{http.StatusNotFound, err.Error()}
	case q.Context().Err() != nil:
		return // who asked is gone
	case errors.Is(err, context.DeadlineExceeded):
		f = fault{http.StatusServiceUnavailable, "this took too long; ask for less at a time"}
	default:
		a.opt.Log.Error("a request failed", "path", r.Path, "error", err)
		f = fault{http.StatusInternalServerError, "this failed; the server's log has why"}
	}
	if f.code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if f.code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "5")
	}
	a.counts.refused.Add(1)
	switch f.code {
	case http.StatusUnauthorized:
		if q.Header.Get("Authorization") != "" { // else somebody who has not logged in yet
			c.refused(f, true)
		}
	case http.StatusForbidden:
		c.refused(f, true)
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		c.refused(f, false)
	case http.StatusBadRequest:
		if q.Method != http.MethodGet { // else somebody who is still writing a query
			c.refused(f, false)
		}
	}
	answer(w, f.code, map[string]string{"error": f.text})
}

// within bounds how long an answer may take, but for streams.
const within = 20 * time.Second

// run finds out who asks, and whether that may, and answers.
func (c *call) run(r *Route, local bool) (any, error) {
	ctx, cancel := context.WithTimeout(c.ctx(), within)
	if r.Stream {
		cancel()
		ctx, cancel = context.WithCancel(c.ctx())
	} else {
		// Behind the context's end: a connection that cannot be read looks like one that is gone, and gets no answer.
		_ = c.rc.SetReadDeadline(time.Now().Add(2 * within))
		_ = c.rc.SetWriteDeadline(time.Now().Add(2 * within))
	}
	defer cancel()
	c.r = c.r.WithContext(ctx)
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.Header().Set("X-Content-Type-Options", "nosniff")
	if local {
		c.who = &Identity{"host", state.Admin, "local"}
	} else if err := c.identify(); err != nil {
		return nil, err
	}
	if r.Role != "" {
		if c.who == nil {
			return nil, fault{http.StatusUnauthorized, "log in, or give a key as: Authorization: Bearer KEY"}
		}
		if !c.who.Role.Includes(r.Role) {
			return nil, fault{http.StatusForbidden, fmt.Sprintf("this needs the role %s; %s has the role %s", r.Role, c.who.Name, c.who.Role)}
		}
	}
	return r.handle(c)
}

// identify finds out who asks, by the key or the session of the request.
func (c *call) identify() error {
	if h := c.r.Header.Get("Authorization"); h != "" {
		scheme, key, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return fault{http.StatusUnauthorized, "give a key as: Authorization: Bearer KEY"}
		}
		k, err := c.api.opt.State.Key(c.ctx(), strings.TrimSpace(key))
		if err != nil {
			return err
		}
		if k == nil {
			return fault{http.StatusUnauthorized, "there is no such key; make one with: ruleids server apikey create NAME --role ROLE"}
		}
		c.who = &Identity{k.Name, k.Role, "key"}
		return nil
	}
	x, err := c.r.Cookie(cookie)
	if err != nil {
		return nil
	}
	// A cookie goes along with whatever makes a browser send a request: what changes something must come from our own page.
	if err := c.api.origin.Check(c.r); err != nil {
		return fault{http.StatusForbidden, "this comes from another site"}
	}
	account, err := c.api.opt.State.Session(c.ctx(), x.Value)
	if err != nil || account == nil {
		return err
	}
	c.who = &Identity{account.Name, account.Role, "account"}
	return nil
}

// answer writes JSON.
func answer(w http.ResponseWriter, code int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		code = http.StatusInternalServerError
		b.Reset()
		b.WriteString(`{"error":"the answer cannot be written as JSON"}` + "\n")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes()) // who asked may be gone
}

// address returns the address that a request comes from; a proxy's where there is one.
func (c *call) address() string {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		return c.r.RemoteAddr
	}
	return host
}
