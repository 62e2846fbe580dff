package output

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// parseSize reads a size in bytes: "100MiB", "1 GB", or a number without a unit.
func parseSize(s string) (int64, error) {
	number, factor := strings.TrimSpace(s), int64(1)
	for _, u := range [...]struct {
		word  string
		bytes int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(number, u.word); ok {
			number, factor = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return 0, fmt.Errorf("%q is not a size; write a number with a unit, as \"512KiB\" or \"100MiB\", or \"0\" for no limit", s)
	}
	return n * factor, nil
}

// parseSpan reads a length of time as rules write it: "90s", "1h30m", or days as "7d".
func parseSpan(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a length of time; write a number with a unit, as \"30s\", \"24h\" or \"7d\"", s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, bad
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, bad
	}
	return d, nil
}
