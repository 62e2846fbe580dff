package setting

import (
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond, "7d": 168 * time.Hour,
		"1d12h": 36 * time.Hour, "0.5d": 12 * time.Hour, "0": 0, "0s": 0} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "10", "soon", "-5m", "-1d", "d", "1dd", "NaNd", "Infd", "10 s", "1w", "1e9d", "99999999h99999999h", "36501d", "1d-1h", "2562047h48m", "1x"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"64MiB": 64 << 20, "1 GiB": 1 << 30, "100kB": 100_000, "5": 5, "7B": 7, "0": 0, "2MB": 2_000_000} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1MiB", "1.5MiB", "1TiB", "99999999999GiB", "64 mib"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestProblems(t *testing.T) {
	if err := Join(nil); err != nil {
		t.Error(err)
	}
	one := Problem{"mode", "Write another."}
	err := Join([]Problem{one, {Detail: "All of it is wrong."}})
	var p Problem
	if err == nil || err.Error() != "mode: Write another.\nAll of it is wrong." || !errors.As(err, &p) || p != one {
		t.Errorf("%v, %v", err, p)
	}
	if OneOf("a", "x", "x", "y") != nil || len(OneOf("a", "z", "x", "y")) != 1 || Between("a", 1, 1, 2) != nil || len(Between("a", 3, 1, 2)) != 1 || len(Between("a", 0, 1, 2)) != 1 {
		t.Error("a check lets the wrong values pass")
	}
	for path, want := range map[string]string{"": "", "a/b": filepath.Join("dir", "a", "b"), "/a": "/a"} {
		if got := Beside("dir", path); got != want {
			t.Errorf("%q is at %q", path, got)
		}
	}
}
