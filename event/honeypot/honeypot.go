// Package honeypot listens on addresses without legitimate traffic, plays a service that asks for a password, lets no one in, and
// tells what clients did: for rules with on = "honeypot", and to a log of its own.
//
// Whatever clients do, each connection is bounded in bytes and time, a honeypot in connections, and the log in size. It
// opens no connections itself, writes to a client no more than its bound, and sends nothing to who has not completed a
// TCP handshake.
package honeypot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ruleids/ruleids/internal/retry"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
)

// A Spec is a honeypot that is wanted: a block `honeypot "name"`.
type Spec struct {
	Name   string // unique; in events, logs, Status and errors
	Config *Config
}

// Options are what Serve needs of the program. The zero value is good.
type Options struct {
	Log *slog.Logger // of trouble, and its end; nil for slog.Default
	// Events takes each event, from the goroutine of its connection, so from several at once. It must not block: it
	// would keep the client, or the accepting of others, waiting. It is not called after Serve has returned.
	Events func(Event)
}

// A Set is the honeypots of a program. Its methods may be called by any number of goroutines at once.
type Set struct {
	honeypots []*honeypot

	prepare  sync.Once
	prepared error
	mu       sync.Mutex
	journals []*journal // set by Prepare
	serving  bool
	closed   bool

	closing chan struct{} // closed by Close
	served  chan struct{} // closed when Serve returns
	once    sync.Once
	err     error // of Close
}

// Listen checks the settings and opens the sockets, which may need privileges; nothing after it does. Until Serve,
// clients wait in the backlog of the kernel. No honeypots are fine.
//
// All errors are returned at once, each with its honeypot and setting, and nothing is left open.
func Listen(specs []Spec) (*Set, error) {
	s := &Set{closing: make(chan struct{}), served: make(chan struct{})}
	var errs []error
	names := map[string]bool{}
	for _, spec := range specs {
		if names[spec.Name] {
			errs = append(errs, fmt.Errorf("honeypot %q: there is another honeypot of this name; names are unique", spec.Name))
			continue
		}
		names[spec.Name] = true
		c := *spec.Config
		ps := setting.Check(&c)
		for _, p := range ps {
			errs = append(errs, fmt.Errorf("honeypot %q: %w", spec.Name, p))
		}
		if len(ps) > 0 {
			continue
		}
		if c.Log != "" {
			c.Log = filepath.Clean(c.Log)
		}
		// The package sets SO_REUSEADDR, so that what is left of old connections keeps no port.
		l, err := net.Listen("tcp", string(c.Listen))
		if err != nil {
			errs = append(errs, fmt.Errorf("honeypot %q: listen: %w%s", spec.Name, err, remedy(err)))
			continue
		}
		s.honeypots = append(s.honeypots, &honeypot{
			config: c, name: spec.Name, listener: l, limiter: newLimiter(c.MaxConnections, c.MaxPerSource),
		})
	}
	if len(errs) > 0 {
		for _, h := range s.honeypots {
			_ = h.listener.Close()
		}
		return nil, errors.Join(errs...)
	}
	return s, nil
}

// remedy says what to do about an error of listening.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "; another program or honeypot has this port: choose another, or move that"
	case errors.Is(err, syscall.EACCES):
		return "; ports below 1024 need root or CAP_NET_BIND_SERVICE: start as root, or choose a higher port and redirect"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "; no interface of this host has this address: choose one that is there, or \":port\" for all"
	}
	return ""
}

// Prepare opens the logs and reads host keys, or makes them, with the rights of who calls it: those that Reopen will
// have, too. Serve does it where it has not been done; called before, it tells of what needs a human in time. All
// errors are returned at once, each with its honeypot and setting.
func (s *Set) Prepare() error {
	s.prepare.Do(func() { s.prepared = s.open() })
	return s.prepared
}

func (s *Set) open() error {
	byPath := map[string]*journal{}
	var journals []*journal
	of := make([]*journal, len(s.honeypots))
	var errs []error
	for i, h := range s.honeypots {
		svc, err := h.newService()
		if err != nil {
			errs = append(errs, fmt.Errorf("honeypot %q: host_key_file: %w", h.name, err))
		}
		h.player = svc
		if h.config.Log == "" {
			continue
		}
		j := byPath[h.config.Log]
		if j == nil {
			j = newJournal(h.config.Log)
			byPath[h.config.Log] = j
			if err := j.check(); err != nil {
				errs = append(errs, fmt.Errorf("honeypot %q: log: %w", h.name, err))
			}
			journals = append(journals, j)
		}
		of[i] = j
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		errs = append(errs, errors.New("honeypots: closed"))
	}
	if len(errs) > 0 {
		for _, j := range journals {
			_ = j.file.Release()
		}
		return errors.Join(errs...)
	}
	s.journals = journals
	for i, h := range s.honeypots {
		h.journal = of[i]
	}
	for _, j := range journals {
		go j.run()
	}
	return nil
}

// Serve plays the services until ctx is done or Close is called, ends the connections that are open then, and returns
// when that is done. Its error is one of Prepare; the sockets are closed in any case. It is called once.
func (s *Set) Serve(ctx context.Context, opt Options) error {
	opt.Log = cmp.Or(opt.Log, slog.Default())
	if opt.Events == nil {
		opt.Events = func(Event) {}
	}
	if err := s.Prepare(); err != nil {
		s.shut()
		return err
	}
	s.mu.Lock()
	if s.closed || s.serving {
		s.mu.Unlock()
		return errors.New("honeypots: closed, or served already")
	}
	s.serving = true
	for _, j := range s.journals {
		j.trouble.log = opt.Log.With("log", j.path)
	}
	s.mu.Unlock()
	defer close(s.served)

	ending, end := context.WithCancel(context.Background())
	defer end()
	var wg sync.WaitGroup
	for _, h := range s.honeypots {
		h.ending = ending.Done()
		h.take = opt.Events
		h.slog = opt.Log.With("honeypot", h.name)
		h.trouble.log = h.slog
		wg.Go(func() { h.run(&wg) })
	}
	select {
	case <-ctx.Done():
	case <-s.closing:
	}
	end()
	s.shut()
	wg.Wait()
	return nil
}

// shut closes sockets and connections.
func (s *Set) shut() {
	for _, h := range s.honeypots {
		_ = h.listener.Close() // it may be closed already
		h.limiter.close()
	}
}

// Close ends Serve, and writes out and closes the logs. It returns when that is done, or when ctx is; the error then
// says what was not written. A second call returns what the first returned.
func (s *Set) Close(ctx context.Context) error {
	s.once.Do(func() { s.err = s.close(ctx) })
	return s.err
}

func (s *Set) close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	serving, journals := s.serving, s.journals
	s.mu.Unlock()
	close(s.closing)
	s.shut()
	if serving {
		select {
		case <-s.served:
		case <-ctx.Done(): // the logs get what there is
		}
	}
	var errs []error
	for _, j := range journals {
		errs = append(errs, j.close(ctx))
	}
	return errors.Join(errs...)
}

// Reopen makes the logs be opened again before the next line; that is what SIGHUP is for, after logrotate has moved a
// file away. It does not wait for it.
func (s *Set) Reopen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.journals {
		j.reopen()
	}
}

// Status returns how all honeypots are, in the order they were given to Listen.
func (s *Set) Status() []Status {
	s.mu.Lock() // Prepare may be going on
	defer s.mu.Unlock()
	out := make([]Status, len(s.honeypots))
	for i, h := range s.honeypots {
		out[i] = h.status()
	}
	return out
}

// A honeypot is a socket with a service.
type honeypot struct {
	config   Config
	name     string
	listener net.Listener
	limiter  *limiter
	ending   <-chan struct{} // closed when it has to end

	player  service     // set by Prepare
	journal *journal    // set by Prepare; nil where there is no log
	take    func(Event) // set by Serve
	slog    *slog.Logger

	accepted, refused, events, lost atomic.Uint64
	lostAt                          atomic.Int64 // when an event was lost last, in nanoseconds since 1970
	trouble                         trouble
}

// newService makes what the honeypot plays.
func (h *honeypot) newService() (service, error) {
	switch h.config.Service {
	case "ssh":
		return newSSH(&h.config)
	case "telnet":
		return telnet{banner: h.config.banner()}, nil
	case "ftp":
		return ftp{banner: h.config.banner()}, nil
	case "http":
		return web{server: h.config.banner()}, nil
	}
	return plain{banner: h.config.banner()}, nil
}

// Waits after an error of accepting, such as too many open files: trying again at once would only burn time.
const (
	firstWait = 5 * time.Millisecond
	maxWait   = time.Second
)

// run accepts clients until the socket is closed. Their goroutines count in wg.
func (h *honeypot) run(wg *sync.WaitGroup) {
	wait := retry.Backoff{First: firstWait, Max: maxWait}
	for {
		c, err := h.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			h.trouble.begin(fmt.Errorf("accept: %w", err))
			select {
			case <-time.After(wait.Next()):
			case <-h.ending:
			}
			continue
		}
		h.trouble.over()
		wait.Reset()
		h.admit(c, wg)
	}
}

// admit serves a client in a goroutine of its own, where there is room.
func (h *honeypot) admit(raw net.Conn, wg *sync.WaitGroup) {
	src, sok := raw.RemoteAddr().(*net.TCPAddr)
	dst, dok := raw.LocalAddr().(*net.TCPAddr)
	if !sok || !dok {
		_ = raw.Close()
		return
	}
	c := newConn(raw, &h.config)
	s := &session{conn: c, honeypot: h, src: unmapped(src.AddrPort()), dst: unmapped(dst.AddrPort())}
	if !h.limiter.enter(c, s.src.Addr()) {
		h.refused.Add(1)
		// Who fills the honeypot must not thereby hide those that come after.
		s.report(Event{Action: packet.HoneypotConnect, Refused: true})
		_ = c.Close()
		return
	}
	h.accepted.Add(1)
	wg.Go(func() {
		defer h.limiter.leave(c, s.src.Addr())
		defer c.Close()
		defer func() {
			// What a stranger sends to a honeypot is not to end the program that watches the network.
			if r := recover(); r != nil {
				h.trouble.begin(fmt.Errorf("service %s: %v", h.config.Service, r))
				h.slog.Error("honeypot failed on a client; please report this", "service", h.config.Service, "panic", r, "stack", string(debug.Stack()))
			}
		}()
		s.report(Event{Action: packet.HoneypotConnect})
		h.player.serve(s)
		s.leftover()
	})
}

// report gives out an event.
func (h *honeypot) report(e Event) {
	e.Name, e.Service = h.name, h.config.Service
	h.events.Add(1)
	h.take(e)
	if h.journal != nil && !h.journal.offer(line{h, e.appendLine(nil)}) {
		h.lose()
	}
}
