package setting

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads a duration as Go writes it ("90s", "1h30m", "250ms"), or in days ("1d",
// "1d12h"). A number without a unit is an error, but for 0. Negative durations are errors.
func ParseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a duration: write a number with a unit, as \"250ms\", \"10s\", \"5m\", \"24h\" or \"7d\"", s)
	rest, days := s, time.Duration(0)
	if i := strings.IndexByte(s, 'd'); i > 0 {
		n, err := strconv.ParseFloat(s[:i], 64)
		if err != nil || !(n >= 0 && n <= 36500) {
			return 0, bad
		}
		days, rest = time.Duration(n*24*float64(time.Hour)), s[i+1:]
		if rest == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || days+d < days {
		return 0, bad
	}
	return days + d, nil
}

// FormatDuration writes a duration as ParseDuration reads it, in days from two days on, and without units
// that are zero: "5m", not "5m0s".
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
