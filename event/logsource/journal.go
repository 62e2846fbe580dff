package logsource

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A journal is the journal of systemd, as journalctl tells of it. The program is started again when it ends: it does at times
// when files of the journal are removed.
type journal struct {
	config *JournalConfig
	env    *environment
	memory memory
}

func (c *JournalConfig) source(name string, env *environment) (source, error) {
	place := strings.Join(append(append([]string{}, c.Command...), c.Matches...), " ")
	env.counts.place.Store(&place)
	return &journal{config: c, env: env, memory: memoryOf(c.State, "journal", name)}, nil
}

func (j *journal) close() error { return nil }

// arguments are those of journalctl for going on behind a mark. Where its entry is no longer there, time says where to go on.
func (j *journal) arguments(at mark, known, byTime bool) []string {
	args := append([]string{}, j.config.Command[1:]...)
	args = append(args, "--output=json", "--follow", "--all", "--no-pager", "--quiet")
	switch {
	case known && at.Cursor != "" && !byTime:
		args = append(args, "--no-tail", "--after-cursor="+at.Cursor)
	case known && at.Time > 0:
		args = append(args, "--no-tail", "--since=@"+strconv.FormatInt(at.Time/1e6, 10)+"."+fmt.Sprintf("%06d", at.Time%1e6))
	case j.config.Begin == "start":
		args = append(args, "--no-tail")
	default:
		args = append(args, "--lines=0")
	}
	return append(args, j.config.Matches...)
}

// run reads the journal until journalctl ends.
func (j *journal) run(ctx context.Context) error {
	at, known, err := j.env.recall(j.memory)
	if err != nil {
		return err
	}
	read, err := j.follow(ctx, at, known, false)
	if err != nil && !read && known && at.Cursor != "" && ctx.Err() == nil {
		_, err = j.follow(ctx, at, known, true)
	}
	return err
}

// follow runs journalctl once. read reports whether it gave an entry.
func (j *journal) follow(ctx context.Context, at mark, known, byTime bool) (read bool, err error) {
	return j.env.follow(ctx, append([]string{j.config.Command[0]}, j.arguments(at, known, byTime)...), func(last string) error {
		if m, ok := markOf(last); ok {
			return j.memory.save(m)
		}
		return nil
	})
}

// markOf returns the mark of an entry.
func markOf(raw string) (mark, bool) {
	var e struct {
		Cursor string `json:"__CURSOR"`
		Time   string `json:"__REALTIME_TIMESTAMP"`
	}
	if json.Unmarshal([]byte(raw), &e) != nil || e.Cursor == "" {
		return mark{}, false
	}
	micros, _ := strconv.ParseInt(e.Time, 10, 64)
	return mark{Cursor: e.Cursor, Time: micros}, true
}
