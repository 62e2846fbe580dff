package agent

import (
	"io"
	"log/slog"
)

// NewLog returns a logger that writes lines of text or JSON, and its level, which may be changed. Under a service
// manager that has its own clock, the time of each line is left out.
func NewLog(w io.Writer, format string, level *slog.LevelVar, journal bool) *slog.Logger {
	opt := &slog.HandlerOptions{Level: level}
	if journal {
		opt.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}
	}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

// LogLevel returns the level that a word of the settings stands for.
func LogLevel(word string) slog.Level {
	var l slog.Level
	if l.UnmarshalText([]byte(word)) != nil {
		return slog.LevelInfo // the settings were checked
	}
	return l
}
