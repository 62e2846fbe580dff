package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/cluster"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/files"
)

// A company is the other servers that share the work.
type company struct {
	*cluster.Cluster
	boot  string // differs from start to start: begins the ids of what this process sends
	sent  atomic.Uint64
	at    place
	place time.Time // when at was written down

	mu      sync.Mutex
	changed map[state.Subject]bool // by others, to be read; nil before all is open that does
	wake    chan struct{}          // has room for one
}

// placeFile is the name of the file, beside the alerts, with the place in the stream of alerts to which they are stored.
const placeFile = "stream.json"

// A place is how far a stream was followed.
type place struct {
	Base string `json:"base"` // of the stream
	At   uint64 `json:"at"`
}

// gather connects to the other servers, and brings the file of the state up to date.
func (s *Server) gather(ctx context.Context) error {
	c, err := cluster.Open(ctx, cluster.Options{Settings: s.opt.NATS, Pin: s.ca.Pin(), Log: s.log})
	if err != nil {
		return err
	}
	b := make([]byte, 8)
	_, _ = rand.Read(b) // it never fails, by its contract
	s.company = &company{Cluster: c, boot: hex.EncodeToString(b), wake: make(chan struct{}, 1)}
	accounts, err := s.state.Accounts(ctx)
	if err != nil {
		return err
	}
	own, follows, err := s.state.Base(ctx)
	if err != nil {
		return err
	}
	journal, err := c.Journal(ctx, own, len(accounts) == 0)
	if err != nil {
		return err
	}
	applied, err := s.state.Applied(ctx)
	if err != nil {
		return err
	}
	file := filepath.Join(s.opt.Settings.Data, StateFile)
	switch {
	case own == journal.Base && follows && !journal.New:
	case journal.New, own == journal.Base, journal.Empty && len(accounts) == 0:
		if err := s.state.Begin(ctx, journal.Base); err != nil {
			return err
		}
		applied = 0
	default:
		return fmt.Errorf("%s is not that of the servers that share the work of this fleet: copy the one of a server that runs, as docs/fleet.md says", file)
	}
	if journal.First > applied+1 {
		return fmt.Errorf("%s is older than what the servers keep of their changes: copy the one of a server that runs, as docs/fleet.md says", file)
	}
	s.state.Share(c, s.heard)
	c.FollowChanges(applied, func(m cluster.Message) error {
		err := s.state.Apply(context.Background(), m.Place, m.Data)
		if err != nil {
			s.log.Error("what another server changed cannot be written down; it is tried again", "error", err)
		}
		return err
	})
	if journal.Last > applied {
		return c.Await(ctx, journal.Last)
	}
	return nil
}

// heard is called with what another server changed. Whoever waits for a change of this server's own may hold what reading takes:
// it does not wait.
func (s *Server) heard(x state.Subject) {
	c := s.company
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed == nil {
		return // it is read when all is open
	}
	c.changed[x] = true
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// listenToOthers reads what others changed.
func (s *Server) listenToOthers(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.company.wake:
		}
		s.company.mu.Lock()
		list := s.company.changed
		s.company.changed = map[state.Subject]bool{}
		s.company.mu.Unlock()
		for x := range list {
			s.takeChange(ctx, x)
		}
	}
}

func (s *Server) takeChange(ctx context.Context, x state.Subject) {
	var err error
	switch x.What {
	case state.AboutAgents:
		if err = s.roster.Reload(ctx); err == nil {
			if !s.roster.Valid(x.Key) {
				s.cut(x.Key)
			}
			s.roster.Tell(x.Key)
		}
	case state.AboutDecisions:
		err = s.shared.Heard(ctx, x.Key)
	case state.AboutRulesets:
		err = s.rollout.Reload(ctx)
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("what another server changed cannot be read", "about", x.What, "error", err)
	}
}

// work begins to take part: alerts of others are stored, and agents are told of this server.
func (s *Server) work(ctx context.Context) error {
	c := s.company
	c.mu.Lock()
	c.changed = map[state.Subject]bool{}
	c.mu.Unlock()
	// What was changed while all was being opened.
	if err := errors.Join(s.roster.Reload(ctx), s.shared.Reload(ctx), s.rollout.Reload(ctx)); err != nil {
		return err
	}
	base, err := c.Alerts(ctx)
	if err != nil {
		return err
	}
	path := filepath.Join(s.opt.Settings.Data, "alerts", placeFile)
	if text, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(text, &c.at) // what comes again is known by its identity
	}
	if c.at.Base != base {
		c.at = place{Base: base}
	}
	common := s.opt.Store.Backend == "victorialogs"
	if common {
		if err := c.ShareAlerts(ctx, "victorialogs", func(list []cluster.Message) error { return s.storeAll(s.entriesOf(list)) }); err != nil {
			return err
		}
	}
	c.FollowAlerts(c.at.At, func(list []cluster.Message) error {
		all := s.entriesOf(list)
		if common {
			s.stored(store.Place(all))
		} else if err := s.storeAll(all); err != nil {
			return err
		}
		c.at.At = list[len(list)-1].Place
		if now := time.Now(); now.Sub(c.place) > time.Second {
			c.place = now
			s.keepPlace()
		}
		return nil
	})
	if err := c.Hear("beat", s.hearBeat); err != nil {
		return err
	}
	address := ""
	if n := s.agentsPort(); n > 0 {
		address = net.JoinHostPort(s.names()[0], strconv.Itoa(n))
	}
	return c.Lead(ctx, address)
}

// entriesOf reads messages of alerts.
func (s *Server) entriesOf(list []cluster.Message) (all []*store.Entry) {
	for _, m := range list {
		entries, err := store.Decode(m.Data)
		if err != nil {
			s.log.Error("alerts of another server cannot be read, and are left out", "place", m.Place, "error", err)
			continue
		}
		all = append(all, entries...)
	}
	return all
}

func (s *Server) storeAll(all []*store.Entry) error {
	err := s.store.Append(context.Background(), all)
	if err != nil && !errors.Is(err, store.ErrClosed) {
		s.log.Error("alerts cannot be stored; it is tried again", "error", err)
	}
	return err
}

func (s *Server) keepPlace() {
	text, err := json.Marshal(s.company.at)
	if err == nil {
		err = files.Write(filepath.Join(s.opt.Settings.Data, "alerts", placeFile), text, 0o600)
	}
	if err != nil {
		s.log.Warn("the place in the stream of alerts cannot be written: the next start reads more of it than it has to", "error", err)
	}
}

// leads reports whether this server does what only one of them may.
func (s *Server) leads() bool { return s.company == nil || s.company.Leads() }

// maxSent bounds the bytes of alerts in a message to the other servers.
const maxSent = 1 << 20

// append stores alerts: here, or at all servers that share the work, where it returns as soon as none of them can get lost.
func (s *Server) append(ctx context.Context, entries []*store.Entry) error {
	if s.company == nil {
		return s.store.Append(ctx, entries)
	}
	for len(entries) > 0 {
		n, size := 0, 0
		for ; n < len(entries) && (n == 0 || size+len(entries[n].Body)+len(entries[n].Text) < maxSent); n++ {
			e := entries[n]
			size += len(e.Body) + len(e.Text)
			if e.Seq == 0 { // of another program: all servers are to know it by the same identity
				boot, _ := strconv.ParseUint(s.company.boot, 16, 64)
				e.Boot, e.Seq = boot>>2, s.company.sent.Add(1)
			}
		}
		text, err := store.Encode(entries[:n])
		if err != nil {
			return err
		}
		first, last := entries[0], entries[n-1]
		id := strings.Join([]string{first.Origin.Agent, strconv.FormatUint(first.Boot, 16), strconv.FormatUint(first.Seq, 16), strconv.FormatUint(last.Seq, 16), strconv.Itoa(n)}, "/")
		if err := s.company.SendAlerts(ctx, id, text); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// A forwarded heartbeat is one that another server took.
type forwarded struct {
	ID      string     `json:"id"`
	Address string     `json:"address"`
	Beat    fleet.Beat `json:"beat"`
}

func (s *Server) tellBeat(id, address string, b *fleet.Beat) {
	if s.company != nil {
		s.company.Tell("beat", reply(forwarded{id, address, *b}))
	}
}

func (s *Server) hearBeat(data []byte) {
	var f forwarded
	if err := json.Unmarshal(data, &f); err != nil {
		s.log.Warn("what another server told cannot be read", "error", err)
		return
	}
	s.roster.Heard(f.ID, f.Address, &f.Beat)
}
