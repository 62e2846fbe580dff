package reputation

import (
	"errors"
	"fmt"
	"time"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// VirusTotalConfig is the settings of kind "virustotal": API v3 of virustotal.com, or of what speaks like
// it. Which numbers of engines make which tier is settled from the worst tier down; the first that holds is it.
type VirusTotalConfig struct {
	// Key is the API key. A file is read again before each request, so that a new key is used at once. Without a key the
	// source is off.
	Key setting.Source `setting:"key,required" default:"VIRUSTOTAL_API_KEY"`
	// URL is what the paths of the API are put behind.
	URL setting.URL `setting:"url,required" default:"https://www.virustotal.com/api/v3"`
	// RequestsPerMinute bounds the requests in any minute; RequestsPerDay those in a day of UTC, 0 for
	// no bound. The defaults are those of VirusTotal's public API.
	RequestsPerMinute int `setting:"requests_per_minute" default:"4" range:"1..10000"`
	RequestsPerDay    int `setting:"requests_per_day" default:"500" range:"0..100000000"`
	// Timeout is how long a request may take.
	Timeout time.Duration `setting:"timeout" default:"15s" range:"1s.."`
	// Queue is how many indicators wait to be looked up.
	Queue int `setting:"queue" default:"1000" range:"1..100000"`
	// NeverAsk are addresses, prefixes and domain names (with the names below them) that VirusTotal is
	// not told about, besides private and reserved ones.
	NeverAsk []Pattern `setting:"never_ask"`

	// CacheFile keeps the answers over a restart; "" for memory alone.
	CacheFile string `setting:"cache_file,path" default:"/var/lib/ruleids/virustotal.jsonl"`
	// CacheSize is how many answers are kept, in memory and in the file.
	CacheSize int `setting:"cache_size" default:"50000" range:"100..1000000"`

	// CriticalMalicious, HighMalicious and MediumMalicious are how many engines have to say "malicious".
	CriticalMalicious int `setting:"critical_malicious" default:"9" range:"1..100000"`
	HighMalicious     int `setting:"high_malicious" default:"3" range:"1..100000"`
	MediumMalicious   int `setting:"medium_malicious" default:"1" range:"1..100000"`
	// MediumSuspicious is how many have to say "suspicious".
	MediumSuspicious int `setting:"medium_suspicious" default:"5" range:"1..100000"`
	// LowReputation is what the community's score has to be under.
	LowReputation int `setting:"low_reputation" default:"-10" range:"-1000000..0"`

	// TTLCritical to TTLClean are how long an answer holds. What VirusTotal does not know is clean.
	TTLCritical time.Duration `setting:"ttl_critical" default:"7d" range:"1m.."`
	TTLHigh     time.Duration `setting:"ttl_high" default:"3d" range:"1m.."`
	TTLMedium   time.Duration `setting:"ttl_medium" default:"2d" range:"1m.."`
	TTLLow      time.Duration `setting:"ttl_low" default:"24h" range:"1m.."`
	TTLClean    time.Duration `setting:"ttl_clean" default:"24h" range:"1m.."`
}

// Check returns what is wrong with the settings as they go together.
func (c *VirusTotalConfig) Check() (ps []setting.Problem) {
	if c.URL.RawQuery != "" {
		ps = append(ps, setting.Problem{Setting: "url", Detail: "Write an address as \"https://www.virustotal.com/api/v3\"."})
	}
	if c.HighMalicious >= c.CriticalMalicious {
		ps = append(ps, setting.Problem{Setting: "high_malicious", Detail: fmt.Sprintf("Write fewer engines than the %d of critical_malicious.", c.CriticalMalicious)})
	}
	if c.MediumMalicious >= c.HighMalicious {
		ps = append(ps, setting.Problem{Setting: "medium_malicious", Detail: fmt.Sprintf("Write fewer engines than the %d of high_malicious.", c.HighMalicious)})
	}
	return ps
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
