package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/agent/api"
)

// A receiver is a program that captures on the receiving end.
type receiver interface {
	// counts asks for what it has counted since it began.
	counts() (received, error)
	// process returns its id.
	process() int
	// close ends it.
	close() error
}

// busy returns the CPU time that the threads of a process have had. Where the stack's work is done on their CPU, a good part
// of that is in it too.
func busy(process int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", process))
	if err != nil {
		return 0, err
	}
	sum := time.Duration(0)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // a thread that ended meanwhile
		}
		first, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		sum += time.Duration(n)
	}
	return sum, nil
}

// received is what a receiver counted.
type received struct {
	seen    uint64 // packets that it worked on
	passed  uint64 // packets that its socket took, by the kernel's PACKET_STATISTICS
	dropped uint64 // packets that its socket had no room for
}

func (r received) since(before received) received {
	return received{r.seen - before.seen, r.passed - before.passed, r.dropped - before.dropped}
}

// patience is how long a receiver may take to begin, to answer or to end.
const patience = 10 * time.Second

// A tcpdump is tcpdump writing all packets to /dev/null.
type tcpdump struct {
	cmd *exec.Cmd

	mu     sync.Mutex
	text   strings.Builder // of its standard error
	answer chan struct{}   // closed when more of it came
}

// startTcpdump starts tcpdump with a ring of so many bytes.
func startTcpdump(s *site, ring int) (*tcpdump, error) {
	t := &tcpdump{answer: make(chan struct{})}
	// As root still, for it would make a gift of the file, here /dev/null, to the account that it changes to.
	t.cmd = exec.Command("tcpdump", "-Z", "root", "-i", receivingEnd, "-n", "-B", strconv.Itoa(ring>>10), "-w", "/dev/null")
	t.cmd.Stderr = t
	if err := s.start(t.cmd); err != nil {
		return nil, err
	}
	_, err := t.wait(0, regexp.MustCompile(`listening on`))
	return t, err
}

// Write takes what tcpdump says.
func (t *tcpdump) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.answer)
	t.answer = make(chan struct{})
	return t.text.Write(p)
}

// wait waits until what was said from a place on matches, and returns the parts.
func (t *tcpdump) wait(from int, what *regexp.Regexp) ([]string, error) {
	deadline := time.After(patience)
	for {
		t.mu.Lock()
		said, more := t.text.String()[from:], t.answer
		t.mu.Unlock()
		if m := what.FindStringSubmatch(said); m != nil {
			return m, nil
		}
		select {
		case <-more:
		case <-deadline:
			return nil, fmt.Errorf("tcpdump does not say %q; it says %q", what, said)
		}
	}
}

// What tcpdump says of its counts. The second has those of the third in it.
var tcpdumpCounts = regexp.MustCompile(`(\d+) packets? captured\D+(\d+) packets? received by filter\D+(\d+) packets? dropped by kernel`)

func (t *tcpdump) counts() (received, error) {
	t.mu.Lock()
	from := t.text.Len()
	t.mu.Unlock()
	if err := t.cmd.Process.Signal(unix.SIGUSR1); err != nil {
		return received{}, err
	}
	m, err := t.wait(from, tcpdumpCounts)
	if err != nil {
		return received{}, err
	}
	var n [3]uint64
	for i := range n {
		n[i], _ = strconv.ParseUint(m[i+1], 10, 64) // digits
	}
	return received{seen: n[0], passed: n[1] - n[2], dropped: n[2]}, nil
}

func (t *tcpdump) process() int { return t.cmd.Process.Pid }

func (t *tcpdump) close() error {
	if err := t.cmd.Process.Signal(unix.SIGTERM); err != nil {
		return err
	}
	return t.cmd.Wait()
}

// A ruleids is the daemon with all shipped rules and alerts going to a file.
type ruleids struct {
	cmd    *exec.Cmd
	client *api.Client
}

// eveFile is the file of its alerts.
const eveFile = "eve.json"

// startRuleids starts the program with a ring of so many bytes; its files go below dir.
func startRuleids(s *site, program, dir string, ring int, metrics string) (*ruleids, error) {
	settings := filepath.Join(dir, "ruleids.hcl")
	socket := filepath.Join(dir, "control.sock")
	r := &ruleids{client: api.NewClient(socket)}
	if err := os.WriteFile(settings, fmt.Appendf(nil, "output \"eve\" \"main\" {\n  path = %q\n}\n", filepath.Join(dir, eveFile)), 0o644); err != nil {
		return nil, err
	}
	args := []string{"run", "-i", receivingEnd, "--config", settings, "--socket", socket, "--ring", strconv.Itoa(ring>>10) + "KiB", "--log-level", "warn"}
	if metrics != "" {
		args = append(args, "--metrics", metrics)
	}
	r.cmd = exec.Command(program, args...)
	r.cmd.Stderr = os.Stderr
	if err := s.start(r.cmd); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		st, err := r.status()
		if err == nil && st.Healthy {
			return r, nil
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("the daemon is not ready after %v: %w", patience, err), r.cmd.Process.Kill(), r.cmd.Wait())
		}
	}
}

func (r *ruleids) status() (*api.Status, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return r.client.Status(ctx)
}

func (r *ruleids) counts() (received, error) {
	st, err := r.status()
	if err != nil {
		return received{}, err
	}
	return received{seen: st.Packets.Seen, passed: st.Capture.Received, dropped: st.Capture.Dropped}, nil
}

func (r *ruleids) process() int { return r.cmd.Process.Pid }

func (r *ruleids) close() error {
	if err := r.cmd.Process.Signal(unix.SIGTERM); err != nil {
		return err
	}
	return r.cmd.Wait()
}
