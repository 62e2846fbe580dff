package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/server"
	"github.com/ruleids/ruleids/internal/setting"
)

// A fleetServer is one that can be stopped and started again at the same place.
type fleetServer struct {
	t        *testing.T
	settings fleet.Server
	demo     bool
	password string
	at       string // of the page: host and port
	stop     context.CancelFunc
	ended    chan error
}

// newServer starts a server; with demo, of a made-up fleet.
func newServer(t *testing.T, demo bool) *fleetServer {
	t.Helper()
	return newServerIn(t, t.TempDir(), demo)
}

// newServerIn starts a server whose data are in a directory.
func newServerIn(t *testing.T, dir string, demo bool) *fleetServer {
	t.Helper()
	s := &fleetServer{t: t, settings: *setting.New[fleet.Server](), demo: demo}
	s.settings.Data, s.settings.Listen, s.settings.Agents, s.settings.Redirect = dir, "127.0.0.1:0", "127.0.0.1:0", ""
	s.start()
	t.Cleanup(s.halt)
	return s
}

func (s *fleetServer) start() {
	s.t.Helper()
	var said bytes.Buffer
	x, err := server.Open(context.Background(), server.Options{Settings: s.settings, Version: "test", Log: slog.New(slog.DiscardHandler), Say: &said, Demo: s.demo})
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(said.String()) {
		if rest, ok := strings.CutPrefix(line, "password: "); ok {
			s.password, _, _ = strings.Cut(rest, " ")
		}
	}
	s.at = x.Page()
	s.settings.Listen, s.settings.Agents = fleet.Listen(s.at), fleet.Listen(x.Agents())
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.ended = stop, make(chan error, 1)
	go func() { s.ended <- x.Run(ctx) }()
}

func (s *fleetServer) halt() {
	if s.stop == nil {
		return
	}
	s.stop()
	s.stop = nil
	if err := <-s.ended; err != nil {
		s.t.Error(err)
	}
}

func (s *fleetServer) base() string { return "https://" + s.at }

// ask asks the API as the administrator of the host, by the server's socket.
func (s *fleetServer) ask(method, path string, body, into any) {
	s.t.Helper()
	var text io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		text = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		text = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://server"+path, text)
	if err != nil {
		s.t.Fatal(err)
	}
	socket := filepath.Join(s.settings.Data, server.SocketFile)
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	answer, err := c.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s %v", method, path, answer.StatusCode, raw, err)
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			s.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
}
