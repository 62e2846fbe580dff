package agent

import "testing"

// TestStopTellsCounts: the last line of the log says what there was.
func TestStopTellsCounts(t *testing.T) {
	r := start(t, "", map[string]string{"a.hcl": portRule("a", "23")})
	r.source.batches <- batchOf(syn(t, "198.51.100.7", 23, 0), syn(t, "198.51.100.7", 24, 0))
	<-r.source.taken
	must(t, r.stop())
	r.log.wait(t, 0, "msg=stopped", "packets=2 dropped=0 missed=0 alerts=1")
}
