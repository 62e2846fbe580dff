// Package server is `ruleids server`: the parts of a fleet's server put together.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	pages "github.com/ruleids/ruleids/docs/rules"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/bus"
	"github.com/ruleids/ruleids/fleet/cluster"
	"github.com/ruleids/ruleids/fleet/correlate"
	"github.com/ruleids/ruleids/fleet/hosts"
	"github.com/ruleids/ruleids/fleet/live"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/fleet/rollout"
	"github.com/ruleids/ruleids/fleet/roster"
	"github.com/ruleids/ruleids/fleet/share"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/filelock"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// Options are what a Server is made of.
type Options struct {
	Settings fleet.Server
	NATS     fleet.NATS // without URLs this server is alone
	Store    fleet.Store
	Version  string
	Log      *slog.Logger
	// Say takes what the administrator must read at the first start: the password, which is shown this once.
	Say io.Writer
	// Rules say where values of variables come from; the paths are those of Settings.
	Rules rules.Options
	// Demo has the server make up five agents and their alerts, in a directory that goes when it ends.
	Demo bool
}

// A Server is a fleet's server. It is made by Open, and run once.
type Server struct {
	opt     Options
	log     *slog.Logger
	started time.Time
	lock    *os.File

	ca     *pki.CA
	state  *state.DB
	store  store.Alerts
	roster *roster.Roster
	shared *share.Store
	live   *live.Ring
	hosts  *hosts.Store
	api    *api.API

	bus     *bus.Bus // nil where no agents are listened for
	company *company // nil where this server is alone
	news    chan *store.Stored
	rules   *correlate.Correlator
	rollout *rollout.Rollout
	orders  orders
	missed  atomic.Uint64 // alerts that found no room in news

	servers []listening
	own     *shown         // the certificate that the fleet's CA made
	page    *shown         // that of the page
	demo    *demonstration // nil without
}

// A listening server.
type listening struct {
	what string
	http *http.Server
	in   net.Listener
}

// StateFile is the name of the file of the state, and SocketFile that of the socket of the host's administrator, in the
// server's directory.
const (
	StateFile  = "server.db"
	SocketFile = "server.sock"
)

// Open opens everything. After an error nothing is left open.
func Open(ctx context.Context, opt Options) (s *Server, err error) {
	s = &Server{opt: opt, log: opt.Log, started: time.Now(), live: live.New(), hosts: hosts.New(), news: make(chan *store.Stored, newsRoom)}
	defer func() {
		if err != nil {
			_ = s.close()
			s = nil
		}
	}()
	dir := opt.Settings.Data
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, fmt.Errorf("the server's directory: %w; name another with server { data = … } or --data", err)
	}
	if s.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return s, fmt.Errorf("the server's directory: %w; name another with server { data = … } or --data", err)
	}
	if filelock.Within(s.lock, time.Second) {
		return s, fmt.Errorf("a server runs in %s already", dir)
	}
	if s.ca, err = pki.Open(filepath.Join(dir, "pki")); err != nil {
		return s, err
	}
	if s.state, err = state.Open(filepath.Join(dir, StateFile)); err != nil {
		return s, err
	}
	if len(opt.NATS.URLs) > 0 {
		if err := s.gather(ctx); err != nil {
			return s, err
		}
	}
	if err := s.openStore(ctx); err != nil {
		return s, err
	}
	if s.roster, err = roster.Open(ctx, roster.Options{DB: s.state, Log: s.log, Offline: opt.Settings.OfflineAfter, Changed: func(a *roster.Agent) { s.tell("agent", a) }}); err != nil {
		return s, err
	}
	if s.shared, err = share.Open(ctx, s.state, s.log, s.decided); err != nil {
		return s, err
	}
	if err := s.correlate(ctx); err != nil {
		return s, err
	}
	if s.rollout, err = rollout.Open(ctx, rollout.Options{DB: s.state, Store: s.store, Roster: s.roster, Log: s.log, Tell: s.tellRules, Changed: func(x *state.Ruleset) { s.tell("ruleset", x) }}); err != nil {
		return s, err
	}
	var others func() cluster.Status
	if s.company != nil {
		others = s.company.Status
	}
	s.api = api.New(api.Options{Cluster: others, Shipped: stdlib.FS(), RuleFiles: []fs.FS{stdlib.FS(), correlate.FS()}, Pages: pages.FS(), Rollout: s.rollout, CheckRules: checkRules, Store: s.store, State: s.state, Roster: s.roster, Shared: s.shared, Hosts: s.hosts, Live: s.live, CA: s.ca, Log: s.log, Version: opt.Version, Started: s.started,
		AgentsPort: s.agentsPort, MaxAgents: opt.Settings.MaxAgents, IngestLimit: opt.Settings.IngestLimit, Ingest: s.append, Cut: s.cut, Evidence: s.evidence,
		OperatorKey: operatorKey(s.state)})
	if s.own, err = s.show("agents", s.ownCertificate); err != nil {
		return s, err
	}
	if err := s.listen(); err != nil {
		return s, err
	}
	if opt.Settings.Agents != "" {
		if err := s.openBus(); err != nil {
			return s, fmt.Errorf("server: agents: %w; 0 for none", err)
		}
	}
	if s.company != nil {
		if err := s.work(ctx); err != nil {
			return s, err
		}
	}
	if opt.Demo {
		if s.demo, err = s.demonstrate(ctx); err != nil {
			return s, err
		}
	}
	return s, s.greet(ctx)
}

// openStore opens where alerts are kept.
func (s *Server) openStore(ctx context.Context) error {
	dir := filepath.Join(s.opt.Settings.Data, "alerts")
	if s.opt.Store.Backend != "victorialogs" {
		own, err := store.Open(store.Options{Dir: dir, Keep: s.opt.Settings.Keep, KeepSize: int64(s.opt.Settings.KeepSize), Log: s.log, Stored: s.stored})
		if err == nil {
			s.store = own
		}
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	o := store.VictoriaOptions{URL: s.opt.Store.URL, Keep: s.opt.Settings.Keep, Shared: s.company != nil, Log: s.log, Stored: s.stored}
	if s.company != nil {
		o.Stored = nil // each server hears of all, whoever stored them
	}
	v, err := store.OpenVictoria(ctx, o)
	if err == nil {
		s.store = v
	}
	return err
}

// agentsPort returns the port that agents connect to; 0 for none.
func (s *Server) agentsPort() int {
	if s.bus == nil {
		return 0
	}
	return s.bus.Port()
}

// Agents returns the address that agents connect to; "" for none.
func (s *Server) Agents() string {
	if s.bus == nil {
		return ""
	}
	host, _, _ := net.SplitHostPort(string(s.opt.Settings.Agents)) // the settings were checked
	return net.JoinHostPort(host, strconv.Itoa(s.bus.Port()))
}

// Page returns the address of the page and the API; "" for none.
func (s *Server) Page() string {
	for _, l := range s.servers {
		if l.what == "page" {
			return l.in.Addr().String()
		}
	}
	return ""
}

// port returns the port of an address to listen on; 0 for none.
func port(l fleet.Listen) int {
	_, text, _ := net.SplitHostPort(string(l))
	n, _ := strconv.Atoi(text) // the settings were checked
	return n
}

// greet makes the first administrator, and says the password.
func (s *Server) greet(ctx context.Context) error {
	password, err := s.state.FirstAccount(ctx)
	if err != nil {
		return err
	}
	if password != "" {
		fmt.Fprintf(s.opt.Say, "account:  admin\npassword: %s    (shown this once)\n", password)
	}
	if s.demo != nil {
		fmt.Fprintf(s.opt.Say, "API key:  %s\noperator: %s    (the key that signs rule sets)\n", s.demo.key, filepath.Join(s.opt.Settings.Data, OperatorKeyFile))
	}
	for _, l := range s.servers {
		if l.what == "page" {
			fmt.Fprintf(s.opt.Say, "page:     https://%s/\nCA:       %s\n", reachable(l.in.Addr()), s.ca.Pin())
		}
	}
	return nil
}

// reachable is an address as a browser on this host takes it.
func reachable(a net.Addr) string {
	if t, ok := a.(*net.TCPAddr); ok && t.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", t.Port)
	}
	return a.String()
}

// Run serves until ctx is done.
func (s *Server) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	for _, l := range s.servers {
		running.Go(func() {
			if err := l.http.Serve(l.in); err != nil && !errors.Is(err, http.ErrServerClosed) {
				stop(fmt.Errorf("%s: %w", l.what, err))
			}
		})
	}
	running.Go(func() { s.tick(ctx) })
	running.Go(func() { s.follow(ctx) })
	if s.company != nil {
		running.Go(func() { s.listenToOthers(ctx) })
	}
	if s.demo != nil {
		running.Go(func() {
			if err := s.demo.run(ctx); err != nil {
				stop(err)
			}
		})
	}
	s.log.Info("serving", "version", s.opt.Version, "data", s.opt.Settings.Data, "page", s.opt.Settings.Listen, "agents", s.opt.Settings.Agents)
	<-ctx.Done()
	s.log.Info("stopping")
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	for _, l := range s.servers {
		if err := l.http.Shutdown(ending); err != nil {
			_ = l.http.Close() // streams have no end of their own
		}
	}
	running.Wait()
	err := s.close()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// tick does what is due every second.
func (s *Server) tick(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.roster.Tick(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("heartbeats cannot be written down", "error", err)
		}
		if n%2 == 0 && s.leads() {
			if err := s.rollout.Tick(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("rule sets cannot be looked after", "error", err)
			}
		}
		if n%60 == 0 {
			s.shared.Trim()
		}
	}
}

// close gives everything up.
func (s *Server) close() error {
	var errs []error
	for _, l := range s.servers {
		_ = l.in.Close() // closed by Shutdown, else never served
	}
	if s.bus != nil {
		s.bus.Close()
	}
	if s.company != nil {
		s.company.Close()
		if s.company.at.Base != "" {
			s.keepPlace()
		}
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.state != nil {
		errs = append(errs, s.state.Close())
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
	return errors.Join(errs...)
}

// cutHeaders bounds the heads of requests.
const cutHeaders = 64 << 10

// newHTTP returns a server of HTTP that waits for no client for long.
func (s *Server) newHTTP(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: cutHeaders,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
}
