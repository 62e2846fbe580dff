package agent

import "testing"

const newPortRule = `rule "new_port" {
  description = "A port that nobody was seen to use."
  severity    = "low"
  where       = "tcp"
  memory "1h" {
    fresh = "first(dst.port)"
    learn = "1s"
  }
  when     = "fresh"
  cooldown = "0s"
}`

// What a memory block saw before a restart is not new after it, and the time that it learns goes on.
func TestFirstOutlivesTheDaemon(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{"a.hcl": newPortRule}
	// The first start learns 22 and 23; the second finds 24 new, the third 25 and 26.
	for i, want := range []int{0, 1, 2} {
		r := startIn(t, root, "", files)
		for port := 22; port < [...]int{24, 25, 27}[i]; port++ {
			r.source.send(t, batchOf(syn(t, "198.51.100.7", port, 5000*i+port)))
		}
		must(t, r.stop())
		if got := r.outputs.of("new_port"); len(got) != want {
			t.Errorf("start %d: %d alerts, want %d", i, len(got), want)
		}
	}
}
