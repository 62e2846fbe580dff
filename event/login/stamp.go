package login

import (
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

// The times that lines begin with.
var (
	stampISO   = lazyregexp.New(`^(?:[A-Z][a-z]{2} )?(\d{4})[-/](\d\d)[-/](\d\d)(?:T| {1,2})(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:( ?)(Z|[+-]\d\d:?\d\d|UTC|GMT|CES?T|E[SD]T|C[SD]T|M[SD]T|P[SD]T|BST|JST|MSK|EES?T|WES?T|IST|AE[SD]T))?(?:[\s\],:]|$)`)
	stampBSD   = lazyregexp.New(`^([A-Z][a-z]{2}) ([ \d]?\d)(?: (\d{4}))? (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:\s|$)`)
	stampANSIC = lazyregexp.New(`^(?:[A-Z][a-z]{2}) ([A-Z][a-z]{2}) ([ \d]?\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (\d{4})(?:[\s\]]|$)`)
	stampDMY   = lazyregexp.New(`^(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d)(?:\s|$)`)
	stampYMD   = lazyregexp.New(`^(\d\d)(\d\d)(\d\d) {1,2}(\d{1,2}):(\d\d):(\d\d)(?:\s|$)`) // MySQL 5.5
	stampEpoch = lazyregexp.New(`^(\d{9,11})(?:\.(\d{1,9}))?\s`)
)

var months = map[string]time.Month{
	"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}

// aheadMost is how far behind the reference a time without a year may lie: a clock that is wrong, or a zone that is not known.
const aheadMost = 36 * time.Hour

// stamp reads the time that a line begins with, and returns what comes behind it.
func (f *Format) stamp(s string) (at time.Time, rest string, ok bool) {
	if s == "" {
		return at, s, false
	}
	switch c := s[0]; {
	case c >= '0' && c <= '9':
		if m := stampISO.FindStringSubmatch(s); m != nil {
			return f.iso(m), s[len(strings.TrimRight(m[0], " \t],:")):], true
		}
		if m := stampDMY.FindStringSubmatch(s); m != nil {
			return f.date(number(m[3]), time.Month(number(m[2])), m[1], m[4], m[5], m[6], "", f.Location), s[len(m[0])-1:], true
		}
		if m := stampYMD.FindStringSubmatch(s); m != nil {
			return f.date(2000+number(m[1]), time.Month(number(m[2])), m[3], m[4], m[5], m[6], "", f.Location), s[len(m[0])-1:], true
		}
		if m := stampEpoch.FindStringSubmatch(s); m != nil {
			return time.Unix(int64(number(m[1])), nanos(m[2])), s[len(m[0])-1:], true
		}
	case c >= 'A' && c <= 'Z':
		if m := stampBSD.FindStringSubmatch(s); m != nil && months[m[1]] != 0 {
			rest = s[len(strings.TrimRight(m[0], " \t")):]
			if m[3] != "" {
				return f.date(number(m[3]), months[m[1]], m[2], m[4], m[5], m[6], m[7], f.Location), rest, true
			}
			return f.yearless(months[m[1]], m[2], m[4], m[5], m[6], m[7]), rest, true
		}
		if m := stampANSIC.FindStringSubmatch(s); m != nil && months[m[1]] != 0 {
			return f.date(number(m[7]), months[m[1]], m[2], m[3], m[4], m[5], m[6], f.Location), s[len(strings.TrimRight(m[0], " \t]")):], true
		}
		if m := stampISO.FindStringSubmatch(s); m != nil {
			return f.iso(m), s[len(strings.TrimRight(m[0], " \t")):], true
		}
	}
	return at, s, false
}

// iso returns the time of stampISO. An abbreviation of a zone other than UTC is taken for that of Location, since several
// zones share one.
func (f *Format) iso(m []string) time.Time {
	zone := f.Location
	switch z := m[9]; {
	case z == "Z" || z == "UTC" || z == "GMT":
		zone = time.UTC
	case z != "" && (z[0] == '+' || z[0] == '-'):
		z = strings.ReplaceAll(z, ":", "")
		seconds := (number(z[1:3])*60 + number(z[3:5])) * 60
		if z[0] == '-' {
			seconds = -seconds
		}
		zone = time.FixedZone("", seconds)
	}
	return f.date(number(m[1]), time.Month(number(m[2])), m[3], m[4], m[5], m[6], m[7], zone)
}

func (f *Format) date(year int, month time.Month, day, hour, minute, second, fraction string, zone *time.Location) time.Time {
	return time.Date(year, month, number(day), number(hour), number(minute), number(second), int(nanos(fraction)), zone)
}

// yearless returns the newest time with such a date that is not after the reference, but for a day or so.
func (f *Format) yearless(month time.Month, day, hour, minute, second, fraction string) time.Time {
	latest := f.Reference.Add(aheadMost)
	year := latest.In(f.Location).Year()
	for back := range 9 { // between two 29ths of February are up to eight years
		t := f.date(year-back, month, day, hour, minute, second, fraction, f.Location)
		if t.In(f.Location).Month() == month && !t.After(latest) {
			return t
		}
	}
	return f.date(year, month, day, hour, minute, second, fraction, f.Location)
}

// number returns the number in digits, with a space before them or not.
func number(digits string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(digits))
	return n
}

// nanos returns the digits of a fraction of a second in nanoseconds.
func nanos(digits string) int64 {
	if digits == "" {
		return 0
	}
	n, _ := strconv.ParseInt((digits + "000000000")[:9], 10, 64)
	return n
}
