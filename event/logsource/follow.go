package logsource

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/internal/printable"
)

// batchLines is how many lines of the journal, or of a sender, are handed on at once.
const batchLines = 512

// follow hands on the lines that a program writes, until it ends or ctx is done. Each time that lines were dealt with it calls
// done with the last of them. read reports whether there was one. That the program ends is an error, whatever its status.
func (e *environment) follow(ctx context.Context, command []string, done func(last string) error) (read bool, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = time.Second
	var complaint bytes.Buffer
	cmd.Stderr = &printable.Limit{W: &complaint, Left: 4 << 10}
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
			line, err := login.ReadLine(in, entryMost)
			if err != nil {
				return
			}
			select {
			case lines <- strings.TrimSuffix(line, "\n"):
			case <-ctx.Done():
				return
			}
		}
	}()
	format := login.Format{Location: time.Local}
	for first := range lines {
		raw := waiting(first, lines)
		format.Reference = time.Now()
		batch := make([]login.Line, len(raw))
		for i := range raw {
			batch[i] = format.Parse(raw[i])
		}
		if err := e.lines(ctx, batch, nil); err != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return read, err
		}
		read = true
		e.works()
		if err := done(raw[len(raw)-1]); err != nil {
			e.failed(err)
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
	return read, fmt.Errorf("%s: %w", command[0], err)
}

// entryMost is how much of an entry is read: a field of the journal may be of any size. What is longer is no login.
const entryMost = 256 << 10

// waiting returns what was taken first, and what else is there to be taken at once: up to batchLines.
func waiting[T any](first T, from <-chan T) []T {
	batch := []T{first}
	for len(batch) < batchLines {
		select {
		case x, ok := <-from:
			if !ok {
				return batch
			}
			batch = append(batch, x)
		default:
			return batch
		}
	}
	return batch
}
