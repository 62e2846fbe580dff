package store

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"sort"
	"strings"

	"modernc.org/sqlite"
)

// A stream is the ids of alerts with words, the newest first. It reads them in pieces: the first alerts are often enough, and of
// many a row of its own for each would take most of the time.
type stream struct {
	ctx      context.Context
	day      *day
	words    string
	from, to ID // what was not read yet
	ids      []ID
	size     int // of the next piece
}

const (
	firstPiece = 256
	mostPiece  = 64 << 10
)

// stream begins a stream of ids in [from, to).
func (d *day) stream(ctx context.Context, words string, from, to ID) *stream {
	s := &stream{ctx: ctx, day: d, words: words, from: from, to: to, size: firstPiece}
	if strings.Contains(words, "*") {
		s.size = mostPiece // of the beginning of very many words all alerts are collected anew for each piece
	}
	return s
}

// next returns the next piece, until the stream is taken on by taken; none at the end.
func (s *stream) next() ([]ID, error) {
	if len(s.ids) > 0 || s.from >= s.to {
		return s.ids, nil
	}
	var list []byte
	err := s.day.db.QueryRowContext(s.ctx, `SELECT ids(rowid) FROM (SELECT rowid FROM word WHERE word MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?)`,
		s.words, int64(s.from), int64(s.to), s.size).Scan(&list)
	if err != nil {
		return nil, err
	}
	s.ids = s.ids[:0]
	for ; len(list) >= 8; list = list[8:] {
		s.ids = append(s.ids, ID(binary.LittleEndian.Uint64(list)))
	}
	if s.to = s.from; len(s.ids) == s.size {
		s.to = s.ids[len(s.ids)-1]
	}
	s.size = min(16*s.size, mostPiece)
	return s.ids, nil
}

// taken goes on behind the first n of a piece.
func (s *stream) taken(n int) { s.ids = s.ids[n:] }

// has goes on to an id, and reports whether it is among those of the stream. Ids are asked for in their order, the newest first.
func (s *stream) has(id ID) (bool, error) {
	for {
		i := sort.Search(len(s.ids), func(i int) bool { return s.ids[i] <= id })
		if s.taken(i); len(s.ids) > 0 {
			return s.ids[0] == id, nil
		}
		if s.to = min(s.to, id+1); s.from >= s.to {
			return false, nil
		}
		if list, err := s.next(); err != nil || len(list) == 0 {
			return false, err
		}
	}
}

// ids makes one value of many ids, eight bytes each, the lowest first.
type ids []byte

func (l *ids) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	if n, ok := args[0].(int64); ok {
		*l = binary.LittleEndian.AppendUint64(*l, uint64(n))
	}
	return nil
}

// WindowInverse is for windows, in which ids has no place.
func (l *ids) WindowInverse(*sqlite.FunctionContext, []driver.Value) error { return nil }

func (l *ids) WindowValue(*sqlite.FunctionContext) (driver.Value, error) { return []byte(*l), nil }

func (l *ids) Final(*sqlite.FunctionContext) {}

func init() {
	sqlite.MustRegisterFunction("ids", &sqlite.FunctionImpl{NArgs: 1, MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &ids{}, nil }})
}
