package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"hash/fnv"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sent are entries that were given to VictoriaLogs at a time.
type sent struct {
	at      time.Time
	entries []*Entry
}

const insertPath = "/insert/jsonline"

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
