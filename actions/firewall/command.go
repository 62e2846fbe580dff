package firewall

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

const (
	// maxErrorText bounds what of standard error is told, in bytes.
	maxErrorText = 1000
	// maxOutput bounds what the program may write to standard output, in bytes: lines for ten million members.
	maxOutput = 1 << 29
	// killWait is how long a program that was killed may keep its output open, by children that it left.
	killWait = time.Second
	// maxSeconds is the longest time of a member that is handed to the program: a hundred years.
	maxSeconds = 100 * 365 * 24 * 3600
)

// command is the backend of the same name; the package comment has what it says to the program.
type command struct {
	args    []string
	timeout time.Duration

	mu      sync.Mutex
	rolls   rolls  // what was added, or listed, and is not over
	changes uint64 // runs of apply that began or ended
}

func newCommand(c *Config) *command {
	return &command{args: slices.Clone(c.Command), timeout: c.CommandTimeout, rolls: newRolls()}
}

// run runs the program with one more argument.
func (c *command) run(ctx context.Context, action, input string) (output string, err error) {
	output, _, err = runProgram(ctx, c.timeout, input, c.args[0], append(slices.Clone(c.args[1:]), action)...)
	switch {
	case errors.Is(err, errTimeout):
		return "", fmt.Errorf("%s %s: it took longer than %s (command_timeout): %w", c.args[0], action, c.timeout, err)
	case err != nil:
		return "", fmt.Errorf("%s %s: %w", c.args[0], action, err)
	}
	return output, nil
}

// errTimeout is part of the error of a program that was killed because it took too long.
var errTimeout = errors.New("killed")

// runProgram runs a program with standard input, for a while at most, and returns what it wrote to standard output and
// standard error. The latter is in the error of one that fails, too.
func runProgram(ctx context.Context, timeout time.Duration, input, name string, args ...string) (output, complaint string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	alone(cmd)
	cmd.WaitDelay = killWait
	cmd.Stdin = strings.NewReader(input)
	stdout, stderr := &bounded{most: maxOutput}, &bounded{most: maxErrorText, cut: true}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Run()
	if text := strings.Join(strings.Fields(stderr.String()), " "); err != nil && text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", errTimeout, err)
	}
	return stdout.String(), stderr.String(), err
}

// bounded keeps up to some bytes of what is written; more is an error, or cut off.
type bounded struct {
	bytes.Buffer
	most int
	cut  bool
}

// Write implements io.Writer: what is beyond the bound is an error, or cut off where cut is set.
func (b *bounded) Write(p []byte) (int, error) {
	room := b.most - b.Len()
	switch {
	case len(p) <= room:
	case !b.cut:
		return 0, fmt.Errorf("more than %d bytes of output", b.most)
	default:
		b.Buffer.Write(p[:max(0, room)])
		return len(p), nil
	}
	return b.Buffer.Write(p)
}

// Apply implements decision.Firewall.
func (c *command) Apply(ctx context.Context, changes []decision.Change) error {
	var in strings.Builder
	now := time.Now()
	for _, ch := range changes {
		n, ok := seconds(ch.Until, now, maxSeconds)
		if ch.Remove || !ok {
			fmt.Fprintf(&in, "remove %s %s\n", ch.Kind, ch.Target)
		} else {
			fmt.Fprintf(&in, "add %s %s %d\n", ch.Kind, ch.Target, n)
		}
	}
	c.note(nil, nil, now)
	out, err := c.run(ctx, "apply", in.String())
	var left refusal
	defer func() { c.note(changes, left.changes, now) }()
	if err != nil {
		left.changes = changes
		return err
	}
	for line := range lines(out) {
		number, text, _ := strings.Cut(strings.TrimPrefix(line, "failed "), " ")
		n, err := strconv.Atoi(number)
		if !strings.HasPrefix(line, "failed ") || err != nil || n < 1 || n > len(changes) {
			left.changes = changes
			return fmt.Errorf("%s apply: its output %q is not \"failed NUMBER REASON\" with the number of a line", c.args[0], line)
		}
		left.add(fmt.Errorf("%s: %s", c.args[0], text), changes[n-1])
	}
	return left.err()
}

// note takes down that apply began or ended, and the changes that were made: all but those that are left.
func (c *command) note(changes, left []decision.Change, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	failed := make(map[decision.Change]bool, len(left))
	for _, ch := range left {
		failed[ch] = true
	}
	for _, ch := range changes {
		id, ok := setOf(ch.Kind, ch.Target.Is4())
		if !ok || failed[ch] {
			continue
		}
		if n, ok := seconds(ch.Until, now, maxSeconds); ch.Remove || !ok {
			delete(c.rolls[id], ch.Target.Prefix())
		} else {
			c.rolls[id].put(ch.Target.Prefix(), n, now)
		}
	}
}

// lines yields the lines of a text that are not empty.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
			if l := strings.TrimSpace(s.Text()); l != "" && !yield(l) {
				return
			}
		}
	}
}

// List implements decision.Firewall.
func (c *command) List(ctx context.Context) ([]decision.Member, error) {
	members, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rolls = newRolls()
	for _, m := range members {
		id, _ := setOf(m.Kind, m.Target.Is4())
		until := int64(0)
		if !m.Until.IsZero() {
			until = m.Until.Unix()
		}
		c.rolls[id][m.Target.Prefix()] = until
	}
	return members, nil
}

// list returns the members that are there.
func (c *command) list(ctx context.Context) ([]decision.Member, error) {
	out, err := c.run(ctx, "list", "")
	if err != nil {
		return nil, err
	}
	now := time.Now()
	var members []decision.Member
	for line := range lines(out) {
		m, err := parseMember(line, now)
		if err != nil {
			return nil, fmt.Errorf("%s list: its output %q is not \"KIND ADDRESS SECONDS\": %w", c.args[0], line, err)
		}
		members = append(members, m)
	}
	return members, nil
}

func parseMember(line string, now time.Time) (m decision.Member, err error) {
	words := strings.Fields(line)
	if len(words) != 3 {
		return m, fmt.Errorf("%d words", len(words))
	}
	m.Kind = decision.Kind(words[0])
	if m.Kind != decision.Block && m.Kind != decision.Quarantine {
		return m, fmt.Errorf("%q is not valid: use %s or %s", words[0], decision.Block, decision.Quarantine)
	}
	if m.Target, err = decision.ParseTarget(words[1]); err != nil {
		return m, err
	}
	n, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil || n < 0 || n > maxSeconds {
		return m, fmt.Errorf("%q is not a number of seconds", words[2])
	}
	if n > 0 {
		m.Until = now.Add(time.Duration(n) * time.Second)
	}
	return m, nil
}

// Close implements decision.Firewall. Nothing is held between runs.
func (c *command) Close() error { return nil }

// repair implements keeper.
func (c *command) repair(ctx context.Context) (missing []string, err error) {
	out, err := c.run(ctx, "repair", "")
	if err != nil {
		return nil, err
	}
	if missing = slices.Collect(lines(out)); len(missing) > 0 {
		return missing, nil // members are compared then in any case
	}
	return c.fewer(ctx)
}

// fewer says of which members some are missing. That there are more than there should be is not news: not every program
// ends members to the second.
func (c *command) fewer(ctx context.Context) (missing []string, err error) {
	c.mu.Lock()
	before, expected := c.changes, 0
	for _, r := range c.rolls {
		expected += len(r)
	}
	c.mu.Unlock()
	if expected == 0 {
		return nil, nil
	}
	members, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	counts := count(members)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changes != before || c.changes%2 != 0 {
		return nil, nil // some were just being changed; the next look tells
	}
	for i, r := range c.rolls {
		name := setID(i).name()
		if least, _ := r.bounds(time.Now().Unix()); counts[i] < least {
			missing = append(missing, fmt.Sprintf("%d of %d members of %s", least-counts[i], least, name))
		}
	}
	return missing, nil
}

// show implements keeper.
func (c *command) show(ctx context.Context) (State, error) {
	s := State{Backend: Command, Program: strings.Join(c.args, " ")}
	members, err := c.list(ctx)
	if err != nil {
		return s, err
	}
	for i, n := range count(members) {
		id := setID(i)
		s.Installed = s.Installed || n > 0
		s.Sets = append(s.Sets, Set{Name: id.name(), Family: id.family(), Kind: id.kind(), Members: n})
	}
	return s, nil
}

// flush implements keeper.
func (c *command) flush(ctx context.Context) error {
	if _, err := c.run(ctx, "flush", ""); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rolls = newRolls()
	return nil
}
