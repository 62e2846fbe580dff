package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
)

// Alerts are where the alerts of a fleet are kept: a Store, or Victoria.
type Alerts interface {
	Append(ctx context.Context, entries []*Entry) error
	List(ctx context.Context, q *query.Query, before ID, limit int) (out []*Stored, next ID, err error)
	Get(ctx context.Context, id ID) (*Stored, error)
	Stats(ctx context.Context, q *query.Query, step time.Duration, top int) (*Stats, error)
	Status() Status
	Close() error
}

// VictoriaOptions are what a Victoria needs.
type VictoriaOptions struct {
	URL    string // of VictoriaLogs, as http://127.0.0.1:9428
	Keep   time.Duration
	Shared bool // other servers store alerts there, too
	Now    func() time.Time
	Log    *slog.Logger
	Stored func([]*Stored) // as in Options
}

// A Victoria keeps alerts in VictoriaLogs, https://docs.victoriametrics.com/victorialogs/: for fleets that outgrow one machine.
//
// What it is given it shows a second later, and has on its disk within its -inmemoryDataFlushInterval, 5 s: what it was given in the
// last minute before it was started again it is given once more.
type Victoria struct {
	opt     VictoriaOptions
	client  *http.Client
	writing sync.Mutex
	last    map[origin]uint64 // the last alert of each that is stored, as far as this process knows
	recent  []sent            // the oldest first
	started string            // when VictoriaLogs was, as it says
	stop    context.CancelFunc
	done    chan struct{}
	once    sync.Once

	stored, duplicates atomic.Uint64
	fault              atomic.Pointer[string]
}

// An origin is who numbers alerts.
type origin struct {
	agent string
	boot  uint64
}

const (
	// keepSent is for how long, and how many at most, entries are kept that VictoriaLogs may not have on its disk.
	keepSent   = time.Minute
	mostSent   = 50_000
	watchEvery = 3 * time.Second
	// settleEvery is the time between two looks at one that was started just now.
	settleEvery = 100 * time.Millisecond
)

// maxOrigins bounds Victoria.last.
const maxOrigins = 100_000

// OpenVictoria returns a Victoria, after it asked whether VictoriaLogs is there.
func OpenVictoria(ctx context.Context, opt VictoriaOptions) (*Victoria, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	opt.Log = cmp.Or(opt.Log, slog.New(slog.DiscardHandler))
	opt.URL = strings.TrimSuffix(opt.URL, "/")
	v := &Victoria{opt: opt, client: &http.Client{Timeout: victoriaWithin, Transport: &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}}, last: map[origin]uint64{}, done: make(chan struct{})}
	var err error
	if _, err = v.ask(ctx, `* | count() n`, opt.Now().Add(-time.Minute), opt.Now()); err != nil {
		return nil, fmt.Errorf("store: url: %w", err)
	}
	if v.started, err = v.settle(ctx); err != nil {
		return nil, fmt.Errorf("store: url: %w", err)
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	v.stop = stop
	go v.watch(watching)
	return v, nil
}

// start returns when VictoriaLogs was started, in whole seconds, and whether that was a second ago or more: until then it may
// be started once more in the same second, which could not be told.
func (v *Victoria) start(ctx context.Context) (at string, settled bool, err error) {
	text, err := v.post(ctx, "/metrics", nil, nil)
	if err != nil {
		return "", false, err
	}
	up := ""
	for line := range strings.Lines(string(text)) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), " "); name {
		case "process_start_time_seconds":
			at = value
		case "vm_app_uptime_seconds":
			up = value
		}
	}
	if at == "" || up == "" {
		return "", false, errors.New("VictoriaLogs does not say when it was started")
	}
	return at, up != "0", nil
}

// settle waits until VictoriaLogs has run for a second, and returns when it was started.
func (v *Victoria) settle(ctx context.Context) (string, error) {
	for {
		at, settled, err := v.start(ctx)
		if err != nil || settled {
			return at, err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(settleEvery):
		}
	}
}

// watch finds out when VictoriaLogs was started again, and gives it once more what it may have lost.
func (v *Victoria) watch(ctx context.Context) {
	defer close(v.done)
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if at, settled, err := v.start(ctx); err == nil && settled && at != v.started {
			if err = v.again(ctx); err == nil {
				v.started = at
				v.opt.Log.Info("VictoriaLogs was started again: it has what it was given in the minute before")
			}
		}
	}
}

// again stores what was sent a moment ago, where it is not there.
func (v *Victoria) again(ctx context.Context) error {
	v.writing.Lock()
	defer v.writing.Unlock()
	for _, s := range v.recent {
		missing, err := v.absent(ctx, s.entries)
		if err == nil {
			err = v.insert(ctx, missing)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// remember keeps entries for a while.
func (v *Victoria) remember(entries []*Entry) {
	now, n := time.Now(), len(entries)
	v.recent = append(v.recent, sent{now, entries})
	for _, s := range v.recent {
		n += len(s.entries)
	}
	for len(v.recent) > 1 && (now.Sub(v.recent[0].at) > keepSent || n > mostSent) {
		n -= len(v.recent[0].entries)
		v.recent = v.recent[1:]
	}
}

// Close ends the connections.
func (v *Victoria) Close() error {
	v.once.Do(v.stop)
	<-v.done
	v.client.CloseIdleConnections()
	return nil
}

// Status implements Alerts. Bytes are VictoriaLogs' matter.
func (v *Victoria) Status() Status {
	out := Status{Backend: "victorialogs", Stored: v.stored.Load(), Duplicates: v.duplicates.Load()}
	if text := v.fault.Load(); text != nil {
		out.Error = *text
	}
	return out
}
