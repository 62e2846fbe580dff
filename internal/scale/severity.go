// Package scale has the two scales of the program: how severe an alert is, and what reputation says of an indicator.
package scale

import (
	"fmt"
	"strings"
)

// Severity is how severe an alert is. Severities are ordered: a greater one is worse. The zero Severity is none.
type Severity uint8

// The severities.
const (
	SeverityLow Severity = iota + 1
	SeverityMedium
	SeverityHigh
	SeverityCritical
)

// severities has what each severity is called, and its number in Suricata's EVE, where 1 is the worst.
var severities = [...]struct {
	word string
	eve  int
}{
	0:                {"", 3},
	SeverityLow:      {"low", 4},
	SeverityMedium:   {"medium", 3},
	SeverityHigh:     {"high", 2},
	SeverityCritical: {"critical", 1},
}

// Severities returns all severities, the least first.
func Severities() []Severity {
	return []Severity{SeverityLow, SeverityMedium, SeverityHigh, SeverityCritical}
}

// SeverityWords returns the words of all severities, the least first.
func SeverityWords() []string { return words(Severities()) }

// ParseSeverity reads the word of a severity.
func ParseSeverity(s string) (Severity, error) {
	for _, v := range Severities() {
		if v.String() == s {
			return v, nil
		}
	}
	return 0, invalid(s, SeverityWords())
}

// String returns the severity's word; "" for none.
func (s Severity) String() string { return severities[s].word }

// EVE returns the severity's number in Suricata's EVE: 1 for critical to 4 for low, and that of medium for none.
func (s Severity) EVE() int { return severities[s].eve }

// MarshalText returns the severity's word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's word, or "" for none.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*s = 0
		return nil
	}
	v, err := ParseSeverity(string(text))
	if err == nil {
		*s = v
	}
	return err
}

// words returns what values are called.
func words[T fmt.Stringer](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.String()
	}
	return out
}

// invalid says that a word is not one of a scale.
func invalid(s string, words []string) error {
	last := len(words) - 1
	return fmt.Errorf("%q is not valid: use %s or %s", s, strings.Join(words[:last], ", "), words[last])
}
