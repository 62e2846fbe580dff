package lab

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// troubleRule tells everybody, and asks VirusTotal, about each probe.
const troubleRule = `rule "probe" {
  description = "Fires on each probe."
  severity    = "low"
  where       = "tcp.flags.syn and tcp.dstport == 7"
  by          = ["ip.src"]
  cooldown    = "0s"
  threshold   = 1
  window "1s" {
    n = "count()"
  }
  when = "n >= threshold"
  escalate "virustotal" {
    indicator = "ip.src"
  }
  notify {
    to      = ["dead", "slow", "limited"]
    message = "${ip.src} sent a probe"
  }
  block {
    target = "ip.src"
  }
}
`

// TestDeadServices has a webhook that nobody answers, a mail server that says nothing, a Telegram that wants to be left
// alone and a VirusTotal that hangs: no packet is lost, no alert comes late to the file, and every alert that could not be
// told is counted.
func TestDeadServices(t *testing.T) {
	need(t, "ip", "ethtool")
	l := newLAN(t)
	asked := make(chan string, 1<<10)
	serve := func(address string, h http.HandlerFunc) {
		server := &http.Server{Handler: h}
		listener := l.home.listen(address)
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
	}
	serve("127.0.0.1:8081", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked <- "telegram"
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 600","parameters":{"retry_after":600}}`)
	})
	serve("127.0.0.1:8082", func(_ http.ResponseWriter, r *http.Request) {
		asked <- "virustotal"
		<-r.Context().Done()
	})
	mail := l.home.listen("127.0.0.1:2525")
	go func() {
		for {
			c, err := mail.Accept()
			if err != nil {
				return
			}
			asked <- "mail"
			defer c.Close()
		}
	}()
	hcl := settings(ownRules + response(`mode = "monitor"`) + `
notifier "webhook" "dead" {
  url     = "http://127.0.0.1:9/hook"
  timeout = "2s"
}
notifier "email" "slow" {
  server  = "127.0.0.1:2525"
  tls     = "none"
  from    = "ruleids@example.org"
  to      = ["ops@example.org"]
  timeout = "2s"
}
notifier "telegram" "limited" {
  token_file     = "token"
  chats          = ["12345"]
  administrators = [12345]
  url            = "http://127.0.0.1:8081"
}
reputation "virustotal" {
  key_file   = "key"
  url        = "http://127.0.0.1:8082"
  cache_file = "virustotal.jsonl"
}
`)
	s := prepareSensor(l.home, hcl, map[string]string{"probe.hcl": troubleRule})
	s.put("token", "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11\n")
	s.put("key", strings.Repeat("0123456789abcdef", 4)+"\n")
	s.start()
	before := s.vitals()
	const probes = 20_000
	machine := watchLateness(t)
	out := l.remote.newSender()
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	for n := range probes {
		if err := out.send(syn(fmt.Sprintf("9.9.%d.%d", n>>8, n&255), 40000, 7)); err != nil {
			t.Fatal(err)
		}
		if n%20 == 19 {
			<-pause.C
		}
	}
	st := s.statusWhen("all probes gave alerts", func(st *api.Status) bool { return st.Alerts.Raised == probes })
	if st.Capture.Dropped+st.Capture.Missed != 0 {
		t.Errorf("packets were lost: %+v", st.Capture)
	}
	if _, ok := s.eve.await(patience, probes-1, func(line) bool { return true }); !ok {
		t.Fatalf("%d alerts are in the file, want %d", len(s.eve.from(0)), probes)
	}
	var times []time.Duration
	for _, x := range s.eve.from(0) {
		times = append(times, x.took(t))
	}
	median, most := spread(times)
	t.Logf("from packet to line: median %v, at most %v", median, most)
	if bound := machine.allow(time.Second, 1); most > bound {
		t.Errorf("an alert took %v, want at most %v", most, bound)
	}
	seen := map[string]bool{}
	for !seen["telegram"] || !seen["virustotal"] || !seen["mail"] {
		select {
		case who := <-asked:
			seen[who] = true
		case <-time.After(patience):
			t.Fatalf("only %v were asked", seen)
		}
	}
	st = s.statusWhen("the troubles are told", func(st *api.Status) bool {
		all := strings.Join(st.Trouble, "\n")
		return strings.Contains(all, `"dead"`) && strings.Contains(all, `"slow"`) && strings.Contains(all, `"limited"`)
	})
	for _, n := range st.Notifiers {
		if n.Delivered+n.Queued+n.Lost != probes {
			t.Errorf("of notifier %s %d alerts are accounted for, want %d: %+v", n.Name, n.Delivered+n.Queued+n.Lost, probes, n)
		}
	}
	if len(st.Reputation) != 1 || st.Reputation[0].Queued > st.Reputation[0].QueueLimit || st.Reputation[0].Dropped == 0 {
		t.Errorf("reputation: %+v", st.Reputation)
	}
	if st.Responses.Recorded != probes {
		t.Errorf("%d decisions were recorded, want %d", st.Responses.Recorded, probes)
	}
	after := s.vitals()
	t.Logf("before: %v; after: %v", before, after)
	if after.resident > before.resident+96<<20 { // 20,000 decisions, keys and alerts among it
		t.Errorf("memory grew from %v to %v", before, after)
	}
	for _, secret := range []string{"ABC-DEF1234", "0123456789abcdef0123"} {
		if text := strings.Join(s.out.from(0), "\n"); strings.Contains(text, secret) {
			t.Errorf("a secret is in the log:\n%s", text)
		}
	}
	start := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	t.Logf("the stop took %v", time.Since(start))
	if took, most := time.Since(start), machine.allow(15*time.Second, 1); took > most {
		t.Errorf("the stop took %v, want %v at most", took, most)
	}
	s.checkFile(probes)
}
