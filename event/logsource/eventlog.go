package logsource

import (
	"context"
	"time"

	"github.com/ruleids/ruleids/event/login"
)

// EventLogConfig is the settings of kind "eventlog": an event log of Windows.
type EventLogConfig struct {
	// Channel is the log.
	Channel string `setting:"channel,required" default:"Security"`
	// Query chooses events, in the XPath of event logs.
	Query string `setting:"query,required" default:"*[System[(EventID=4624 or EventID=4625)]]"`

	Kept
}

// A subscription gives the events of a log, as XML, in the order in which they were written.
type subscription interface {
	// next waits for events until ctx is done, when there are none, and returns them with a bookmark behind the last.
	next(ctx context.Context) (events []string, bookmark string, err error)
	close()
}

// An eventLog is a source of the events of one log.
type eventLog struct {
	config *EventLogConfig
	env    *environment
	memory memory
	// subscribe begins behind a bookmark, where that is not "", else at the oldest event or behind the newest.
	subscribe func(channel, query, bookmark string, oldest bool) (subscription, error)
}

func (c *EventLogConfig) source(name string, env *environment) (source, error) {
	env.counts.place.Store(&c.Channel)
	return &eventLog{config: c, env: env, memory: memoryOf(c.State, "eventlog", name), subscribe: subscribe}, nil
}

func (e *eventLog) close() error { return nil }

// run implements source.
func (e *eventLog) run(ctx context.Context) error {
	at, _, err := e.env.recall(e.memory)
	if err != nil {
		return err
	}
	s, err := e.subscribe(e.config.Channel, e.config.Query, at.Cursor, e.config.Begin == "start")
	if err != nil {
		return err
	}
	defer s.close()
	e.env.works()
	format := login.Format{Location: time.Local}
	for {
		events, bookmark, err := s.next(ctx)
		if err != nil || len(events) == 0 {
			return err
		}
		format.Reference = time.Now()
		lines := make([]login.Line, len(events))
		for i, x := range events {
			lines[i] = format.Parse(x)
		}
		if err := e.env.lines(ctx, lines, nil); err != nil {
			return err
		}
		if err := e.memory.save(mark{Cursor: bookmark}); err != nil {
			e.env.failed(err)
		}
	}
}
