package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// A name that was made in a transaction is taken down when that is committed.
type newName struct {
	kind int
	text string
	id   int64
}

func (d *day) name(ctx context.Context, kind int, text string, made *[]newName) (int64, error) {
	d.mu.RLock()
	id, ok := d.names[kind][text]
	d.mu.RUnlock()
	if ok {
		return id, nil
	}
	for _, m := range *made {
		if m.kind == kind && m.text == text {
			return m.id, nil
		}
	}
	if err := d.stmts.name.QueryRowContext(ctx, kind, text).Scan(&id); err != nil {
		return 0, err
	}
	*made = append(*made, newName{kind, text, id})
	return id, nil
}

// maxFree bounds day.free.
const maxFree = 4096

type minuteKey struct {
	minute   int64
	severity uint8
}

// append stores entries in one transaction. It returns those that were not there before, in the order of their ids.
func (d *day) append(ctx context.Context, entries []*Entry) (fresh []*Stored, err error) {
	if _, err := d.conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			clear(d.terms)
			_, _ = d.conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		}
	}()
	var made []newName
	minutes := map[minuteKey]int{}
	type text struct {
		id   ID
		text string
	}
	var texts []text
	var known []traits
	var all []ID
	var stored []*Entry
	for _, e := range entries {
		if e.Seq != 0 {
			origin, err := d.name(ctx, nameOrigin, e.Origin.Agent, &made)
			if err != nil {
				return nil, err
			}
			r, err := d.stmts.origin.ExecContext(ctx, origin, int64(e.Boot), int64(e.Seq))
			if err != nil {
				return nil, err
			}
			if n, err := r.RowsAffected(); err != nil {
				return nil, err
			} else if n == 0 {
				continue
			}
		}
		var ids [4]int64
		for i, w := range [4]struct {
			kind int
			text string
		}{{nameRule, e.Rule}, {nameCategory, e.Category}, {nameAgent, e.Name}, {nameProto, e.Proto}} {
			if ids[i], err = d.name(ctx, w.kind, w.text, &made); err != nil {
				return nil, err
			}
		}
		var src, dst any
		if e.Src.IsValid() {
			b := e.Src.As16()
			src = b[:]
		}
		if e.Dst.IsValid() {
			b := e.Dst.As16()
			dst = b[:]
		}
		first := firstAt(e.Time)
		id, last := max(first, d.free[first]), first+1<<(idBits+10)
		for {
			r, err := d.stmts.alert.ExecContext(ctx, int64(id), int(e.Severity), ids[0], ids[1], ids[2], ids[3], src, int(e.SrcPort), dst, int(e.DstPort))
			if err != nil {
				return nil, err
			}
			if n, err := r.RowsAffected(); err != nil {
				return nil, err
			} else if n == 1 {
				break
			}
			// The microsecond has others; where it is full, the next one.
			end := (id>>idBits + 1) << idBits
			var highest ID
			if err := d.stmts.highest.QueryRowContext(ctx, int64(id), int64(end)).Scan(&highest); err != nil {
				return nil, err
			}
			if id = highest + 1; id >= last {
				return nil, fmt.Errorf("too many alerts at %s", e.Time)
			}
		}
		if len(d.free) >= maxFree {
			clear(d.free)
		}
		d.free[first] = id + 1
		minutes[minuteKey{e.Time.Unix() / 60, uint8(e.Severity)}]++
		if _, err := d.stmts.body.ExecContext(ctx, int64(id), e.Received.UnixMicro(), e.Body); err != nil {
			return nil, err
		}
		texts = append(texts, text{id, fold(e.Text)})
		stored = append(stored, e)
		known = append(known, traits{rule: uint32(ids[0]), category: uint32(ids[1]), agent: uint32(ids[2]), proto: uint32(ids[3]), severity: uint8(e.Severity)})
		all = append(all, id)
		fresh = append(fresh, &Stored{ID: id, Received: e.Received, Agent: e.Name, Body: e.Body})
	}
	// The index of words takes rows in their order without writing out what it holds in between.
	slices.SortFunc(texts, func(a, b text) int { return cmp.Compare(a.id, b.id) })
	for _, t := range texts {
		if _, err := d.stmts.word.ExecContext(ctx, int64(t.id), t.text); err != nil {
			return nil, err
		}
		if err := d.newTerms(ctx, t.text); err != nil {
			return nil, err
		}
	}
	for k, n := range minutes {
		if _, err := d.stmts.minute.ExecContext(ctx, k.minute, int(k.severity), n); err != nil {
			return nil, err
		}
	}
	if _, err := d.stmts.total.ExecContext(ctx, len(fresh)); err != nil {
		return nil, err
	}
	if _, err := d.conn.ExecContext(ctx, `COMMIT`); err != nil {
		return nil, err
	}
	d.mu.Lock()
	for _, m := range made {
		d.names[m.kind][m.text] = m.id
		d.texts[m.id] = m.text
	}
	d.mu.Unlock()
	d.tellFacts(stored, all, known)
	slices.SortFunc(fresh, func(a, b *Stored) int { return cmp.Compare(a.ID, b.ID) })
	return fresh, nil
}

// maxTerms bounds day.terms.
const maxTerms = 200_000

// newTerms takes down the words of a text that the day does not have yet. Words beyond ASCII are looked for by their beginning
// in the index itself.
func (d *day) newTerms(ctx context.Context, text string) error {
	for w := range wordsOf(text) {
		if d.terms[w] || !ascii(w) {
			continue
		}
		if _, err := d.stmts.term.ExecContext(ctx, w); err != nil {
			return err
		}
		if len(d.terms) >= maxTerms {
			clear(d.terms)
		}
		d.terms[w] = true
	}
	return nil
}
