package config

import (
	"strconv"

	"github.com/ruleids/ruleids/internal/setting"
)

// A Size is a number of bytes.
type Size int64

// String returns the size with the greatest binary unit that leaves a whole number.
func (s Size) String() string {
	for _, u := range setting.Units()[:3] {
		if s != 0 && int64(s)%u.Bytes == 0 {
			return strconv.FormatInt(int64(s)/u.Bytes, 10) + u.Word
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}
