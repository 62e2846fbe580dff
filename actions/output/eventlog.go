package output

import (
	"context"

	"github.com/ruleids/ruleids/internal/eventlog"
	"github.com/ruleids/ruleids/internal/scale"
)

// EventLogConfig is the settings of kind "eventlog": the event log of Windows.
type EventLogConfig struct{ Common }

func (c *EventLogConfig) open(environment) (*route, error) {
	l, err := eventlog.Open()
	if err != nil {
		return nil, err
	}
	return &route{kind: "eventlog", target: eventlog.Source, Common: c.Common, render: appendLeveled, backoff: fileBackoff, sink: &eventLog{l}}, nil
}

// An eventLog is a sink with an event for each alert.
type eventLog struct {
	log interface {
		Report(id eventlog.ID, text string) error
		Close() error
	}
}

// appendLeveled renders an alert for an eventLog: a byte that is its severity, and its line for people.
func appendLeveled(dst []byte, e *event) []byte {
	return e.alert.AppendText(append(dst, byte(e.alert.Severity)), false)
}

func (s *eventLog) open(context.Context) error { return nil }

func (s *eventLog) write(_ context.Context, b *batch) (int, error) {
	for i := range b.len() {
		record := b.record(i)
		if err := s.log.Report(eventOf(scale.Severity(record[0])), string(record[1:])); err != nil {
			return i, err
		}
	}
	return b.len(), nil
}

func (s *eventLog) close(context.Context) error { return s.log.Close() }

// release keeps the log open: there is nothing that could have been moved away.
func (s *eventLog) release() error { return nil }

// eventOf is the number of the events of a severity.
func eventOf(s scale.Severity) eventlog.ID {
	switch s {
	case scale.SeverityCritical:
		return eventlog.Critical
	case scale.SeverityHigh:
		return eventlog.High
	case scale.SeverityMedium:
		return eventlog.Medium
	}
	return eventlog.Low
}
