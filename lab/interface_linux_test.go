package lab

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/agent/api"
)

// TestInterface sets the daemon's interface down and up, takes its carrier away, deletes it and makes it again. The
// daemon says so each time, and sees what comes afterwards.
func TestInterface(t *testing.T) {
	need(t, "ip", "ethtool")
	l := newLAN(t)
	s := startSensor(l.home, settings(ownRules), map[string]string{"own.hcl": probeRule})
	number := 0
	seen := func(when string) {
		t.Helper()
		s.statusWhen("the interface is up "+when, func(st *api.Status) bool { return st.Healthy && st.Interfaces[0].Up })
		number++
		if err := l.remote.newSender().send(probe(number)); err != nil {
			t.Fatal(err)
		}
		s.eve.alert(0, "probe", func(l line) bool { return l.SrcPort == number })
	}
	lost := func(how, message string, makeItSo func()) int {
		t.Helper()
		before := s.out.len()
		makeItSo()
		s.logged(before, message, has("interface", "eth0"), has("level", "WARN"))
		out, status := s.verb("status")
		if status != 1 || !strings.Contains(out, "interface eth0 is not up") {
			t.Errorf("%s: status %d\n%s", how, status, out)
		}
		if up := s.metrics()[`ruleids_capture_up{interface="eth0"}`]; up != 0 {
			t.Errorf("%s: ruleids_capture_up is %v, want 0", how, up)
		}
		return s.out.len()
	}
	seen("at the start")

	n := lost("set down", "interface down", func() { l.home.ip("link set eth0 down") })
	l.home.ip("link set eth0 up")
	s.logged(n, "interface up")
	seen("after it was down")

	n = lost("no carrier", "interface down", func() { l.remote.ip("link set eth0 down") })
	l.remote.ip("link set eth0 up")
	s.logged(n, "interface up")
	seen("after it had no carrier")

	n = lost("deleted", "interface gone", func() { l.home.ip("link delete eth0") })
	l.connect()
	s.logged(n, "interface reopened")
	seen("after it was made again")
	st := s.status()
	if st.Interfaces[0].Reopened != 1 {
		t.Errorf("it was reopened %d times, want 1", st.Interfaces[0].Reopened)
	}
	if int(st.Packets.Seen) < number || st.Capture.Received < st.Packets.Seen || st.Capture.Dropped != 0 {
		t.Errorf("counts have not gone on: %+v %+v", st.Packets, st.Capture)
	}
	s.stop()
	s.checkFile(number)
}
