package reputation

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// VirusTotalConfig is the settings of kind "virustotal": API v3 of virustotal.com, or of what speaks like
// it. Which numbers of engines make which tier is settled from the worst tier down; the first that holds is it.
type VirusTotalConfig struct {
	// KeyFile is a file with the API key and nothing else; "" for none. It is read again before each
	// request, so that a new key is used at once.
	KeyFile string `hcl:"key_file,optional"`
	// KeyEnv is the environment variable with the API key, where there is no KeyFile. Without a key the
	// source is off.
	KeyEnv string `hcl:"key_env,optional"`
	// URL is what the paths of the API are put behind. It is https, or http on this very host.
	URL string `hcl:"url,optional"`
	// RequestsPerMinute bounds the requests in any minute; RequestsPerDay those in a day of UTC, 0 for
	// no bound. The defaults are those of VirusTotal's public API.
	RequestsPerMinute int `hcl:"requests_per_minute,optional"`
	RequestsPerDay    int `hcl:"requests_per_day,optional"`
	// Timeout is how long a request may take.
	Timeout string `hcl:"timeout,optional"`
	// Queue is how many indicators wait to be looked up.
	Queue int `hcl:"queue,optional"`
	// NeverAsk are addresses, prefixes and domain names (with the names below them) that VirusTotal is
	// not told about, besides private and reserved ones.
	NeverAsk []string `hcl:"never_ask,optional"`

	// CacheFile keeps the answers over a restart; "" for memory alone.
	CacheFile string `hcl:"cache_file,optional"`
	// CacheSize is how many answers are kept, in memory and in the file.
	CacheSize int `hcl:"cache_size,optional"`

	// CriticalMalicious, HighMalicious and MediumMalicious are how many engines have to say "malicious".
	CriticalMalicious int `hcl:"critical_malicious,optional"`
	HighMalicious     int `hcl:"high_malicious,optional"`
	MediumMalicious   int `hcl:"medium_malicious,optional"`
	// MediumSuspicious is how many have to say "suspicious".
	MediumSuspicious int `hcl:"medium_suspicious,optional"`
	// LowReputation is what the community's score has to be under.
	LowReputation int `hcl:"low_reputation,optional"`

	// TTLCritical to TTLClean are how long an answer holds. What VirusTotal does not know is clean.
	TTLCritical string `hcl:"ttl_critical,optional"`
	TTLHigh     string `hcl:"ttl_high,optional"`
	TTLMedium   string `hcl:"ttl_medium,optional"`
	TTLLow      string `hcl:"ttl_low,optional"`
	TTLClean    string `hcl:"ttl_clean,optional"`
}

// NewVirusTotal returns the defaults of kind "virustotal".
func NewVirusTotal() *VirusTotalConfig {
	return &VirusTotalConfig{
		KeyEnv: "VIRUSTOTAL_API_KEY", URL: "https://www.virustotal.com/api/v3", RequestsPerMinute: 4, RequestsPerDay: 500, Timeout: "15s", Queue: 1000,
		CacheFile: "/var/lib/ruleids/virustotal.jsonl", CacheSize: 50_000,
		CriticalMalicious: 9, HighMalicious: 3, MediumMalicious: 1, MediumSuspicious: 5, LowReputation: -10,
		TTLCritical: "7d", TTLHigh: "3d", TTLMedium: "2d", TTLLow: "24h", TTLClean: "24h",
	}
}

// Validate implements Config.
func (c *VirusTotalConfig) Validate() (ps []Problem) {
	if strings.ContainsAny(c.KeyEnv, "= ") {
		ps = append(ps, Problem{Setting: "key_env", Detail: "Write the name of an environment variable, not the key."})
	}
	if c.KeyEnv == "" && c.KeyFile == "" {
		ps = append(ps, Problem{Setting: "key_env", Detail: "Say where the key is, here or in key_file; without a key the source is off anyway."})
	}
	if detail := checkURL(c.URL); detail != "" {
		ps = append(ps, Problem{Setting: "url", Detail: detail})
	}
	ps = append(ps, setting.Between("requests_per_minute", c.RequestsPerMinute, 1, 10_000)...)
	ps = append(ps, setting.Between("requests_per_day", c.RequestsPerDay, 0, 100_000_000)...)
	ps = append(ps, spanOf("timeout", c.Timeout, time.Second)...)
	ps = append(ps, setting.Between("queue", c.Queue, 1, 100_000)...)
	for _, s := range c.NeverAsk {
		if _, err := parsePattern(s); err != nil {
			ps = append(ps, Problem{Setting: "never_ask", Detail: err.Error() + "."})
		}
	}
	ps = append(ps, setting.Between("cache_size", c.CacheSize, 100, 1_000_000)...)
	ps = append(ps, setting.Between("critical_malicious", c.CriticalMalicious, 1, maxEngines)...)
	ps = append(ps, setting.Between("high_malicious", c.HighMalicious, 1, maxEngines)...)
	ps = append(ps, setting.Between("medium_malicious", c.MediumMalicious, 1, maxEngines)...)
	if c.HighMalicious >= c.CriticalMalicious {
		ps = append(ps, Problem{Setting: "high_malicious", Detail: fmt.Sprintf("Write fewer engines than the %d of critical_malicious.", c.CriticalMalicious)})
	}
	if c.MediumMalicious >= c.HighMalicious {
		ps = append(ps, Problem{Setting: "medium_malicious", Detail: fmt.Sprintf("Write fewer engines than the %d of high_malicious.", c.HighMalicious)})
	}
	ps = append(ps, setting.Between("medium_suspicious", c.MediumSuspicious, 1, maxEngines)...)
	ps = append(ps, setting.Between("low_reputation", c.LowReputation, -1_000_000, 0)...)
	for _, t := range c.spans() {
		ps = append(ps, spanOf(t.setting, t.value, time.Minute)...)
	}
	return ps
}

// spans returns the settings of how long answers hold, the best tier first.
func (c *VirusTotalConfig) spans() [5]struct{ setting, value string } {
	return [5]struct{ setting, value string }{
		{"ttl_clean", c.TTLClean}, {"ttl_low", c.TTLLow}, {"ttl_medium", c.TTLMedium}, {"ttl_high", c.TTLHigh}, {"ttl_critical", c.TTLCritical}}
}

// checkURL says what is wrong with the address of an API.
func checkURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "Write an address as \"https://www.virustotal.com/api/v3\"."
	}
	switch host := u.Hostname(); {
	case u.Scheme == "https":
		return ""
	case u.Scheme != "http":
		return fmt.Sprintf("%q is no scheme for it; write https.", u.Scheme)
	case host == "localhost":
		return ""
	default:
		if a, err := netip.ParseAddr(host); err == nil && a.IsLoopback() {
			return ""
		}
		return "The key would travel in clear; write https, or http to this very host only."
	}
}

// Resolve implements Config.
func (c *VirusTotalConfig) Resolve(dir string) {
	c.KeyFile, c.CacheFile = setting.Beside(dir, c.KeyFile), setting.Beside(dir, c.CacheFile)
}

// tier returns the tier of an answer.
func (c *VirusTotalConfig) tier(v *Verdict) Tier {
	switch {
	case v.Malicious >= c.CriticalMalicious:
		return scale.TierCritical
	case v.Malicious >= c.HighMalicious:
		return scale.TierHigh
	case v.Malicious >= c.MediumMalicious, v.Suspicious >= c.MediumSuspicious:
		return scale.TierMedium
	case v.Community < c.LowReputation:
		return scale.TierLow
	}
	return scale.TierClean
}

func (c *VirusTotalConfig) open(s *Sources, opt Options) (err error) {
	if s.virusTotal != nil {
		return errors.New("there is another; write one block")
	}
	s.virusTotal, err = openVirusTotal(c, opt)
	return err
}
