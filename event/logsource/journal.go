package logsource

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/event/login"
)

// batchLines is how many lines of the journal, or of a sender, are handed on at once.
const batchLines = 512

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
	at, known, err := j.memory.load()
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
	cmd := exec.CommandContext(ctx, j.config.Command[0], j.arguments(at, known, byTime)...)
	cmd.WaitDelay = time.Second
	var complaint bytes.Buffer
	cmd.Stderr = &limited{w: &complaint, left: 4 << 10}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	lines := make(chan string, batchLines)
	go func() {
		defer close(lines)
		in := bufio.NewReaderSize(out, 64<<10)
		for {
			line, err := readLine(in)
			if err != nil {
				return
			}
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
	}()
	format := login.Format{Location: time.Local}
	for first := range lines {
		raw := []string{first}
		for more := true; more && len(raw) < batchLines; {
			select {
			case line, ok := <-lines:
				if more = ok; ok {
					raw = append(raw, line)
				}
			default:
				more = false
			}
		}
		format.Reference = time.Now()
		batch := make([]login.Line, len(raw))
		for i := range raw {
			batch[i] = format.Parse(raw[i])
		}
		if err := j.env.lines(ctx, batch); err != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return read, err
		}
		read = true
		j.env.works()
		if m, ok := markOf(raw[len(raw)-1]); ok {
			if err := j.memory.save(m); err != nil {
				j.env.failed(err)
			}
		}
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return read, nil
	}
	text := strings.TrimSpace(complaint.String())
	if err == nil {
		err = errors.New("it ended")
	}
	if text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return read, fmt.Errorf("%s: %w", j.config.Command[0], err)
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

// entryMost is how much of an entry of the journal is read: with --all a field may be of any size. What is longer is no login.
const entryMost = 256 << 10

// readLine reads a line, of which it keeps entryMost bytes.
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if room := entryMost - len(line); room > 0 {
			line = append(line, part[:min(len(part), room)]...)
		}
		if err == nil {
			return strings.TrimSuffix(string(line), "\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
}

// limited writes only so much.
type limited struct {
	w    io.Writer
	left int
}

// Write implements io.Writer; what is too much is dropped.
func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	if _, err := l.w.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}
