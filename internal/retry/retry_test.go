package retry

import (
	"errors"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	b := Backoff{First: time.Second, Max: 5 * time.Second}
	for i, want := range []time.Duration{1, 2, 4, 5, 5} {
		if got := b.Next(); got != want*time.Second {
			t.Errorf("try %d: %v", i, got)
		}
	}
	b.Reset()
	if got := b.Next(); got != time.Second {
		t.Errorf("after a success: %v", got)
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct{ d, most time.Duration }{{0, 0}, {time.Nanosecond, time.Nanosecond}, {4 * time.Second, 5 * time.Second}, {time.Hour, time.Hour + time.Minute}} {
		for range 1000 {
			if got := Spread(c.d); got < c.d || got > c.most {
				t.Fatalf("%v became %v", c.d, got)
			}
		}
	}
}

func TestAfter(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "soon": 0, "NaN": 0, "-5": 0, "0": 0, " 7 ": 7 * time.Second, "0.5": 500 * time.Millisecond, "99999999999": time.Hour, "1e999": 0,
		"Fri, 20 Nov 2026 12:00:10 GMT": 10 * time.Second, "Fri, 20 Nov 2026 11:00:00 GMT": 0, "Sat, 20 Nov 2027 12:00:00 GMT": time.Hour,
	} {
		if got := After(header, now, time.Hour); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

// Trouble that comes and goes all the time is logged less and less; what was not logged does not end in the log either.
func TestTrouble(t *testing.T) {
	var trouble Trouble
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for i, c := range []struct {
		after       time.Duration
		fails, logs bool
	}{{0, true, true}, {time.Second, true, false}, {time.Second, false, true}, {time.Second, false, false}, {time.Second, true, false},
		{time.Second, false, false}, {time.Minute, true, true}, {time.Minute, true, false}, {time.Minute, true, true}, {5 * time.Hour, true, true}, {time.Minute, true, true}} {
		now = now.Add(c.after)
		var log bool
		if c.fails {
			log = trouble.Failed(errors.New("disk full"), now)
		} else {
			_, log = trouble.Works(now)
		}
		if log != c.logs {
			t.Errorf("step %d: logs %v", i, log)
		}
		if s := trouble.State(); s.Failing != c.fails || s.Since.IsZero() == c.fails {
			t.Errorf("step %d: %+v", i, s)
		}
	}
	if s := trouble.State(); s.Failures != 8 || s.Last.Error() != "disk full" || !s.Time.Equal(now) {
		t.Errorf("%+v", s)
	}
	if !trouble.Noted(errors.New("other"), now) || trouble.Noted(errors.New("other"), now) || trouble.State().Failures != 10 {
		t.Errorf("noted: %+v", trouble.State())
	}
	if after, log := trouble.Works(now.Add(time.Second)); !log || after != 5*time.Hour+3*time.Minute+time.Second {
		t.Errorf("over after %v, logs %v", after, log)
	}
}

func TestReport(t *testing.T) {
	var trouble Trouble
	if got := trouble.State().Report(); got != (Report{}) {
		t.Errorf("%+v", got)
	}
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	trouble.Failed(errors.New("full"), at)
	want := Report{Errors: 1, Error: "full", LastError: "full", LastErrorTime: at}
	if got := trouble.State().Report(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	trouble.Works(at)
	want.Error = ""
	if got := trouble.State().Report(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
