package reputation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/internal/retry"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// VirusTotalConfig is the settings of kind "virustotal": API v3 of virustotal.com, or of what speaks like
// it. Which numbers of engines make which tier is settled from the worst tier down; the first that holds is it.
type VirusTotalConfig struct {
	// Key is the API key. A file is read again before each request, so that a new key is used at once. Without a key the
	// source is off.
	Key setting.Source `setting:"key,required" default:"VIRUSTOTAL_API_KEY"`
	// URL is what the paths of the API are put behind.
	URL setting.URL `setting:"url,required" default:"https://www.virustotal.com/api/v3"`
	// RequestsPerMinute bounds the requests in any minute; RequestsPerDay those in a day of UTC, 0 for
	// no bound. The defaults are those of VirusTotal's public API.
	RequestsPerMinute int `setting:"requests_per_minute" default:"4" range:"1..10000"`
	RequestsPerDay    int `setting:"requests_per_day" default:"500" range:"0..100000000"`
	// Timeout is how long a request may take.
	Timeout time.Duration `setting:"timeout" default:"15s" range:"1s.."`
	// Queue is how many indicators wait to be looked up.
	Queue int `setting:"queue" default:"1000" range:"1..100000"`
	// NeverAsk are addresses, prefixes and domain names (with the names below them) that VirusTotal is
	// not told about, besides private and reserved ones.
	NeverAsk []Pattern `setting:"never_ask"`

	// CacheFile keeps the answers over a restart; "" for memory alone.
	CacheFile string `setting:"cache_file,path" default:"/var/lib/ruleids/virustotal.jsonl"`
	// CacheSize is how many answers are kept, in memory and in the file.
	CacheSize int `setting:"cache_size" default:"50000" range:"100..1000000"`

	// CriticalMalicious, HighMalicious and MediumMalicious are how many engines have to say "malicious".
	CriticalMalicious int `setting:"critical_malicious" default:"9" range:"1..100000"`
	HighMalicious     int `setting:"high_malicious" default:"3" range:"1..100000"`
	MediumMalicious   int `setting:"medium_malicious" default:"1" range:"1..100000"`
	// MediumSuspicious is how many have to say "suspicious".
	MediumSuspicious int `setting:"medium_suspicious" default:"5" range:"1..100000"`
	// LowReputation is what the community's score has to be under.
	LowReputation int `setting:"low_reputation" default:"-10" range:"-1000000..0"`

	// TTLCritical to TTLClean are how long an answer holds. What VirusTotal does not know is clean.
	TTLCritical time.Duration `setting:"ttl_critical" default:"7d" range:"1m.."`
	TTLHigh     time.Duration `setting:"ttl_high" default:"3d" range:"1m.."`
	TTLMedium   time.Duration `setting:"ttl_medium" default:"2d" range:"1m.."`
	TTLLow      time.Duration `setting:"ttl_low" default:"24h" range:"1m.."`
	TTLClean    time.Duration `setting:"ttl_clean" default:"24h" range:"1m.."`
}

// Check returns what is wrong with the settings as they go together.
func (c *VirusTotalConfig) Check() (ps []setting.Problem) {
	if c.URL.RawQuery != "" {
		ps = append(ps, setting.Problem{Setting: "url", Detail: "Write an address as \"https://www.virustotal.com/api/v3\"."})
	}
	if c.HighMalicious >= c.CriticalMalicious {
		ps = append(ps, setting.Problem{Setting: "high_malicious", Detail: fmt.Sprintf("Write fewer engines than the %d of critical_malicious.", c.CriticalMalicious)})
	}
	if c.MediumMalicious >= c.HighMalicious {
		ps = append(ps, setting.Problem{Setting: "medium_malicious", Detail: fmt.Sprintf("Write fewer engines than the %d of high_malicious.", c.HighMalicious)})
	}
	return ps
}

// tier returns the tier of an answer.
func (c *VirusTotalConfig) tier(v *Verdict) Tier {
	switch {
	case v.Malicious >= c.CriticalMalicious:
		return scale.TierCritical
	case v.Malicious >= c.HighMalicious:
		return scale.TierHigh
	case v.Malicious >= c.MediumMalicious, v.Suspicious >= c.MediumSuspicious:
		return scale.TierMedium
	case v.Community < c.LowReputation:
		return scale.TierLow
	}
	return scale.TierClean
}

func (c *VirusTotalConfig) open(s *Sources, opt Options) (err error) {
	if s.virusTotal != nil {
		return errors.New("there is another; write one block")
	}
	s.virusTotal, err = openVirusTotal(c, opt)
	return err
}

// virusTotal answers from memory and asks VirusTotal in a goroutine of its own, one request at a time.
type virusTotal struct {
	cfg    *VirusTotalConfig
	log    *slog.Logger
	ttl    [scale.NumTiers]time.Duration // by tier
	never  *table
	queue  *queue
	cache  *cache
	client *client
	store  *store // nil for memory alone; of the goroutine, once that runs

	key      atomic.Pointer[setting.Secret] // nil: the source is off
	withheld atomic.Uint64
	version  atomic.Uint64 // of the answers; goes up after one changed
	closed   atomic.Bool

	cancel context.CancelFunc // ends the request under way
	stop   chan struct{}      // closed by close
	again  chan struct{}      // has room for one: the key was read again
	done   chan struct{}      // closed at the end of run

	mu                                   sync.Mutex // guards what follows
	budget                               *budget
	state                                State // of the last request
	wait                                 retry.Backoff
	retryAt                              time.Time
	last                                 error
	lastAt                               time.Time
	answered                             time.Time
	from                                 string // where the key is read
	requests, answers, unknown, failures uint64
	storeErr                             error
	damage                               int
}

const (
	// passingTime is how long an indicator is left alone that cannot be looked up.
	passingTime = time.Hour
	// renewShare is the part of its life after which a bad verdict is asked for again, so that it does
	// not lapse while its renewal waits in the queue. Clean ones may lapse: unknown is clean too.
	renewShare = 0.9
)

func openVirusTotal(c *VirusTotalConfig, opt Options) (*virusTotal, error) {
	cfg := *c
	v := &virusTotal{
		cfg: &cfg, log: opt.Log.With("reputation", KindVirusTotal), queue: newQueue(cfg.Queue), cache: newCache(cfg.CacheSize),
		client: newClient(&cfg), stop: make(chan struct{}), again: make(chan struct{}, 1), done: make(chan struct{}),
		budget: newBudget(cfg.RequestsPerMinute, cfg.RequestsPerDay), state: StateReady,
	}
	v.never = withSpecial(cfg.NeverAsk)
	v.ttl = [...]time.Duration{cfg.TTLClean, cfg.TTLLow, cfg.TTLMedium, cfg.TTLHigh, cfg.TTLCritical}
	if err := v.load(); err != nil {
		return nil, err
	}
	v.readKey()
	return v, nil
}

// load reads the cache file. The error is only of a file that is none.
func (v *virusTotal) load() error {
	if v.cfg.CacheFile == "" {
		return nil
	}
	now := time.Now()
	s := &store{path: v.cfg.CacheFile}
	err := s.read(func(x Verdict) {
		v.budget.restore(x.Asked, now)
		if x.Asked.After(now) {
			x.Asked = now // a clock that was wrong must not keep it for ever
		}
		v.keep(x, now, x.Asked)
	})
	switch {
	case errors.Is(err, errNotCache):
		return fmt.Errorf("cache_file: %w; give another path, or remove it", err)
	case errors.Is(err, stateversion.ErrLater):
		return fmt.Errorf("cache_file: %w", err)
	case err != nil: // it is left alone
		v.storeErr = err
		v.log.Warn("reputation cache cannot be read, memory serves", "error", err)
		return nil
	}
	v.store = s
	if v.damage = s.damaged; s.torn {
		v.damage++
	}
	if v.damage > 0 {
		v.log.Warn("reputation cache was damaged, the rest is used", "file", s.path, "lines_lost", v.damage, "cut_short", s.torn, "entries", v.cache.len())
	}
	return nil
}

// keep puts a verdict into memory, with its tier and the end of its life worked out, unless that is over or
// the settings say never to ask about it. It returns the verdict.
func (v *virusTotal) keep(x Verdict, now, used time.Time) Verdict {
	x.Tier = v.cfg.tier(&x)
	life := v.ttl[x.Tier]
	x.Expires = x.Asked.Add(life)
	text, addr, ok := canonical(nil, x.Indicator)
	if !ok || !now.Before(x.Expires) || !askable(v.never, text, addr) {
		return x
	}
	e := &entry{Verdict: x, domain: !addr.IsValid(), expires: x.Expires.Unix()}
	e.renew = e.expires
	if x.Tier != scale.TierClean {
		e.renew = x.Asked.Add(time.Duration(renewShare * float64(life))).Unix()
	}
	e.used.Store(used.Unix())
	v.cache.put(e, now)
	v.version.Add(1)
	return x
}

// postpone leaves an indicator alone for a while that cannot be looked up. A verdict that still holds stays.
func (v *virusTotal) postpone(r *request, now time.Time) {
	next := now.Add(passingTime)
	e := &entry{Verdict: Verdict{Indicator: r.text, Asked: now, Expires: next}, domain: r.domain, expires: next.Unix(), renew: next.Unix(), passing: true}
	if old := v.cache.get(r.text, now.Unix()); old != nil && !old.passing {
		e = &entry{Verdict: old.Verdict, domain: old.domain, expires: old.expires, renew: next.Unix()}
	}
	e.used.Store(now.Unix())
	v.cache.put(e, now)
}

// readKey reads the key again. Without one the source is off.
func (v *virusTotal) readKey() {
	key, from, err := v.cfg.readKey()
	v.mu.Lock()
	v.from = from
	if err != nil {
		v.last, v.lastAt = err, time.Now()
	} else if old := v.key.Load(); v.state == StateRefused || old == nil || *old != key {
		v.state, v.wait, v.retryAt = StateReady, retry.Backoff{}, time.Time{}
	}
	v.mu.Unlock()
	defer v.version.Add(1)
	if err != nil {
		v.key.Store(nil)
		v.log.Warn("reputation by VirusTotal is off, everything counts as clean", "error", err)
		return
	}
	if old := v.key.Swap(&key); old == nil {
		v.log.Info("reputation by VirusTotal is on", "key_from", from, "cached", v.cache.len())
	}
}

func (v *virusTotal) reload() {
	v.readKey()
	select {
	case v.again <- struct{}{}:
	default: // it is on its way
	}
}

// standing returns what is known of an indicator, and has it asked about where nothing is.
func (v *virusTotal) standing(indicator string, p Priority) scale.Standing {
	if v.key.Load() == nil {
		return scale.Standing{}
	}
	now := time.Now().Unix()
	var room [maxName]byte
	e := v.cache.get(indicator, now) // mostly it is canonical
	if e == nil {
		text, addr, ok := canonical(room[:0], indicator)
		if !ok {
			return scale.Standing{}
		}
		if e = v.cache.getBytes(text, now); e == nil {
			switch {
			case !askable(v.never, text, addr):
				v.withheld.Add(1)
			case !v.closed.Load():
				v.queue.offer(text, !addr.IsValid(), p)
			}
			return scale.Standing{}
		}
	}
	if now >= e.renew && !v.closed.Load() {
		v.queue.offer(append(room[:0], e.Indicator...), e.domain, p)
	}
	return e.standing()
}

// start runs the goroutine that asks.
func (v *virusTotal) start() {
	ctx, cancel := context.WithCancel(context.Background())
	v.cancel = cancel
	go v.run(ctx)
}

// close ends the goroutine.
func (v *virusTotal) close(ctx context.Context) error {
	v.closed.Store(true)
	close(v.stop)
	defer context.AfterFunc(ctx, v.cancel)()
	<-v.done
	v.cancel()
	v.queue.clear()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.storeErr != nil {
		return fmt.Errorf("the cache could not be written: %w", v.storeErr)
	}
	return nil
}

// write puts a verdict into the cache file.
func (v *virusTotal) write(x *Verdict, now time.Time) {
	if v.store == nil {
		return
	}
	v.noteStore(v.store.add(x, func() []Verdict { return v.cache.verdicts(now) }))
}

// save writes the cache file again, without what has expired, where it is not just what it ought to be.
func (v *virusTotal) save() {
	if v.store == nil {
		return
	}
	defer v.store.drop()
	all := v.cache.verdicts(time.Now())
	if v.storeErr == nil && v.damage == 0 && v.store.lines == len(all) {
		return
	}
	v.noteStore(v.store.rewrite(all))
}

func (v *virusTotal) noteStore(err error) {
	v.mu.Lock()
	before := v.storeErr
	v.storeErr = err
	v.mu.Unlock()
	switch {
	case err != nil && before == nil:
		v.log.Warn("reputation cache cannot be written, memory serves", "file", v.store.path, "error", err)
	case err == nil && before != nil:
		v.log.Info("reputation cache can be written again", "file", v.store.path)
	}
}

func (v *virusTotal) status() Status {
	now := time.Now()
	waiting, dropped := v.queue.counts()
	v.mu.Lock()
	defer v.mu.Unlock()
	s := Status{
		Source: KindVirusTotal, State: v.state, Entries: v.cache.len(), EntryLimit: v.cfg.CacheSize, KeyFrom: v.from,
		Queued: waiting, QueueLimit: v.cfg.Queue, Dropped: dropped,
		Requests: v.requests, Answers: v.answers, Unknown: v.unknown, Failures: v.failures, Withheld: v.withheld.Load(),
		Today: v.budget.today(now), DayLimit: v.cfg.RequestsPerDay, LastAnswer: v.answered, LastErrorTime: v.lastAt, CacheFile: v.cfg.CacheFile, CacheDamage: v.damage,
	}
	if v.retryAt.After(now) {
		s.RetryAt = v.retryAt
	}
	if at, spent := v.budget.free(now); spent && v.state == StateReady {
		s.State, s.RetryAt = StateSpent, at
	}
	switch {
	case v.closed.Load():
		s.State = StateClosed
	case v.key.Load() == nil:
		s.State = StateOff
	}
	switch s.State {
	case StateReady, StateSpent, StateOff, StateClosed:
		s.Healthy = v.storeErr == nil
	}
	if v.last != nil {
		s.LastError = v.last.Error()
	}
	if v.storeErr != nil {
		s.CacheError = v.storeErr.Error()
	}
	return s
}
