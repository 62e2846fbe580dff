package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// metricsAddress is where the daemon serves metrics, on its own host.
const metricsAddress = "127.0.0.1:9477"

// A sensor is a daemon that runs on a host.
type sensor struct {
	*process
	host    *host
	program string
	dir     string // of its settings, rules and alerts
	client  *api.Client
	eve     *follower
}

// settings are those of every sensor, with more of them behind. Its alerts go to eve.json, its rules are in rules, and
// what they ask for is recorded, unless more says otherwise.
func settings(more string) string {
	if !strings.Contains(more, "\nresponse {") && !strings.HasPrefix(more, "response {") {
		more += response(`mode = "monitor"`)
	}
	return `agent = "lab"

capture {
  interfaces = ["eth0"]
  ring       = "32MiB"
}

control {
  socket = "control.sock"
}

metrics {
  listen = "` + metricsAddress + `"
}

log {
  format = "json"
}

output "eve" "main" {
  path = "eve.json"
}

` + more
}

// response is the block response, with some settings.
func response(settings ...string) string {
	return "response {\n  journal = \"decisions.jsonl\"\n  audit   = \"audit.jsonl\"\n  " + strings.Join(settings, "\n  ") + "\n}\n"
}

// stdlibAlone and ownRules say which rules run.
const (
	stdlibAlone = ""
	ownRules    = "rules {\n  paths  = [\"rules\"]\n  stdlib = false\n}\n"
)

// startSensor starts a daemon with settings and rule files, by name, in a directory of its own.
func startSensor(h *host, hcl string, rules map[string]string) *sensor {
	h.t.Helper()
	s := prepareSensor(h, hcl, rules)
	s.start()
	return s
}

// prepareSensor makes the directory of a daemon that is started later.
func prepareSensor(h *host, hcl string, rules map[string]string) *sensor {
	h.t.Helper()
	s := &sensor{host: h, program: program, dir: h.t.TempDir()}
	if err := os.Mkdir(filepath.Join(s.dir, "rules"), 0o755); err != nil {
		h.t.Fatal(err)
	}
	s.put("ruleids.hcl", hcl)
	for name, text := range rules {
		s.put(filepath.Join("rules", name), text)
	}
	h.t.Cleanup(func() {
		if h.t.Failed() && s.process != nil {
			for _, line := range s.out.from(max(0, s.out.len()-60)) {
				h.t.Log(line)
			}
		}
	})
	return s
}

// launch starts the daemon, again where it ended, and does not wait for it.
func (s *sensor) launch() {
	s.host.t.Helper()
	cmd := s.host.command(s.program, "run")
	cmd.Dir = s.dir
	s.process = begin(s.host.t, cmd)
}

// start starts the daemon, and waits until it says that it runs.
func (s *sensor) start() {
	t := s.host.t
	t.Helper()
	s.launch()
	if _, ok := s.out.await(2*patience, 0, func(line string) bool { return strings.Contains(line, `"msg":"running"`) }); !ok {
		t.Fatalf("the daemon does not run:\n%s", strings.Join(s.out.from(0), "\n"))
	}
	s.client = api.NewClient(filepath.Join(s.dir, "control.sock"))
	if s.eve == nil {
		s.eve = follow(t, filepath.Join(s.dir, "eve.json"))
	}
}

// put writes a file of the sensor as editors do: beside it, then renamed over it.
func (s *sensor) put(name, text string) {
	s.host.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path+"~", []byte(text), 0o644); err != nil {
		s.host.t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		s.host.t.Fatal(err)
	}
}

// logged waits for a line of the daemon's log, from line n on, with a message and attributes that match, and returns
// it.
func (s *sensor) logged(n int, message string, match ...func(map[string]any) bool) map[string]any {
	s.host.t.Helper()
	var found map[string]any
	_, ok := s.out.await(patience, n, func(line string) bool {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) != nil || entry["msg"] != message {
			return false
		}
		for _, m := range match {
			if !m(entry) {
				return false
			}
		}
		found = entry
		return true
	})
	if !ok {
		s.host.t.Fatalf("the daemon has not logged %q:\n%s", message, strings.Join(s.out.from(n), "\n"))
	}
	return found
}

// entries returns those of a JSON log with a message.
func entries(log *transcript, message string) []map[string]any {
	var out []map[string]any
	for _, line := range log.from(0) {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["msg"] == message {
			out = append(out, entry)
		}
	}
	return out
}

// has matches a log entry's attribute.
func has(attribute string, value any) func(map[string]any) bool {
	return func(entry map[string]any) bool { return entry[attribute] == value }
}

// status asks how the daemon is.
func (s *sensor) status() *api.Status {
	s.host.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := s.client.Status(ctx)
	if err != nil {
		s.host.t.Fatal(err)
	}
	return st
}

// statusWhen asks until the status is as wanted, which it must be in time.
func (s *sensor) statusWhen(what string, wanted func(*api.Status) bool) *api.Status {
	s.host.t.Helper()
	deadline := time.After(patience)
	ask := time.NewTicker(20 * time.Millisecond)
	defer ask.Stop()
	for {
		st := s.status()
		if wanted(st) {
			return st
		}
		select {
		case <-ask.C:
		case <-deadline:
			text, _ := json.MarshalIndent(st, "", "  ")
			s.host.t.Fatalf("%s: not after %v:\n%s", what, patience, text)
		}
	}
}

// rule returns what is known about a rule that runs.
func (s *sensor) rule(name string) api.RuleStatus {
	s.host.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	rules, err := s.client.Rules(ctx)
	if err != nil {
		s.host.t.Fatal(err)
	}
	for _, r := range rules {
		if r.Name == name {
			return r
		}
	}
	s.host.t.Fatalf("no rule %s runs", name)
	return api.RuleStatus{}
}

// verb runs the program with a verb that asks the daemon, and returns its output and exit status.
func (s *sensor) verb(args ...string) (string, int) {
	s.host.t.Helper()
	cmd := s.host.command(program, args...)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		s.host.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// stop ends the daemon as an init system does, which must be a good end.
func (s *sensor) stop() {
	s.host.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.host.t.Fatal(err)
	}
	s.wait()
}

// metrics scrapes the metrics: values by name, with the labels as they are printed.
func (s *sensor) metrics() map[string]float64 {
	s.host.t.Helper()
	client := http.Client{Timeout: patience, Transport: &http.Transport{DialContext: s.host.dial, DisableKeepAlives: true}}
	resp, err := client.Get("http://" + metricsAddress + "/metrics")
	if err != nil {
		s.host.t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]float64{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		line := lines.Text()
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			if v, err := strconv.ParseFloat(line[i+1:], 64); err == nil {
				out[line[:i]] = v
			}
		}
	}
	return out
}

// alertsTotal adds up ruleids_alerts_total.
func alertsTotal(metrics map[string]float64) int {
	n := 0.0
	for name, v := range metrics {
		if strings.HasPrefix(name, "ruleids_alerts_total{") {
			n += v
		}
	}
	return int(n)
}

// starved returns for how long threads of the daemon wanted a processor and other programs, or other threads of it,
// had it, all threads together.
func (s *sensor) starved() time.Duration {
	s.host.t.Helper()
	// The second number is the time on a run queue in nanoseconds (Documentation/scheduler/sched-stats.rst of Linux).
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.cmd.Process.Pid))
	var sum time.Duration
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		var ran, waited int64
		if _, err := fmt.Sscan(string(text), &ran, &waited); err != nil {
			s.host.t.Fatalf("%s: %v", name, err)
		}
		sum += time.Duration(waited)
	}
	return sum
}

// vitals are what grows where something leaks.
type vitals struct {
	resident   int // bytes
	files      int
	goroutines int
}

func (v vitals) String() string {
	return fmt.Sprintf("%d kB resident, %d files, %d goroutines", v.resident>>10, v.files, v.goroutines)
}

// vitals measures the daemon.
func (s *sensor) vitals() vitals {
	s.host.t.Helper()
	proc := fmt.Sprintf("/proc/%d/", s.cmd.Process.Pid)
	entries, err := os.ReadDir(proc + "fd")
	if err != nil {
		s.host.t.Fatal(err)
	}
	text, err := os.ReadFile(proc + "statm")
	if err != nil {
		s.host.t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		s.host.t.Fatal(err)
	}
	return vitals{resident: pages * os.Getpagesize(), files: len(entries), goroutines: int(s.metrics()["go_goroutines"])}
}

// slack is how many more files and goroutines there may be at one time than at another: connections, a file that
// is being compressed. What leaks, leaks again and again.
const slack = 4

// flat fails the test where a daemon that did the same again and again grew. The first fifth of the measurements is
// for caches and pools to fill. Memory is compared by the most of the second and the last quarter of the rest, since a
// collector of garbage goes up and down.
func flat(t *testing.T, measured []vitals) {
	t.Helper()
	rest := measured[len(measured)/5:]
	if len(rest) < 4 {
		t.Fatalf("%d measurements are too few", len(measured))
	}
	quarter := len(rest) / 4
	var early, late vitals
	for i := range quarter {
		for _, part := range []struct {
			most *vitals
			v    vitals
		}{{&early, rest[i]}, {&early, rest[quarter+i]}, {&late, rest[len(rest)-1-i]}} {
			part.most.resident = max(part.most.resident, part.v.resident)
			part.most.files = max(part.most.files, part.v.files)
			part.most.goroutines = max(part.most.goroutines, part.v.goroutines)
		}
	}
	t.Logf("at first at most %v; at last at most %v", early, late)
	if late.resident > early.resident+early.resident/10+8<<20 {
		t.Errorf("memory grew from %d kB to %d kB", early.resident>>10, late.resident>>10)
	}
	if late.files > early.files+slack {
		t.Errorf("open files grew from %d to %d", early.files, late.files)
	}
	if late.goroutines > early.goroutines+slack {
		t.Errorf("goroutines grew from %d to %d", early.goroutines, late.goroutines)
	}
}
