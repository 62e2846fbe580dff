package agent

import (
	"io"
	"log"
	"log/slog"

	"github.com/ruleids/ruleids/internal/printable"
)

// NewLog returns a logger that writes lines of text or JSON, and its level, which may be changed. Under a service
// manager that has its own clock, the time of each line is left out. Text prints, whoever wrote it: in lines of JSON, what
// does not is written as package printable does.
func NewLog(w io.Writer, format string, level *slog.LevelVar, journal bool) *slog.Logger {
	opt := &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if journal && len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		if a.Value.Kind() == slog.KindDuration { // JSON would have a number without its unit
			a.Value = slog.StringValue(a.Value.Duration().String())
		}
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(err.Error())
		}
		if format == "json" && a.Value.Kind() == slog.KindString { // text is quoted where it does not print
			a.Value = slog.StringValue(printable.Text(a.Value.String()))
		}
		return a
	}}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

// TakeStandardLog has what the standard logger is told written to a log, at the level debug. Package net/http uses it
// for what a server sends unasked, as often as the server likes.
func TakeStandardLog(l *slog.Logger) {
	log.SetFlags(0)
	log.SetOutput(slog.NewLogLogger(l.Handler(), slog.LevelDebug).Writer())
}

// LogLevel returns the level that a word of the settings stands for.
func LogLevel(word string) slog.Level {
	var l slog.Level
	if l.UnmarshalText([]byte(word)) != nil {
		return slog.LevelInfo // the settings were checked
	}
	return l
}
