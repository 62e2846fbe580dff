// Package cluster lets several servers share the work of one fleet: what each of them changes and every alert that it takes goes
// through streams of a NATS cluster outside, which all of them follow.
//
// So each server has everything in files of its own, in the same order as the others, and may be lost.
package cluster

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	nats "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ruleids/ruleids/fleet"
)

// Options are what a Cluster needs.
type Options struct {
	Settings fleet.NATS
	Pin      string // of the fleet's CA: servers of another fleet are no company
	Log      *slog.Logger
}

// A Cluster is the connection to the other servers. Its methods may be called by several goroutines.
type Cluster struct {
	opt  Options
	id   string // of this process
	conn *nats.Conn
	js   jetstream.JetStream

	ctx  context.Context // of what runs in the background
	stop context.CancelFunc
	done sync.WaitGroup

	leads   atomic.Int64 // until when this process leads, in nanoseconds since 1970
	mu      sync.Mutex
	servers []string
	places  map[string]uint64 // to which this process followed each stream
}

const (
	minPayload = 8 << 20 // a rule set is one message
	// duplicates is how long a message that is sent again is known.
	duplicates = 10 * time.Minute
	// retryEvery is the time between two tries to append something.
	retryEvery  = 200 * time.Millisecond
	answerSoon  = 3 * time.Second // of the NATS cluster, to one try
	openWithin  = 30 * time.Second
	leaseLife   = 9 * time.Second
	leaseRenew  = 2 * time.Second
	announce    = 5 * time.Second
	serversLife = time.Hour // of a server that was not stopped
)

// Open connects to the NATS cluster, and makes there what is missing.
func Open(ctx context.Context, opt Options) (*Cluster, error) {
	c := &Cluster{opt: opt, id: rand.Text(), places: map[string]uint64{}}
	options, err := c.options()
	if err != nil {
		return nil, err
	}
	if err := c.insist(ctx, func(context.Context) (err error) {
		c.conn, err = nats.Connect(strings.Join(opt.Settings.URLs, ","), options...)
		return err
	}); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	if n := c.conn.MaxPayload(); n < minPayload {
		c.conn.Close()
		return nil, fmt.Errorf("nats: the server takes messages of up to %d bytes; set max_payload: 8MB in its configuration", n)
	}
	if c.js, err = jetstream.New(c.conn); err != nil {
		c.conn.Close()
		return nil, fmt.Errorf("nats: %w", err)
	}
	c.ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	return c, nil
}

func (c *Cluster) options() ([]nats.Option, error) {
	s, log := c.opt.Settings, c.opt.Log
	options := []nats.Option{nats.Name("ruleids server"), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(100*time.Millisecond, 200*time.Millisecond), nats.NoEcho(), nats.Timeout(5 * time.Second),
		nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(n *nats.Conn, err error) {
			if !n.IsClosed() {
				log.Warn("a NATS server is gone; another one is tried", "error", err)
			}
		}),
		nats.ReconnectHandler(func(n *nats.Conn) { log.Info("connected to NATS", "server", n.ConnectedUrlRedacted()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Debug("nats", "error", err) })}
	if s.User != "" {
		password, err := os.ReadFile(s.Password)
		if err != nil {
			return nil, fmt.Errorf("nats: password: %w", err)
		}
		options = append(options, nats.UserInfo(s.User, strings.TrimSpace(string(password))))
	}
	if s.Credentials != "" {
		options = append(options, nats.UserCredentials(s.Credentials))
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		options = append(options, nats.RootCAs(s.CA))
	}
	if s.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
		if err != nil {
			return nil, fmt.Errorf("nats: certificate: %w", err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	if s.CA != "" || s.Certificate != "" {
		options = append([]nats.Option{nats.Secure(conf)}, options...)
	}
	return options, nil
}

// Close ends the connection. This process leads no more: another one does at once.
func (c *Cluster) Close() {
	c.stop()
	c.done.Wait()
	c.resign()
	c.conn.Close()
}

// background runs f until the cluster is closed.
func (c *Cluster) background(f func()) { c.done.Go(f) }

// name returns the name of a stream or a bucket.
func (c *Cluster) name(what string) string { return c.opt.Settings.Name + "-" + what }

// subject returns a subject of this fleet.
func (c *Cluster) subject(what string) string { return c.opt.Settings.Name + "." + what }

// The streams.
const (
	streamState  = "state"
	streamAlerts = "alerts"
)

// A Journal is what a server needs to know of the stream of changes, to tell whether its file is of this cluster.
type Journal struct {
	Base  string // what the file of its first server was based on
	New   bool   // it was made right now, by this process
	Empty bool   // it begins with nothing: who follows it from its beginning has all
	First uint64 // place of the oldest change that is there
	Last  uint64
}

// Journal finds the stream of changes, or makes it. base is what this server's own file is based on; empty says that it holds nothing
// yet.
func (c *Cluster) Journal(ctx context.Context, base string, empty bool) (*Journal, error) {
	meta := map[string]string{"ruleids-base": base, "ruleids-empty": fmt.Sprint(empty), "ruleids-ca": c.opt.Pin}
	info, made, err := c.stream(ctx, jetstream.StreamConfig{Name: c.name(streamState), Subjects: []string{c.subject(streamState)}, Metadata: meta, MaxAge: c.opt.Settings.KeepChanges})
	if err != nil {
		return nil, err
	}
	m := info.Config.Metadata
	if m["ruleids-ca"] != c.opt.Pin {
		return nil, fmt.Errorf("nats: the stream %s is of another fleet; give this one another name in nats { name = … }", info.Config.Name)
	}
	return &Journal{Base: m["ruleids-base"], New: made, Empty: m["ruleids-empty"] == "true", First: info.State.FirstSeq, Last: info.State.LastSeq}, nil
}

// Alerts finds the stream of alerts, or makes it. base differs from that of any other.
func (c *Cluster) Alerts(ctx context.Context) (base string, err error) {
	info, _, err := c.stream(ctx, jetstream.StreamConfig{Name: c.name(streamAlerts), Subjects: []string{c.subject(streamAlerts)}, Metadata: map[string]string{"ruleids-base": rand.Text()},
		MaxAge: c.opt.Settings.KeepAlerts, MaxBytes: int64(c.opt.Settings.KeepSize), Compression: jetstream.S2Compression})
	if err != nil {
		return "", err
	}
	return info.Config.Metadata["ruleids-base"], nil
}

// stream finds a stream, or makes it. A cluster that is being started has no leader yet: it is tried again.
func (c *Cluster) stream(ctx context.Context, conf jetstream.StreamConfig) (info *jetstream.StreamInfo, made bool, err error) {
	conf.Replicas, conf.Storage, conf.Duplicates, conf.Retention, conf.Discard = c.opt.Settings.Replicas, jetstream.FileStorage, duplicates, jetstream.LimitsPolicy, jetstream.DiscardOld
	err = c.insist(ctx, func(ctx context.Context) error {
		s, err := c.js.Stream(ctx, conf.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			s, err = c.js.CreateStream(ctx, conf)
			made = err == nil
			if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
				s, err = c.js.Stream(ctx, conf.Name) // another server was quicker
			}
		}
		if err == nil {
			info, err = s.Info(ctx)
		}
		return err
	})
	if refused, ok := errors.AsType[*jetstream.APIError](err); ok && strings.Contains(refused.Description, "insufficient storage") {
		return nil, false, fmt.Errorf("nats: the stream %s: the NATS servers have less room than the %d bytes that nats { keep_size } asks for: %w", conf.Name, conf.MaxBytes, err)
	}
	if err != nil {
		return nil, false, fmt.Errorf("nats: the stream %s: %w", conf.Name, err)
	}
	return info, made, nil
}

// insist does something until it is done, or openWithin is over.
func (c *Cluster) insist(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	for {
		once, done := context.WithTimeout(ctx, answerSoon)
		err := f(once)
		done()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(retryEvery):
		}
	}
}

// send appends a message to a stream, and returns when a majority of the NATS servers has it. Sent again under the same id, it is
// there once.
func (c *Cluster) send(ctx context.Context, stream, id string, data []byte) error {
	for {
		once, done := context.WithTimeout(ctx, answerSoon)
		_, err := c.js.PublishMsg(once, &nats.Msg{Subject: c.subject(stream), Data: data}, jetstream.WithMsgID(id))
		done()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nats: %w", err)
		case <-c.ctx.Done():
			return fmt.Errorf("nats: %w", err)
		case <-time.After(retryEvery):
		}
	}
}

// Append implements state.Journal.
func (c *Cluster) Append(ctx context.Context, id string, change []byte) error {
	return c.send(ctx, streamState, id, change)
}

// Status is how the connection is.
type Status struct {
	Connected bool     `json:"connected"`
	Server    string   `json:"server,omitempty"` // of NATS
	Leader    bool     `json:"leader"`           // this server looks after rule sets, and raises the alerts of rules on alerts
	Servers   []string `json:"servers"`          // that agents can connect to
	Error     string   `json:"error,omitempty"`
}

// Status says how the connection is.
func (c *Cluster) Status() Status {
	s := Status{Connected: c.conn.IsConnected(), Server: c.conn.ConnectedUrlRedacted(), Leader: c.Leads(), Servers: c.Servers()}
	if !s.Connected {
		s.Error = "no NATS server can be reached"
		if err := c.conn.LastError(); err != nil {
			s.Error += ": " + err.Error()
		}
	}
	return s
}
