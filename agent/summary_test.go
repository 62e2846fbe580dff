package agent

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/ruleids/ruleids/agent/api"
)

// Everybody may ask on the second socket how the daemon is, and for nothing else.
func TestSummary(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s.sock")
	r := start(t, "control {\n  summary = \""+socket+"\"\n}\nfleet {\n  dashboard = \"https://fleet.example.com\"\n}\n", map[string]string{"p.hcl": portRule("p", "23")})
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, 0)))
	everybody := api.NewClient(socket)
	defer everybody.Close()
	s, err := everybody.Summary(t.Context())
	must(t, err)
	if !s.Healthy || s.Troubles != 0 || s.Pause != nil || s.Alerts != 1 || s.Serious != 0 || s.Mode != "monitor" || s.Version != "test" || s.Dashboard != "https://fleet.example.com" {
		t.Errorf("%+v", s)
	}
	_, err = r.client.Pause(t.Context(), api.PauseRequest{Seconds: 60, Reason: "secret"})
	must(t, err)
	if s, err = everybody.Summary(t.Context()); err != nil || s.Troubles != 1 || s.Pause == nil {
		t.Errorf("%v %+v", err, s)
	}
	if _, err := everybody.Status(t.Context()); err == nil {
		t.Error("it answers what it should not")
	}
	if _, err := everybody.Resume(t.Context(), ""); err == nil {
		t.Error("everybody may end a pause")
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, mode := range map[string]os.FileMode{socket: 0o666, r.socket: 0o660} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}
