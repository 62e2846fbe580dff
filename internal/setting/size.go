package setting

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Unit is what the number of a size is followed by.
type Unit struct {
	Word  string
	Bytes int64
}

// Units are those of sizes, the binary ones first, and of either kind the greatest first.
func Units() []Unit {
	return []Unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}
}

// ParseSize reads a size in bytes, as "64MiB" or "100 MB"; a number without a unit is bytes.
func ParseSize(s string) (int64, error) {
	number, factor := strings.TrimSpace(s), int64(1)
	for _, u := range Units() {
		if rest, ok := strings.CutSuffix(number, u.Word); ok {
			number, factor = strings.TrimSpace(rest), u.Bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return 0, fmt.Errorf("%q is not a size: write a number with a unit, as \"512KiB\", \"64MiB\" or \"1GiB\"", s)
	}
	return n * factor, nil
}
