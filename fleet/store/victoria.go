package store

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

// sent are entries that were given to VictoriaLogs at a time.
type sent struct {
	at      time.Time
	entries []*Entry
}

const (
	// keepSent is for how long, and how many at most, entries are kept that VictoriaLogs may not have on its disk.
	keepSent   = time.Minute
	mostSent   = 50_000
	watchEvery = 3 * time.Second
)

// maxOrigins bounds Victoria.last.
const maxOrigins = 100_000

const insertPath = "/insert/jsonline"

// victoriaWithin bounds a request.
const victoriaWithin = 30 * time.Second

// OpenVictoria returns a Victoria, after it asked whether VictoriaLogs is there.
func OpenVictoria(ctx context.Context, opt VictoriaOptions) (*Victoria, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	opt.URL = strings.TrimSuffix(opt.URL, "/")
	v := &Victoria{opt: opt, client: &http.Client{Timeout: victoriaWithin, Transport: &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}}, last: map[origin]uint64{}, done: make(chan struct{})}
	var err error
	if _, err = v.ask(ctx, `* | count() n`, opt.Now().Add(-time.Minute), opt.Now()); err != nil {
		return nil, fmt.Errorf("store: url: %w", err)
	}
	if v.started, err = v.start(ctx); err != nil {
		return nil, fmt.Errorf("store: url: %w", err)
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	v.stop = stop
	go v.watch(watching)
	return v, nil
}

// start returns when VictoriaLogs was started.
func (v *Victoria) start(ctx context.Context) (string, error) {
	text, err := v.post(ctx, "/metrics", nil, nil)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "process_start_time_seconds "); ok {
			return strings.TrimSpace(rest), nil
		}
	}
	return "", errors.New("VictoriaLogs does not say when it was started")
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
		if at, err := v.start(ctx); err == nil && at != v.started {
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

// A record is an alert in VictoriaLogs. All that is not text is text there.
type record struct {
	Time     string `json:"_time"`
	Words    string `json:"_msg"` // folded: what words of a query are looked for in
	ID       string `json:"id"`
	Origin   string `json:"origin,omitempty"`
	Received string `json:"received"` // microseconds since 1970
	Agent    string `json:"agent"`
	Rule     string `json:"rule"`
	Category string `json:"category"`
	Severity string `json:"severity"`
	Proto    string `json:"proto"`
	Src      string `json:"src,omitempty"`
	Dst      string `json:"dst,omitempty"`
	SrcPort  string `json:"sport"`
	DstPort  string `json:"dport"`
	Body     string `json:"body"`
}

// text writes an origin.
func (o *Origin) text() string {
	return o.Agent + "/" + strconv.FormatUint(o.Boot, 16) + "/" + strconv.FormatUint(o.Seq, 16)
}

// fixedID returns the id that an alert has wherever it is stored: of those of one microsecond each has one of 1,024 by chance.
func fixedID(e *Entry) ID {
	h := fnv.New32a()
	_, _ = io.WriteString(h, e.Origin.text()) // it never fails
	if e.Seq == 0 {
		_, _ = h.Write(e.Body)
	}
	sum := h.Sum32()
	return firstAt(e.Time) | ID((sum^sum>>10^sum>>20)&(1<<idBits-1))
}

// Append implements Alerts.
func (v *Victoria) Append(ctx context.Context, entries []*Entry) error {
	if len(entries) == 0 {
		return nil
	}
	v.writing.Lock()
	defer v.writing.Unlock()
	now := v.opt.Now()
	for _, e := range entries {
		e.Time = file(e.Time, e.Received, now, v.opt.Keep)
	}
	fresh, err := v.fresh(ctx, entries)
	if err == nil {
		err = v.insert(ctx, fresh)
	}
	v.remember(fresh)
	note(&v.fault, v.opt.Log, err)
	if err != nil {
		// It may have come there all the same: the next time it is asked.
		for _, e := range entries {
			delete(v.last, origin{e.Origin.Agent, e.Boot})
		}
		return err
	}
	for _, e := range fresh {
		if o := (origin{e.Origin.Agent, e.Boot}); e.Seq > v.last[o] {
			v.last[o] = e.Seq
		}
	}
	if len(v.last) > maxOrigins {
		clear(v.last)
	}
	v.stored.Add(uint64(len(fresh)))
	v.duplicates.Add(uint64(len(entries) - len(fresh)))
	if v.opt.Stored != nil && len(fresh) > 0 {
		v.opt.Stored(Place(fresh))
	}
	return nil
}

// Place returns entries as they are stored where their ids follow from themselves, in the order of these.
func Place(entries []*Entry) []*Stored {
	var out []*Stored
	for _, e := range entries {
		out = append(out, &Stored{ID: fixedID(e), Received: e.Received, Agent: e.Name, Body: e.Body})
	}
	slices.SortFunc(out, func(a, b *Stored) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// fresh returns the entries that are not stored yet. Agents number their alerts and send them in order, so that one with a higher
// number than the last is new; where this process does not know the last, or others store alerts, too, VictoriaLogs is asked.
func (v *Victoria) fresh(ctx context.Context, entries []*Entry) ([]*Entry, error) {
	var out, doubtful []*Entry
	seen := map[Origin]bool{}
	for _, e := range entries {
		last, known := v.last[origin{e.Origin.Agent, e.Boot}]
		switch {
		case e.Seq == 0:
			out = append(out, e)
		case seen[e.Origin]:
		case v.opt.Shared, !known:
			doubtful = append(doubtful, e)
		case e.Seq > last:
			out = append(out, e)
		}
		seen[e.Origin] = true
	}
	missing, err := v.absent(ctx, doubtful)
	return append(out, missing...), err
}

// absent returns those of entries that are not there.
func (v *Victoria) absent(ctx context.Context, doubtful []*Entry) (out []*Entry, err error) {
	if len(doubtful) == 0 {
		return nil, nil
	}
	if _, err := v.post(ctx, "/internal/force_flush", nil, nil); err != nil {
		return nil, err
	}
	for part := range slices.Chunk(doubtful, 200) {
		var words []string
		first, last := part[0].Time, part[0].Time
		for _, e := range part {
			words = append(words, strconv.Quote(fixedID(e).String()))
			first, last = earlier(first, e.Time), later(last, e.Time)
		}
		rows, err := v.ask(ctx, `id:in(`+strings.Join(words, ",")+`) | fields id, origin`, first, last.Add(time.Microsecond))
		if err != nil {
			return nil, err
		}
		has := map[string]bool{}
		for _, r := range rows {
			has[r["id"]+r["origin"]] = true
		}
		for _, e := range part {
			text := ""
			if e.Seq != 0 {
				text = e.Origin.text()
			}
			if !has[fixedID(e).String()+text] {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

func (v *Victoria) insert(ctx context.Context, entries []*Entry) error {
	if len(entries) == 0 {
		return nil
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	for _, e := range entries {
		r := record{Time: e.Time.Format("2006-01-02T15:04:05.000000Z07:00"), Words: fold(e.Text), ID: fixedID(e).String(), Received: strconv.FormatInt(e.Received.UnixMicro(), 10), Agent: e.Name, Rule: e.Rule, Category: e.Category,
			Severity: e.Severity.String(), Proto: e.Proto, SrcPort: strconv.Itoa(int(e.SrcPort)), DstPort: strconv.Itoa(int(e.DstPort)), Body: string(e.Body)}
		if e.Seq != 0 {
			r.Origin = e.Origin.text()
		}
		if e.Src.IsValid() {
			r.Src = e.Src.Unmap().String()
		}
		if e.Dst.IsValid() {
			r.Dst = e.Dst.Unmap().String()
		}
		if err := out.Encode(&r); err != nil {
			return err
		}
	}
	_, err := v.post(ctx, insertPath, url.Values{"_stream_fields": {"agent"}}, &b)
	return err
}

// post sends a request, and returns the answer.
func (v *Victoria) post(ctx context.Context, path string, args url.Values, body io.Reader) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.opt.URL+path+"?"+args.Encode(), body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if path == insertPath {
		r.Header.Set("Content-Type", "application/stream+json")
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	const most = 512 << 20
	text, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		return nil, fmt.Errorf("VictoriaLogs answers %s: %.300s", answer.Status, bytes.TrimSpace(text))
	}
	return text, nil
}

// ask asks for what happened in [since, until); zero times are no bounds. Each row has its fields as texts.
func (v *Victoria) ask(ctx context.Context, text string, since, until time.Time) ([]map[string]string, error) {
	if until.IsZero() {
		until = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	text = fmt.Sprintf("_time:[%s, %s) ", stamp(since), stamp(until)) + text
	ctx, cancel := context.WithTimeout(ctx, victoriaWithin)
	defer cancel()
	answer, err := v.post(ctx, "/select/logsql/query", nil, strings.NewReader(url.Values{"query": {text}}.Encode()))
	if err != nil {
		return nil, err
	}
	var rows []map[string]string
	lines := bufio.NewReader(bytes.NewReader(answer))
	d := json.NewDecoder(lines)
	for {
		var row map[string]string
		if err := d.Decode(&row); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, fmt.Errorf("the answer of VictoriaLogs: %w", err)
		}
		rows = append(rows, row)
	}
}

// stamp writes a time for a query.
func stamp(t time.Time) string {
	if t.Unix() < 0 {
		t = time.Unix(0, 0)
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// Status implements Alerts. Bytes are VictoriaLogs' matter.
func (v *Victoria) Status() Status {
	out := Status{Backend: "victorialogs", Stored: v.stored.Load(), Duplicates: v.duplicates.Load()}
	if text := v.fault.Load(); text != nil {
		out.Error = *text
	}
	return out
}
