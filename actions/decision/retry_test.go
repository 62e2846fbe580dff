package decision

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestRetryIsNotPutOff: decisions that had no room in the firewall get it, though others fail all the time, and soon once
// something was released.
func TestRetryIsNotPutOff(t *testing.T) {
	f := newFixture(t)
	f.Close()
	f.firewall = &Memory{Limit: 2}
	f.open()
	for i := range 20 {
		f.do(Decided, byPerson(Block, fmt.Sprintf("198.51.100.%d", i), 0))
	}
	if s := f.Status(); s.Failing["firewall"] == "" || s.Blocks != 20 {
		t.Errorf("%+v", s)
	}
	for range 5 { // the waits grow
		f.wait(maxRetry)
	}
	f.do(Released, byPerson(Release, "198.51.100.0", 0))
	f.wait(roomRetry)
	if n := len(f.members()); n != 2 {
		t.Errorf("%q after the time in which room is taken", f.members())
	}
	// It comes and goes, and something fails each second.
	f = newFixture(t)
	for i := range 31 {
		f.firewall.Fail(errors.New("busy"))
		f.do(Decided, byPerson(Block, fmt.Sprintf("198.51.100.%d", i), 0))
		f.firewall.Fail(nil)
		f.wait(time.Second)
	}
	if n, s := len(f.members()), f.Status(); n != s.Blocks || s.Failing["firewall"] != "" {
		t.Errorf("%d of %d are in the firewall; %+v", n, s.Blocks, s.Failing)
	}
}
