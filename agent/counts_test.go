package agent

import "testing"

// TestCounts logs counts where the level is debug, and nothing where it is not.
func TestCounts(t *testing.T) {
	r := start(t, "log {\n  level = \"debug\"\n}\n", map[string]string{"a.hcl": portRule("a", "23")})
	r.source.send(t, batchOf(syn(t, "198.51.100.7", 23, 0)))
	waitFor(t, "the alert", func() bool { return len(r.outputs.of("a")) == 1 })
	c := counts{d: r.Daemon}
	at := r.log.now()
	c.log(t.Context())
	r.log.wait(t, at, "level=DEBUG", "msg=counts", "packets=1", "alerts=1", "queued_decisions=0")
	r.level.Set(LogLevel("info"))
	at = r.log.now()
	c.log(t.Context())
	if r.log.now() != at {
		t.Error("counts are logged at the level info")
	}
}
