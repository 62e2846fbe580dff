package link

import (
	"crypto/ecdsa"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

func open(t *testing.T, dir string, room int64) *spool {
	t.Helper()
	s, err := openSpool(dir, room)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drain takes everything out of a spool as a server does that stores it, and returns it in order.
func drain(t *testing.T, s *spool) (out []string) {
	t.Helper()
	for {
		b, err := s.next()
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Alerts) == 0 {
			return out
		}
		for _, a := range b.Alerts {
			out = append(out, string(a.Alert))
		}
		s.done(b, b.Alerts[len(b.Alerts)-1].Seq)
	}
}

// TestSpool: what is added comes out in order, after restarts and a kill in the middle of a line, and no number twice.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	seen, want := map[string]bool{}, 0
	for boot := range 5 {
		s := open(t, dir, 1<<20)
		for n := range 30 {
			if err := s.add(scale.SeverityHigh, fmt.Appendf(nil, `{"n":"%d-%d"}`, boot, n)); err != nil {
				t.Fatal(err)
			}
			want++
		}
		b, err := s.next()
		if err != nil || len(b.Alerts) == 0 {
			t.Fatal(b, err)
		}
		took := min(7, len(b.Alerts))
		for _, a := range b.Alerts[:took] {
			id := fmt.Sprint(b.Boot, a.Seq)
			if seen[id] {
				t.Errorf("%s comes twice", id)
			}
			seen[id] = true
		}
		s.done(b, b.Alerts[took-1].Seq)
		want -= took
		if q := s.status(); q.Alerts != want {
			t.Errorf("boot %d: %d alerts wait, want %d", boot, q.Alerts, want)
		}
		if boot%2 == 0 {
			if err := s.close(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		// Killed: what the server has is not written down, and the last line is half there.
		s.saveAcked()
		f, err := os.OpenFile(s.path(s.files[len(s.files)-1]), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString("1234abcd 31 3 {\"n\":")
		_ = f.Close()
	}
	s := open(t, dir, 1<<20)
	got := drain(t, s)
	if len(got) != want || !strings.Contains(got[len(got)-1], "4-29") {
		t.Errorf("%d alerts come out, want %d; the last is %s", len(got), want, got[len(got)-1])
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(dir + "/*.seg"); len(left) != 1 {
		t.Errorf("files %v are left", left)
	}
}

// TestFull: a full spool gives up what is least severe, and of that the oldest; and counts it, over a restart too.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	text := strings.Repeat("x", 1000)
	for n := range 4000 {
		severity := scale.SeverityLow
		switch {
		case n%20 == 0:
			severity = scale.SeverityCritical
		case n%4 == 0:
			severity = scale.SeverityHigh
		}
		if err := s.add(severity, fmt.Appendf(nil, `{"n":%d,"s":"%s","x":"%s"}`, n, severity, text)); err != nil {
			t.Fatal(err)
		}
	}
	q := s.status()
	if q.Bytes > 1<<20+64<<10 || q.Dropped[scale.SeverityLow] < 2000 || q.Dropped[scale.SeverityCritical] != 0 {
		t.Errorf("%+v", q)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, 1<<20)
	if again := s.status(); again.Dropped[scale.SeverityLow] != q.Dropped[scale.SeverityLow] {
		t.Errorf("after a restart %+v, before %+v", again.Dropped, q.Dropped)
	}
	got := drain(t, s)
	critical := 0
	for _, a := range got {
		if strings.Contains(a, `"critical"`) {
			critical++
		}
	}
	dropped := uint64(0)
	for _, n := range q.Dropped {
		dropped += n
	}
	if critical != 200 || uint64(len(got))+dropped != 4000 {
		t.Errorf("%d of 200 critical alerts come out; %d come out and %d are given up, of 4000", critical, len(got), dropped)
	}
}

// TestDamage: a line whose bits changed harms no other, and what is lost is counted once.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	for n := range 10 {
		if err := s.add(scale.SeverityLow, fmt.Appendf(nil, `{"n":%d}`, n)); err != nil {
			t.Fatal(err)
		}
	}
	path := s.path(s.files[0])
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[strings.Index(string(data), `{"n":5}`)+5] = '9'
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, 1<<20)
	if err := s.add(scale.SeverityLow, []byte(`{"n":"new"}`)); err != nil {
		t.Fatal(err)
	}
	if n := s.status().Damaged; n != 1 {
		t.Errorf("%d alerts are lost, and one was damaged", n)
	}
	if got := drain(t, s); len(got) != 10 || got[4] != `{"n":4}` || got[5] != `{"n":6}` || got[9] != `{"n":"new"}` {
		t.Errorf("%v", got)
	}
	if n := s.status(); n.Damaged != 1 || n.Alerts != 0 {
		t.Errorf("%+v", n)
	}
}

// TestDamageEverywhere changes files while they are closed and while they are open. What comes out, what the server had and what is
// lost are all.
func TestDamageEverywhere(t *testing.T) {
	for name, c := range map[string]struct {
		stored uint64 // what the server has of the ten
		change func(string) string
		out    []int // the alerts that come out after a restart
		lost   uint64
	}{
		"whole":                   {0, func(s string) string { return s }, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 0},
		"cut by a crash":          {0, func(s string) string { return s[:len(s)-3] }, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, 0},
		"the first":               {0, func(s string) string { return strings.Replace(s, `{"n":0}`, `{"m":0}`, 1) }, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1},
		"the last":                {0, func(s string) string { return strings.Replace(s, `{"n":9}`, `{"m":9}`, 1) }, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, 1},
		"an end of a line":        {0, func(s string) string { return strings.Replace(s, "{\"n\":5}\n", "{\"n\":5}x", 1) }, []int{0, 1, 2, 3, 4, 7, 8, 9}, 2},
		"lines of something else": {0, func(s string) string { return strings.Replace(s, `{"n":5}`, "\x00\n\x00\n", 1) }, []int{0, 1, 2, 3, 4, 6, 7, 8, 9}, 1},
		"what the server has":     {6, func(s string) string { return strings.ReplaceAll(s, `{"n":2}`, `{"m":2}`) }, []int{6, 7, 8, 9}, 0},
		"around what it has": {6, func(s string) string {
			return strings.NewReplacer(`{"n":5}`, `{"m":5}`, `{"n":6}`, `{"m":6}`).Replace(s)
		}, []int{7, 8, 9}, 1},
		"all":      {0, func(s string) string { return strings.ReplaceAll(s, `"n"`, `"m"`) }, nil, 10},
		"the head": {0, func(s string) string { return "x" + s[1:] }, nil, 10},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, 1<<20)
			for n := range 10 {
				if err := s.add(scale.SeverityLow, fmt.Appendf(nil, `{"n":%d}`, n)); err != nil {
					t.Fatal(err)
				}
			}
			if b, err := s.next(); err != nil {
				t.Fatal(err)
			} else if c.stored > 0 {
				s.done(b, c.stored)
			}
			path := s.path(s.files[0])
			if err := s.close(); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(c.change(string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir, 1<<20)
			defer s.close()
			var want []string
			for _, n := range c.out {
				want = append(want, fmt.Sprintf(`{"n":%d}`, n))
			}
			if got := drain(t, s); !slices.Equal(got, want) {
				t.Errorf("%v came out", got)
			}
			if q := s.status(); q.Damaged != c.lost || q.Alerts != 0 {
				t.Errorf("%+v, and %d are lost", q, c.lost)
			}
		})
	}
	t.Run("while it is open", func(t *testing.T) {
		s := open(t, t.TempDir(), 1<<20)
		defer s.close()
		for n := range 10 {
			if err := s.add(scale.SeverityLow, fmt.Appendf(nil, `{"n":%d}`, n)); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(s.path(s.files[0]))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.path(s.files[0]), []byte(strings.Replace(string(text), `{"n":5}`, `{"m":5}`, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := drain(t, s); len(got) != 9 {
			t.Errorf("%v", got)
		}
		if q := s.status(); q.Damaged != 1 || q.Alerts != 0 {
			t.Errorf("%+v", q)
		}
	})
}

// TestLimiter: what is above the limit is counted by rule, and half of the room is kept for what is severe.
func TestLimiter(t *testing.T) {
	var l limiter
	l.set(10, 5*time.Second)
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	raised := func(rule string, severity scale.Severity) *alert.Alert {
		return &alert.Alert{Time: now.UnixNano(), Rule: rule, Severity: severity, Layers: packet.LayerFrame | packet.LayerIP, Src: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.1")), Dst: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.2"))}
	}
	small, severe := 0, 0
	for range 100 {
		if l.take(raised("small", scale.SeverityLow), now) {
			small++
		}
	}
	for range 100 {
		if l.take(raised("severe", scale.SeverityCritical), now) {
			severe++
		}
	}
	if small != 5 || severe != 5 {
		t.Errorf("%d small and %d severe alerts pass", small, severe)
	}
	if l.summary(now.Add(time.Second), false) != nil {
		t.Error("there is a summary before the span is over")
	}
	s := l.summary(now.Add(5*time.Second), false)
	if s == nil || s.Severity != scale.SeverityCritical || s.Values[0].Value != int64(190) || s.Values[2] != (alert.Named{Name: "small", Value: int64(95)}) || l.counted() != 190 {
		t.Errorf("%+v", s)
	}
	if l.summary(now.Add(10*time.Second), true) != nil {
		t.Error("what was told is told again")
	}
	if !l.take(raised("small", scale.SeverityLow), now.Add(5*time.Second)) {
		t.Error("the next span has no room")
	}
}

// TestRenewal: a crash between the two files of a renewal leaves a pair that works.
func TestRenewal(t *testing.T) {
	dir := t.TempDir()
	ca, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pair := func() (*ecdsa.PrivateKey, []byte) {
		key, err := pki.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		csr, err := pki.Request(key)
		if err != nil {
			t.Fatal(err)
		}
		der, _, err := ca.SignAgent(csr, "0123456789abcdef")
		if err != nil {
			t.Fatal(err)
		}
		return key, pki.Encode(der)
	}
	key, cert := pair()
	m := &Membership{ID: "0123456789abcdef", Server: "192.0.2.1:8444"}
	if err := m.write(dir, key, string(cert), string(pki.Encode(ca.Cert.Raw))); err != nil {
		t.Fatal(err)
	}
	before, err := readCredentials(dir)
	if err != nil {
		t.Fatal(err)
	}
	key, cert = pair()
	// Killed after the first file, after the second, and not at all.
	if err := pki.WriteKey(filepath.Join(dir, keyFile+nextSuffix), key); err != nil {
		t.Fatal(err)
	}
	if c, err := readCredentials(dir); err != nil || c.pair.Leaf.SerialNumber.Cmp(before.pair.Leaf.SerialNumber) != 0 {
		t.Errorf("after the first file: %v", err)
	}
	if err := files.Write(filepath.Join(dir, certFile), cert, 0o640); err != nil {
		t.Fatal(err)
	}
	if c, err := readCredentials(dir); err != nil || c.pair.Leaf.SerialNumber.Cmp(before.pair.Leaf.SerialNumber) == 0 {
		t.Errorf("after the second file: %v", err)
	}
	key, cert = pair()
	if err := writePair(dir, key, cert); err != nil {
		t.Fatal(err)
	}
	if _, err := readCredentials(dir); err != nil {
		t.Error(err)
	}
}
