package host

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// watched is what a Host has on every system: what is known now, who is told of changes, and the names that the program
// talks to.
type watched struct {
	changes chan struct{}
	ending  chan struct{}
	ended   sync.WaitGroup
	once    sync.Once
	named   chan struct{} // gets a value after names changed
	also    func() []Name // of hosts that the system talks to; nil for none

	mu       sync.Mutex
	names    []Name
	info     *Info
	sessions sessions
	looked   time.Time // at the connections
	err      error     // of the last look at addresses and routes
	sshErr   error
}

// connectionsMaxAge is how old what is known of connections may be.
const connectionsMaxAge = time.Second

// watch makes w ready.
func (w *watched) watch(opt *Options) {
	w.names, w.named = opt.Names, make(chan struct{}, 1)
	w.changes, w.ending = make(chan struct{}, 1), make(chan struct{})
	w.sessions = sessions{grace: opt.SSHLoginGrace}
}

// SetNames says which hosts the program talks to from now on. Their addresses are known a while later.
func (w *watched) SetNames(names []Name) {
	w.mu.Lock()
	w.names = slices.Clone(names)
	w.mu.Unlock()
	select {
	case w.named <- struct{}{}:
	default:
	}
}

// resolve keeps the addresses of names up to date.
func (w *watched) resolve() {
	ctx, cancel := context.WithCancel(context.Background())
	w.ended.Go(func() {
		<-w.ending
		cancel()
	})
	again := time.NewTicker(resolveAgain)
	defer again.Stop()
	for n := newNeeds(); ; {
		w.mu.Lock()
		names := w.names
		w.mu.Unlock()
		if w.also != nil {
			names = slices.Concat(names, w.also())
		}
		needed := n.resolve(ctx, names, time.Now())
		w.mu.Lock()
		w.take(func(now *Info) { now.Needed = needed })
		w.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-w.named:
		case <-again.C:
		}
	}
}

// take changes the Info, and tells of it where that made a difference. The caller holds mu.
func (w *watched) take(change func(*Info)) {
	next := new(Info)
	if w.info != nil {
		*next = *w.info
	}
	change(next)
	if w.info != nil && w.info.equal(next) {
		return
	}
	w.info = next
	select {
	case w.changes <- struct{}{}:
	default:
	}
}

// Told takes down what the log of this host's SSH server says of a login: whether a client came in.
func (w *watched) Told(peer netip.Addr, entered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions.told(peer.Unmap().WithZone(""), entered)
	w.looked = time.Time{} // the next look takes it into account
}

// Changes gets a value after something changed. It has room for one.
func (w *watched) Changes() <-chan struct{} { return w.changes }

// current returns what is known now, after a look at the connections where the last was a while ago.
func (w *watched) current(connections func() ([]connection, error)) (*Info, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); now.Sub(w.looked) >= connectionsMaxAge {
		w.looked = now
		conns, err := connections()
		if w.sshErr = err; err == nil {
			peers := w.sessions.peers(now, conns)
			w.take(func(f *Info) { f.SSHPeers = peers })
		}
	}
	return w.info, errors.Join(w.err, w.sshErr)
}
