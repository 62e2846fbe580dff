package reputation

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

// decode reads a reputation block as the daemon does.
func decode(t *testing.T, b *hclsyntax.Block) (Config, []setting.Problem) {
	t.Helper()
	c := Kinds()[b.Labels[0]]()
	return c, settingtest.Read(t, b, c)
}

func TestDecode(t *testing.T) {
	vt := setting.New[VirusTotalConfig]()
	vt.Key.File, vt.CriticalMalicious, vt.NeverAsk, vt.CacheFile, vt.TTLClean = "/etc/ruleids/vt.key", 12, []Pattern{{name: "example.com"}}, "/etc/ruleids/vt.jsonl", 12*time.Hour
	for text, want := range map[string]Config{
		`reputation "virustotal" {}`: setting.New[VirusTotalConfig](),
		`reputation "virustotal" {
  key_file           = "vt.key"
  critical_malicious = 12
  never_ask          = ["example.com"]
  cache_file         = "vt.jsonl"
  ttl_clean          = "12h"
}`: vt,
		`reputation "list" {
  files = ["bad.txt", "/srv/worse.txt"]
}`: &ListConfig{Files: []string{"/etc/ruleids/bad.txt", "/srv/worse.txt"}},
	} {
		got, ps := decode(t, settingtest.Blocks(t, text)[0])
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(Pattern{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" || len(ps) > 0 {
			t.Errorf("%s\n%s%v", text, diff, ps)
		}
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                                nil,
		`key_env = ""`:                                    {"key_file"},
		"key_env = \"\"\nkey_file = \"/key\"":             nil,
		`key_env = "KEY=abc"`:                             {"key_env"},
		`url = "http://vt.example.com/api/v3"`:            {"url"},
		`url = "ftp://vt.example.com"`:                    {"url"},
		`url = "www.virustotal.com"`:                      {"url"},
		`url = "https://a:b@www.virustotal.com"`:          {"url"},
		`url = "https://www.virustotal.com/?x"`:           {"url"},
		`url = "http://[::1]:8080/api/v3"`:                nil,
		`url = "http://localhost/"`:                       nil,
		"requests_per_minute = 0\nrequests_per_day = -1":  {"requests_per_day", "requests_per_minute"},
		"timeout = \"1ms\"\nqueue = 0":                    {"queue", "timeout"},
		`timeout = "soon"`:                                {"timeout"},
		`never_ask = ["8.8.8.8", "*.x.dev", "8.8.8.8/8"]`: {"never_ask", "never_ask"},
		"cache_file = \"\"\ncache_size = 1":               {"cache_size"},
		`critical_malicious = 3`:                          {"high_malicious"},
		"medium_malicious = 0\nmedium_suspicious = 0":     {"medium_malicious", "medium_suspicious"},
		`medium_malicious = 3`:                            {"medium_malicious"},
		`low_reputation = 1`:                              {"low_reputation"},
		"ttl_clean = \"1s\"\nttl_critical = \"-1d\"":      {"ttl_clean", "ttl_critical"},
	} {
		var got []string
		for _, p := range settingtest.ReadBody(t, text, setting.New[VirusTotalConfig]()) {
			got = append(got, p.Setting)
			if !strings.HasSuffix(p.Detail, ".") {
				t.Errorf("%s: %q is not a sentence", text, p.Detail)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: problems with %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"", "files = []", `files = ["a", ""]`} {
		if ps := settingtest.ReadBody(t, text, setting.New[ListConfig]()); len(ps) != 1 {
			t.Errorf("%s: %v", text, ps)
		}
	}
}

// TestNewErrors makes everything wrong at once.
func TestNewErrors(t *testing.T) {
	bad := setting.New[VirusTotalConfig]()
	bad.Queue = -1
	list := &ListConfig{Files: []string{"/nowhere/bad.txt"}}
	vt := setting.New[VirusTotalConfig]()
	vt.CacheFile = ""
	_, err := New([]Spec{{KindVirusTotal, bad}, {KindList, list}, {KindVirusTotal, vt}, {KindVirusTotal, vt}}, Options{Log: discard()})
	got := fmt.Sprint(err)
	for _, want := range []string{`reputation "virustotal": queue: -1 is out of range`, `reputation "list": open /nowhere/bad.txt`, `reputation "virustotal": there is another; write one block`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

// TestNoSources holds a program without reputation to one that works.
func TestNoSources(t *testing.T) {
	s, err := New(nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Tier(KindVirusTotal, "8.8.8.8"); got != scale.TierClean || len(s.Status()) != 0 || s.Reload() != nil {
		t.Errorf("%v", got)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
