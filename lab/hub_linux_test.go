package lab

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// hubAddress is that of the first server of a fleet on the link to its agents.
const hubAddress = "10.9.0.1"

// A hub is a host with a server of a fleet.
type hub struct {
	t       *testing.T
	host    *host
	address string
	program string
	dir     string // of its settings; its data is in server
	run     *process
	key     string // of its API
	client  *http.Client
}

// newHub prepares a server.
func newHub(t *testing.T, h *host, address, program string) *hub {
	t.Helper()
	f := &hub{t: t, host: h, address: address, program: program, dir: t.TempDir()}
	f.client = &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return h.dial(ctx, "tcp4", "127.0.0.1:8443")
		}}}
	f.set("server", "")
	t.Cleanup(func() {
		if t.Failed() && f.run != nil {
			for _, line := range f.run.out.from(max(0, f.run.out.len()-60)) {
				t.Log(line)
			}
		}
	})
	return f
}

// set writes its settings, with the directory of its data and more of them.
func (f *hub) set(data, more string) {
	f.t.Helper()
	text := fmt.Sprintf("server {\n  data        = %q\n  names       = [%q]\n  alert_limit = 100000\n}\nlog {\n  format = \"json\"\n}\n%s", data, f.address, more)
	if err := os.WriteFile(filepath.Join(f.dir, "ruleids.hcl"), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// launch starts the server, again where it ended, and does not wait for it.
func (f *hub) launch() {
	f.t.Helper()
	cmd := f.host.command(f.program, "server")
	cmd.Dir = f.dir
	f.run = begin(f.t, cmd)
}

// serve starts the server, and waits until it serves.
func (f *hub) serve() {
	f.t.Helper()
	f.launch()
	if _, ok := f.run.out.await(2*patience, 0, func(line string) bool { return strings.Contains(line, `"serving"`) }); !ok {
		f.t.Fatalf("the server does not serve:\n%s", strings.Join(f.run.out.from(0), "\n"))
	}
}

// stop ends the server as systemd does.
func (f *hub) stop() {
	f.t.Helper()
	if err := f.run.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		f.t.Fatal(err)
	}
	f.run.wait()
}

// command runs a command of the program beside the server.
func (f *hub) command(args ...string) string {
	f.t.Helper()
	cmd := f.host.command(f.program, args...)
	cmd.Dir = f.dir
	out, err := cmd.Output()
	if err != nil {
		f.t.Fatalf("%v: %v %s", args, err, out)
	}
	return string(out)
}

// ask asks the API.
func (f *hub) ask(method, path, body string, into any) int {
	f.t.Helper()
	r, err := http.NewRequest(method, "https://server"+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+f.key)
	answer, err := f.client.Do(r)
	if err != nil {
		f.client.CloseIdleConnections()
		return 0 // it is being started
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return 0
	}
	return answer.StatusCode
}

func (f *hub) online() int {
	var list struct{ Agents []struct{ Online bool } }
	f.ask("GET", "/api/v1/agents", "", &list)
	n := 0
	for _, a := range list.Agents {
		if a.Online {
			n++
		}
	}
	return n
}

// alerts returns the alerts of a query, each line as the API has it.
func (f *hub) alerts(query string) []line {
	f.t.Helper()
	var out []line
	for cursor := ""; ; {
		var page struct {
			Alerts []line
			Next   *string
		}
		if code := f.ask("GET", "/api/v1/alerts?limit=1000&"+query+"&cursor="+cursor, "", &page); code != 200 {
			return nil
		}
		out = append(out, page.Alerts...)
		if page.Next == nil {
			return out
		}
		cursor = *page.Next
	}
}
