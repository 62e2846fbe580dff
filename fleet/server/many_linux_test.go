package server

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	nats "github.com/nats-io/nats.go"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/link"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/fleet/state"
)

// The environment variables of tests with many agents: their number, without which TestMany is skipped; for how long they raise
// alerts; the number of those that only say how they are, without which TestIdle is skipped; and what the process with the agents is to do.
const (
	manyEnv  = "RULEIDS_FLEET_AGENTS"
	lastsEnv = "RULEIDS_FLEET_LASTS"
	idleEnv  = "RULEIDS_FLEET_IDLE"
	crowdEnv = "RULEIDS_FLEET_CROWD"
)

func lasts(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(lastsEnv)
	if text == "" {
		return 30 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A crowd is agents in a process of their own, so that what the server takes can be told apart.
type crowd struct {
	Page  string        // of the server
	Port  int           // for agents
	Pin   string        // of the CA
	Token string        // to join with; "" for agents that only say how they are
	Dir   string        // of the agents
	N     int           //
	Lasts time.Duration // for which they raise alerts
}

// A crowdProcess runs a crowd; it is told what to do by lines, and answers by lines.
type crowdProcess struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Scanner
	cmd *exec.Cmd
}

func (c crowd) start(t *testing.T) *crowdProcess {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrowd$", "-test.timeout=3h", "-test.v")
	cmd.Env = append(os.Environ(), crowdEnv+"="+string(text))
	cmd.Stderr, cmd.SysProcAttr = os.Stderr, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &crowdProcess{t, in, bufio.NewScanner(out), cmd}
}

// await waits for the crowd to say something, and returns what stands behind it.
func (p *crowdProcess) await(word string) string {
	p.t.Helper()
	for p.out.Scan() {
		if rest, ok := strings.CutPrefix(p.out.Text(), word); ok {
			return strings.TrimSpace(rest)
		}
		p.t.Log(p.out.Text())
	}
	p.t.Fatalf("the agents ended before they said %q", word)
	return ""
}

func (p *crowdProcess) say(word string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, word); err != nil {
		p.t.Fatal(err)
	}
}

// TestCrowd is the process of a crowd.
func TestCrowd(t *testing.T) {
	text := os.Getenv(crowdEnv)
	if text == "" {
		t.Skip("it is run by TestMany and TestIdle")
	}
	var c crowd
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(os.Stdin)
	if c.Token == "" {
		c.idle(t, in)
	} else {
		c.raise(t, in)
	}
}

// raise has agents raise an alert every two seconds, and one 2,000 a second.
func (c crowd) raise(t *testing.T, in *bufio.Scanner) {
	w := &world{t: t, log: slog.New(slog.DiscardHandler)}
	join := func(name string) *agent {
		a := &agent{t: t, w: w, dir: filepath.Join(c.Dir, name), blocks: map[string]bool{}}
		for {
			_, err := link.Join(t.Context(), link.JoinRequest{Server: c.Page, Token: c.Token, Pin: c.Pin, Name: name, Dir: a.dir, Owner: -1})
			if err == nil {
				break
			}
			if !strings.Contains(err.Error(), "try again") {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond) // so many may join at a time
		}
		a.start()
		t.Cleanup(a.halt)
		return a
	}
	agents := make([]*agent, c.N)
	for i := range agents {
		agents[i] = join(fmt.Sprintf("agent-%d", i))
	}
	noisy := join("noisy")
	eventually(t, 5*time.Minute, "all are connected", func() bool {
		for _, a := range append(agents, noisy) {
			if !a.link.Status().Connected {
				return false
			}
		}
		return true
	})
	fmt.Println("connected")
	in.Scan()
	end := time.Now().Add(c.Lasts)
	var raising sync.WaitGroup
	raising.Go(func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		for begin, n := time.Now(), 0; time.Now().Before(end); <-ticker.C {
			want := int(time.Since(begin).Seconds() * 2000) // whatever time the machine had for this
			noisy.raise(want - n)
			n = want
		}
	})
	for _, a := range agents {
		raising.Go(func() {
			time.Sleep(time.Duration(rand.Float64() * float64(2*time.Second)))
			for ; time.Now().Before(end); time.Sleep(2 * time.Second) {
				a.raise(1)
			}
		})
	}
	raising.Wait()
	calm, lost := 0, uint64(0)
	for _, a := range agents {
		calm += a.n
		lost += a.link.Status().Lost
	}
	fmt.Println("raised", calm, noisy.n, lost, noisy.link.Status().Lost)
	in.Scan()
}

// idle has agents that connect and say how they are, as a link does, but for its disk.
func (c crowd) idle(t *testing.T, in *bufio.Scanner) {
	text, err := os.ReadFile(filepath.Join(c.Dir, "agents.pem"))
	if err != nil {
		t.Fatal(err)
	}
	var answers, faults atomic.Int64
	var connecting sync.WaitGroup
	slots := make(chan struct{}, 64)
	for range c.N {
		var key, cert *pem.Block
		key, text = pem.Decode(text)
		cert, text = pem.Decode(text)
		private, err := x509.ParseECPrivateKey(key.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(cert.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		id := leaf.Subject.CommonName
		conf := &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Bytes}, PrivateKey: private, Leaf: leaf}}}
		slots <- struct{}{}
		connecting.Go(func() {
			defer func() { <-slots }()
			var conn *nats.Conn
			for {
				if conn, err = nats.Connect(fmt.Sprintf("tls://127.0.0.1:%d", c.Port), nats.Secure(conf), nats.TLSHandshakeFirst(), nats.CustomInboxPrefix(fleet.InboxOf(id)), nats.MaxReconnects(-1), nats.Timeout(time.Minute), nats.PingInterval(2*time.Minute)); err == nil {
					break
				}
				time.Sleep(time.Second)
			}
			for _, subject := range []string{fleet.SubjectTellAll, fleet.SubjectTell + id} {
				if _, err := conn.Subscribe(subject, func(*nats.Msg) {}); err != nil {
					t.Error(err)
				}
			}
			go func() {
				beat := reply(fleet.Beat{Version: "test", Healthy: true, Mode: "enforce", Rules: 100, Trouble: []string{}, Services: []string{}, Shared: fleet.Shared{Digest: fleet.Digest(func(func(fleet.Decision) bool) {}, time.Now()), Refused: []fleet.Refusal{}}})
				for wait := time.Duration(0); ; wait = time.Duration(float64(fleet.BeatEvery) * (0.9 + 0.2*rand.Float64())) {
					time.Sleep(wait)
					if _, err := conn.Request(fleet.SubjectBeat+id, beat, 20*time.Second); err != nil {
						faults.Add(1)
					} else {
						answers.Add(1)
					}
				}
			}()
		})
	}
	connecting.Wait()
	fmt.Println("connected")
	for in.Scan() {
		fmt.Println("beats", answers.Load(), faults.Load())
	}
}

// usage is what this process has taken of a processor, and its memory now and at most, in MiB.
func usage(t *testing.T) (cpu time.Duration, now, most int64) {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			_, _ = fmt.Sscan(rest, &now)
		}
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), now / 1024, int64(u.Maxrss) / 1024
}

// TestMany has many agents that raise an alert every two seconds, and one that raises 2,000 a second: each alert is in the store, or
// counted. The agents are another process: the figures are of the server.
func TestMany(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv(manyEnv))
	if n == 0 {
		t.Skip(manyEnv + " is not set; make fleet-scale sets it")
	}
	w := newWorld(t)
	token, err := w.server.state.NewToken(t.Context(), time.Hour, n+1, state.Labels{"site": "x"}, "test")
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	p := crowd{Page: w.server.Page(), Pin: w.server.ca.Pin(), Token: token, Dir: t.TempDir(), N: n, Lasts: lasts(t)}.start(t)
	p.await("connected")
	t.Logf("%d agents joined and connected in %v", n+1, time.Since(begin).Round(time.Second))
	before, _, _ := usage(t)
	begin = time.Now()
	p.say("go")
	// What an agent lost is what found no place on the way to its own disk: its process had no processor for seconds.
	var calm, loud, lost, late int
	if _, err := fmt.Sscan(p.await("raised"), &calm, &loud, &lost, &late); err != nil {
		t.Fatal(err)
	}
	if lost > 0 {
		t.Errorf("the calm agents lost %d alerts", lost)
	}
	stored := func() (theirs, its int) {
		var page struct {
			Alerts []struct {
				Ruleids struct {
					Rule   string
					Values map[string]int
				}
			}
			Next *string
		}
		cursor := ""
		for {
			page.Next, page.Alerts = nil, nil
			w.ask("GET", "/api/v1/alerts?limit=1000&cursor="+cursor+"&agent=noisy", "", &page)
			for _, a := range page.Alerts {
				if a.Ruleids.Rule == link.SummaryRule {
					its += a.Ruleids.Values["alerts"]
				} else {
					its++
				}
			}
			if page.Next == nil {
				break
			}
			cursor = *page.Next
		}
		var stats struct {
			Total  int
			Agents []struct {
				Name  string
				Count int
			}
		}
		w.ask("GET", "/api/v1/stats?since=3h&rule=test_rule&top=100", "", &stats)
		theirs = stats.Total
		for _, a := range stats.Agents {
			if a.Name == "noisy" {
				theirs -= a.Count
			}
		}
		return theirs, its
	}
	theirs, its := 0, 0
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if theirs, its = stored(); theirs == calm && its == loud-late {
			break
		}
	}
	if theirs != calm || its != loud-late {
		t.Errorf("%d of %d alerts of the calm are stored; of the noisy one %d of %d, without %d that it lost, are stored or counted", theirs, calm, its, loud, late)
	}
	after, now, most := usage(t)
	took := time.Since(begin)
	t.Logf("in %v: %d alerts of the calm, %d of the noisy one, each stored, or counted by the limit, but %d that had no place in the noisy one's process; the server took %.1f s of a processor, %.2f of one, and %d MiB, at most %d", took.Round(time.Second), calm, loud, late,
		(after - before).Seconds(), (after-before).Seconds()/took.Seconds(), now, most)
	if most > 1024 {
		t.Errorf("the server takes %d MiB, more than 1024", most)
	}
	if (after - before) > took {
		t.Errorf("the server takes more than one processor: %v in %v", after-before, took)
	}
}

// TestIdle has very many agents that only say how they are.
func TestIdle(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv(idleEnv))
	if n == 0 {
		t.Skip(idleEnv + " is not set; make fleet-scale sets it")
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < uint64(n)+200 {
		t.Fatalf("the system lets a process open %d files (%v), and %d agents are as many connections: raise ulimit -n", limit.Cur, err, n)
	}
	w := newWorldWith(t, func(w *world) { w.settings.MaxAgents = n + 10 })
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "agents.pem"))
	if err != nil {
		t.Fatal(err)
	}
	token := ""
	for i := range n {
		if i%10000 == 0 {
			if token, err = w.server.state.NewToken(t.Context(), time.Hour, 10000, state.Labels{"site": fmt.Sprint(i % 10)}, "test"); err != nil {
				t.Fatal(err)
			}
		}
		var key *ecdsa.PrivateKey
		var cert []byte
		if _, err := w.server.state.Join(t.Context(), token, fmt.Sprintf("agent-%d", i), n, func(id string) (serial string, expires time.Time, err error) {
			if key, err = pki.NewKey(); err != nil {
				return "", expires, err
			}
			csr, err := pki.Request(key)
			if err != nil {
				return "", expires, err
			}
			cert, serial, err = w.server.ca.SignAgent(csr, id)
			return serial, time.Now().Add(time.Hour), err
		}); err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range []*pem.Block{{Type: "EC PRIVATE KEY", Bytes: der}, {Type: "CERTIFICATE", Bytes: cert}} {
			if err := pem.Encode(out, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.server.roster.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	empty, small, _ := usage(t)
	begin := time.Now()
	p := crowd{Port: w.server.bus.Port(), Dir: dir, N: n}.start(t)
	p.await("connected")
	shaken, _, _ := usage(t)
	t.Logf("%d agents connected in %v: %.1f s of a processor", n, time.Since(begin).Round(time.Second), (shaken - empty).Seconds())
	online := func() (on int) {
		for _, a := range w.server.roster.List(false) {
			if a.Online {
				on++
			}
		}
		return on
	}
	eventually(t, 3*time.Minute, "all are online", func() bool { return online() == n })
	p.say("")
	var answered, faults, beats int
	if _, err := fmt.Sscan(p.await("beats"), &answered, &faults); err != nil {
		t.Fatal(err)
	}
	before, _, _ := usage(t)
	begin = time.Now()
	time.Sleep(min(lasts(t), 3*time.Minute))
	after, now, most := usage(t)
	took := time.Since(begin)
	p.say("")
	if _, err := fmt.Sscan(p.await("beats"), &beats, &faults); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d heartbeats in %v, %d without an answer: the server took %.1f s of a processor, %.2f of one, and %d MiB, at most %d; %d before the first agent came", beats-answered, took.Round(time.Second), faults,
		(after - before).Seconds(), (after-before).Seconds()/took.Seconds(), now, most, small)
	if on := online(); on != n {
		t.Errorf("%d of %d are online", on, n)
	}
}
