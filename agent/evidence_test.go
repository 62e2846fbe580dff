package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Alerts of the daemon name files that have the packets of their key; a reload that switches a rule's evidence off does so at
// once, and the directory's loss is told.
func TestEvidence(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "evidence")
	r := start(t, "evidence {\n  dir = \""+dir+"\"\n}\n", map[string]string{"a.hcl": portRule("a", "23")})
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 22, 0), syn(t, "10.0.0.2", 22, 1), syn(t, "10.0.0.1", 23, 2)))
	file := r.lastEvidence(t)
	if filepath.Dir(file) != dir {
		t.Fatalf("evidence %q", file)
	}
	waitFor(t, "the file", func() bool { st, err := os.Stat(file); return err == nil && st.Size() > 0 })
	text, err := os.ReadFile(file)
	must(t, err)
	if !strings.Contains(string(text), "fired at this packet") || strings.Contains(string(text), "\x0a\x00\x00\x02\xc0\x00\x02\x0a") {
		t.Error("the file has the packet of another source, or not its own")
	}
	waitFor(t, "the status", func() bool {
		s := r.Status(t.Context())
		return s.Evidence != nil && s.Evidence.Files == 1 && s.Evidence.Dir == dir
	})

	r.write(t, "a.hcl", strings.Replace(portRule("a", "23"), "cooldown", "evidence { enabled = false }\n  cooldown", 1))
	report, err := r.Reload(t.Context(), "test")
	if err != nil || !report.OK {
		t.Fatalf("%+v, %v", report, err)
	}
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, 3)))
	if file := r.lastEvidence(t); file != "" {
		t.Errorf("evidence %q of a rule that wants none", file)
	}

	must(t, os.RemoveAll(dir))
	r.write(t, "a.hcl", portRule("a", "23"))
	if report, err := r.Reload(t.Context(), "test"); err != nil || !report.OK {
		t.Fatalf("%+v, %v", report, err)
	}
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, 4)))
	waitFor(t, "the failure", func() bool {
		s := r.Status(t.Context())
		return s.Evidence.Failed == 1 && strings.Contains(strings.Join(s.Trouble, "\n"), "evidence: ")
	})
}

// lastEvidence is the evidence of the newest alert.
func (r *running) lastEvidence(t *testing.T) string {
	t.Helper()
	r.outputs.mu.Lock()
	defer r.outputs.mu.Unlock()
	if len(r.outputs.alerts) == 0 {
		t.Fatal("no alert")
	}
	return r.outputs.alerts[len(r.outputs.alerts)-1].Evidence
}
