package reputation

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

// fast lifts the bounds on requests.
func fast(c *VirusTotalConfig) { c.RequestsPerMinute, c.RequestsPerDay = 1000, 0 }

// TestTiers holds the tiers to the table of the language, at each of its edges.
func TestTiers(t *testing.T) {
	inWorld(t, fast, func(w *world) {
		for _, c := range []struct {
			indicator                         string
			malicious, suspicious, reputation int
			want                              Tier
		}{
			{"8.8.0.1", 9, 0, 0, scale.TierCritical},
			{"8.8.0.2", 8, 0, 0, scale.TierHigh},
			{"8.8.0.3", 3, 9, -50, scale.TierHigh},
			{"8.8.0.4", 2, 0, 0, scale.TierMedium},
			{"8.8.0.5", 1, 0, 0, scale.TierMedium},
			{"8.8.0.6", 0, 5, 0, scale.TierMedium},
			{"8.8.0.7", 0, 4, 0, scale.TierClean},
			{"8.8.0.8", 0, 4, -11, scale.TierLow},
			{"8.8.0.9", 0, 0, -10, scale.TierClean},
			{"2a00:1450::1", 40, 0, 0, scale.TierCritical},
			{"bad.example.dev", 4, 0, 0, scale.TierHigh},
		} {
			path := "ip_addresses/" + c.indicator
			if strings.HasSuffix(c.indicator, "dev") {
				path = "domains/" + c.indicator
			}
			w.answer(path, report(c.malicious, c.suspicious, c.reputation))
			if got := w.tier(c.indicator); got != scale.TierClean {
				t.Errorf("%s: %v before anybody was asked", c.indicator, got)
			}
			if got := w.tier(c.indicator); got != c.want {
				t.Errorf("%s: %v, want %v", c.indicator, got, c.want)
			}
			if got := w.requests(); got != path {
				t.Errorf("asked for %q, want %q", got, path)
			}
			v, ok := w.sources.Verdict(KindVirusTotal, c.indicator)
			if !ok || !v.Found || v.Tier != c.want || v.Malicious != c.malicious || v.Suspicious != c.suspicious || v.Community != c.reputation ||
				v.Harmless != 60 || v.Undetected != 20 || v.Timeout != 1 || v.Indicator != c.indicator {
				t.Errorf("%s: %+v", c.indicator, v)
			}
		}
		if s := w.status(); s.State != StateReady || !s.Healthy || s.Answers != 11 || s.Requests != 11 || s.Unknown != 0 || s.LastError != "" {
			t.Errorf("%+v", s)
		}
	})
}

func TestTierSettings(t *testing.T) {
	inWorld(t, func(c *VirusTotalConfig) {
		fast(c)
		c.CriticalMalicious, c.HighMalicious, c.MediumMalicious, c.MediumSuspicious, c.LowReputation = 30, 20, 10, 2, 0
	}, func(w *world) {
		for indicator, c := range map[string]struct {
			malicious, suspicious, reputation int
			want                              Tier
		}{"8.8.0.1": {29, 0, 0, scale.TierHigh}, "8.8.0.2": {30, 0, 0, scale.TierCritical}, "8.8.0.3": {9, 0, 0, scale.TierClean}, "8.8.0.4": {0, 2, 0, scale.TierMedium}, "8.8.0.5": {0, 0, -1, scale.TierLow}} {
			w.answer("ip_addresses/"+indicator, report(c.malicious, c.suspicious, c.reputation))
			w.tier(indicator)
			if got := w.tier(indicator); got != c.want {
				t.Errorf("%s: %v, want %v", indicator, got, c.want)
			}
		}
	})
}

// TestNeverAsked looks up what no outside service is to be told about.
func TestNeverAsked(t *testing.T) {
	inWorld(t, func(c *VirusTotalConfig) {
		fast(c)
		c.NeverAsk = []Pattern{settingtest.Value[Pattern]("9.9.9.9"), settingtest.Value[Pattern]("8.8.8.0/24"), settingtest.Value[Pattern]("2a00:1450::/32"), settingtest.Value[Pattern]("corp.dev"), settingtest.Value[Pattern]("Büro.de")}
	}, func(w *world) {
		n := uint64(0)
		for s := range strings.FieldsSeq(`10.1.2.3 172.31.0.1 192.168.1.1 127.0.0.1 169.254.1.1 100.64.0.1 192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1
			224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 0.0.0.0 ::1 :: fe80::1 fc00::1 fd00::1 ff02::1 2001:db8::1 2002:a00::1 2001::1 3fff::1 64:ff9b::808:808
			::ffff:10.0.0.1 localhost printer nas.local host.lan a.b.internal 1.0.0.10.in-addr.arpa x.onion www.example.com host.test
			9.9.9.9 8.8.8.200 2a00:1450:1::1 corp.dev CORP.dev. a.b.corp.dev xn--bro-hoa.de mail.xn--bro-hoa.de`) {
			if got := w.tier(s); got != scale.TierClean {
				t.Errorf("%s: %v", s, got)
			}
			n++
		}
		for _, s := range []string{"", ".", "..", "a..b", "-a.dev", "a-.dev", "a b.dev", "a.dev/../x", "1.2.3", "1.2.3.4.5", "fe80::1%eth0", "a.dev?x", strings.Repeat("a", 64) + ".dev", strings.Repeat("abc.", 64) + "dev", "a.123", `a\.dev`} {
			if got := w.tier(s); got != scale.TierClean {
				t.Errorf("%q: %v", s, got)
			}
		}
		if got := w.requests(); got != "" {
			t.Errorf("asked for %s", got)
		}
		if s := w.status(); s.Withheld != n || s.Queued != 0 {
			t.Errorf("%d withheld, want %d; %d queued", s.Withheld, n, s.Queued)
		}
		for _, s := range []string{"9.9.9.8", "notcorp.dev", "2a01::1", "::ffff:9.9.9.7"} {
			w.tier(s)
		}
		if got := w.requests(); got != "ip_addresses/9.9.9.8 domains/notcorp.dev ip_addresses/2a01::1 ip_addresses/9.9.9.7" {
			t.Errorf("asked for %s", got)
		}
	})
}

// TestSameIndicator spells one indicator in several ways.
func TestSameIndicator(t *testing.T) {
	inWorld(t, fast, func(w *world) {
		w.answer("domains/bad.dev", report(3, 0, 0))
		w.answer("ip_addresses/2a00::1", report(3, 0, 0))
		w.tier("bAd.DeV.")
		w.tier("2A00:0:0::1")
		for _, s := range []string{"bad.dev", "BAD.dev", "bad.dev.", "2a00::1", "2A00::0001"} {
			if got := w.tier(s); got != scale.TierHigh {
				t.Errorf("%s: %v", s, got)
			}
		}
		if got := w.requests(); got != "domains/bad.dev ip_addresses/2a00::1" {
			t.Errorf("asked for %s", got)
		}
	})
}

// TestTimeToLive lets answers grow old.
func TestTimeToLive(t *testing.T) {
	inWorld(t, fast, func(w *world) {
		w.answer("domains/clean.dev", report(0, 0, 0))
		w.answer("domains/high.dev", report(5, 0, 0))
		w.tier("clean.dev")
		w.tier("high.dev")
		w.tier("unknown.dev")
		w.requests()
		w.after(23 * time.Hour)
		w.tier("clean.dev")
		w.tier("unknown.dev")
		if got := w.requests(); got != "" {
			t.Errorf("after 23 hours: %s", got)
		}
		w.after(2 * time.Hour)
		w.tier("clean.dev")
		w.tier("unknown.dev")
		if got := w.requests(); got != "domains/clean.dev domains/unknown.dev" {
			t.Errorf("after 25 hours: %s", got)
		}
		w.after(41 * time.Hour) // 66 of 72: it is renewed before it lapses
		w.answer("domains/high.dev", report(20, 0, 0))
		if got := w.tier("high.dev"); got != scale.TierHigh {
			t.Errorf("renewed too late: %v", got)
		}
		if got := w.tier("high.dev"); got != scale.TierCritical || w.requests() != "domains/high.dev" {
			t.Errorf("not renewed: %v", got)
		}
		w.after(8 * 24 * time.Hour)
		if got := w.tier("high.dev"); got != scale.TierClean {
			t.Errorf("%v for longer than its life", got)
		}
		if s := w.status(); s.Unknown != 2 {
			t.Errorf("%d unknown", s.Unknown)
		}
	})
}

// TestRealConnection asks a server on a real socket, with nothing exchanged for a test.
func TestRealConnection(t *testing.T) {
	t.Setenv("VIRUSTOTAL_API_KEY", testKey)
	asked := make(chan string, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path + " " + r.Header.Get("x-apikey")
		report(12, 0, 0)(rw, r)
	}))
	defer srv.Close()
	c := setting.New[VirusTotalConfig]()
	c.URL, c.CacheFile = settingtest.Value[setting.URL](srv.URL+"/api/v3/"), ""
	s, err := New([]Spec{{KindVirusTotal, c}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Tier(KindVirusTotal, "8.8.8.8")
	if got := <-asked; got != "/api/v3/ip_addresses/8.8.8.8 "+testKey {
		t.Errorf("asked for %s", got)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := s.Tier(KindVirusTotal, "8.8.8.8"); got != scale.TierCritical {
		t.Errorf("%v", got)
	}
}

// TestNoAllocs holds the lookups that packets make to no allocation.
func TestNoAllocs(t *testing.T) {
	inWorld(t, func(c *VirusTotalConfig) { c.RequestsPerMinute = 2 }, func(w *world) {
		w.tier("8.8.8.8")
		w.tier("bad.dev")
		w.tier("pending.dev")
		for _, s := range []string{"8.8.8.8", "bad.dev", "BAD.dev", "pending.dev", "10.0.0.1", "2001:db8::1", "host.lan", "a b"} {
			if n := testing.AllocsPerRun(100, func() { w.sources.StandingAt(KindVirusTotal, s, 50) }); n != 0 {
				t.Errorf("%s: %v allocations", s, n)
			}
		}
	})
}

func BenchmarkTier(b *testing.B) {
	b.Setenv("VIRUSTOTAL_API_KEY", testKey)
	c := setting.New[VirusTotalConfig]()
	c.CacheFile, c.URL = "", settingtest.Value[setting.URL]("http://127.0.0.1:1")
	v, err := openVirusTotal(c, Options{Log: discard()}) // not started: nobody is asked
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	v.keep(Verdict{Indicator: "8.8.8.8", Found: true, Malicious: 3, Asked: now}, now, now)
	for _, s := range []string{"8.8.8.8", "9.9.9.9", "10.0.0.1", "100.64.0.1"} {
		b.Run(s, func(b *testing.B) {
			for b.Loop() {
				v.standing(s, 0)
			}
		})
	}
}

// TestConcurrent has everything called at once, for the race detector.
func TestConcurrent(t *testing.T) {
	t.Setenv("VIRUSTOTAL_API_KEY", testKey)
	srv := httptest.NewServer(report(3, 0, 0))
	defer srv.Close()
	dir := t.TempDir()
	c := setting.New[VirusTotalConfig]()
	c.URL, c.CacheFile, c.CacheSize, c.RequestsPerMinute = settingtest.Value[setting.URL](srv.URL), filepath.Join(dir, "cache.jsonl"), 100, 10_000
	s, err := New([]Spec{{KindVirusTotal, c}, {KindList, &ListConfig{Files: []string{writeFile(t, dir, "a.txt", "8.8.0.0/16 low\n")}}}}, Options{Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range 6 {
		all.Go(func() {
			for i := range 500 {
				indicator := fmt.Sprintf("8.8.%d.%d", g%2, i%250)
				s.StandingAt(KindVirusTotal, indicator, Priority(i%101))
				if s.Tier(KindList, indicator) != scale.TierLow {
					t.Errorf("%s is not in the list", indicator)
				}
				s.Verdict(KindVirusTotal, indicator)
				if i%100 == g {
					s.Status()
					if err := s.Reload(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if st := s.Status()[1]; st.Source != KindVirusTotal || st.Entries > 100 || st.Failures != 0 || st.Answers == 0 {
		t.Errorf("%+v", st)
	}
}
