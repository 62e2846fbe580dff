package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Whatever others have a say in, a line of the log is one line that prints, also once its JSON is decoded.
func TestLogPrints(t *testing.T) {
	evil := "a\x1b[2J\n\u009b31m\u202e\u2028\U000e0041\xffb"
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		l := NewLog(&b, format, new(slog.LevelVar), true)
		l.With("with", evil).Warn(evil, "text", evil, "error", errors.New(evil), slog.Group("group", "in", evil))
		line, rest, _ := strings.Cut(b.String(), "\n")
		if rest != "" || strings.ContainsFunc(line, func(r rune) bool { return !strconv.IsPrint(r) }) {
			t.Errorf("%s: %q", format, b.String())
		}
		if format == "json" {
			var got map[string]any
			if err := json.Unmarshal([]byte(line), &got); err != nil || got["error"] != `a\x1b[2J\n\u009b31m\u202e\u2028\U000e0041\xffb` || got["time"] != nil {
				t.Errorf("%v: %v", err, got)
			}
		}
	}
}

// A duration has its unit in both forms.
func TestLogWritesDurationsWithTheirUnit(t *testing.T) {
	for format, want := range map[string]string{"text": "after=25.025s", "json": `"after":"25.025s"`} {
		var b bytes.Buffer
		NewLog(&b, format, new(slog.LevelVar), true).Info("works again", "after", 25025*time.Millisecond)
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: %s", format, &b)
		}
	}
}

// What package net/http tells the standard logger, as often as a server likes, goes where the settings say.
func TestTakeStandardLog(t *testing.T) {
	defer log.SetOutput(io.Discard)
	defer log.SetFlags(log.Flags())
	var b bytes.Buffer
	level := new(slog.LevelVar)
	TakeStandardLog(NewLog(&b, "json", level, true))
	log.Printf("Unsolicited response received on idle HTTP channel starting with %q; err=<nil>", "x")
	if b.Len() != 0 {
		t.Errorf("at the level info: %s", &b)
	}
	level.Set(slog.LevelDebug)
	log.Print("Unsolicited response")
	if want := `{"level":"DEBUG","msg":"Unsolicited response"}` + "\n"; b.String() != want {
		t.Errorf("%s, want %s", &b, want)
	}
}
