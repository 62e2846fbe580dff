package host

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestNeeds(t *testing.T) {
	answers := map[string][]string{"syslog.example.com": {"192.0.2.7", "2001:db8::7"}}
	n := newNeeds()
	n.lookup = func(_ context.Context, host string) ([]netip.Addr, error) {
		var out []netip.Addr
		for _, s := range answers[host] {
			out = append(out, netip.MustParseAddr(s))
		}
		if out == nil {
			return nil, errors.New("no such host")
		}
		return out, nil
	}
	names := []Name{{"syslog.example.com", "syslog"}, {"198.51.100.9", "mail"}, {"[2001:db8::9]", "hook"}, {"127.0.0.1", "proxy"}, {"nowhere.example.com", "chat"}}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	want := func(what string, addrs ...string) {
		t.Helper()
		var got []string
		for _, x := range n.resolve(t.Context(), names, now) {
			got = append(got, x.Addr.String()+" "+x.What)
		}
		if !slices.Equal(got, addrs) {
			t.Errorf("%s: %q, want %q", what, got, addrs)
		}
	}
	want("at first", "192.0.2.7 syslog", "198.51.100.9 mail", "2001:db8::7 syslog", "2001:db8::9 hook")
	answers["syslog.example.com"] = []string{"::ffff:192.0.2.8"}
	now = now.Add(time.Minute)
	want("with another answer", "192.0.2.7 syslog", "192.0.2.8 syslog", "198.51.100.9 mail", "2001:db8::7 syslog", "2001:db8::9 hook")
	now = now.Add(rememberAddress)
	want("an hour later", "192.0.2.8 syslog", "198.51.100.9 mail", "2001:db8::9 hook")
	delete(answers, "syslog.example.com")
	now = now.Add(time.Minute)
	want("without an answer", "192.0.2.8 syslog", "198.51.100.9 mail", "2001:db8::9 hook")
	names = names[1:]
	want("without the name", "198.51.100.9 mail", "2001:db8::9 hook")
}
