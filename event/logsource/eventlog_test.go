package logsource

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"testing"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/internal/setting"
)

// A fakeLog has numbered events and gives them out two at a time.
type fakeLog struct{ at, last int }

func (f *fakeLog) next(context.Context) (out []string, bookmark string, err error) {
	for ; f.at < f.last && len(out) < 2; f.at++ {
		out = append(out, fmt.Sprintf("<Event><System><EventID>4624</EventID><Computer>host%d</Computer></System></Event>", f.at))
	}
	return out, strconv.Itoa(f.at), nil
}

func (f *fakeLog) close() {}

// TestEventLog reads a log behind what was read before; an event that was not dealt with comes again.
func TestEventLog(t *testing.T) {
	var got []string
	var refuse error
	begins := map[bool]int{true: 0, false: 10}
	env := &environment{opt: Options{Log: slog.New(slog.DiscardHandler), Lines: func(_ context.Context, lines []login.Line, _ func(int)) error {
		for _, l := range lines {
			got = append(got, l.Host)
		}
		return refuse
	}}}
	c := setting.New[EventLogConfig]()
	c.State = t.TempDir()
	open := func(begin string, last int) *eventLog {
		c.Begin = begin
		src, err := c.source("x", env)
		if err != nil {
			t.Fatal(err)
		}
		e := src.(*eventLog)
		e.subscribe = func(channel, query, bookmark string, oldest bool) (subscription, error) {
			if channel != "Security" || query != c.Query {
				t.Errorf("%q %q", channel, query)
			}
			at, err := strconv.Atoi(bookmark)
			if err != nil {
				at = begins[oldest]
			}
			return &fakeLog{at, last}, nil
		}
		return e
	}
	if err := open("end", 13).run(t.Context()); err != nil || !slices.Equal(got, []string{"host10", "host11", "host12"}) {
		t.Errorf("%v %v", got, err)
	}
	got, refuse = nil, errors.New("full")
	if err := open("end", 15).run(t.Context()); !errors.Is(err, refuse) {
		t.Error(err)
	}
	got, refuse = nil, nil
	if err := open("start", 15).run(t.Context()); err != nil || !slices.Equal(got, []string{"host13", "host14"}) {
		t.Errorf("%v %v", got, err)
	}
	if env.counts.lines.Load() != 5 {
		t.Errorf("%d lines", env.counts.lines.Load())
	}
}
