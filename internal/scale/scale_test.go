package scale

import (
	"encoding/json"
	"testing"
)

func TestSeverity(t *testing.T) {
	for i, word := range []string{"low", "medium", "high", "critical"} {
		s, err := ParseSeverity(word)
		if err != nil || s.String() != word || s != Severities()[i] || s.EVE() != 4-i {
			t.Errorf("%s: %v, %q, EVE %d, error %v", word, s, s.String(), s.EVE(), err)
		}
		if i > 0 && s <= Severities()[i-1] {
			t.Errorf("%v is not above %v", s, Severities()[i-1])
		}
	}
	for _, word := range []string{"", "High", "clean", "worst"} {
		if s, err := ParseSeverity(word); err == nil {
			t.Errorf("%q is %v", word, s)
		}
	}
	_, err := ParseSeverity("hi")
	if want := `"hi" is not valid: use low, medium, high or critical`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if Severity(0).EVE() != 3 || Severity(0).String() != "" {
		t.Error("no severity is not told as medium without a word")
	}
}

func TestTier(t *testing.T) {
	want := []struct {
		word      string
		threshold float64 // of 30
		low, high Severity
	}{
		{"clean", 30, SeverityLow, SeverityHigh}, {"low", 23, SeverityLow, SeverityHigh}, {"medium", 15, SeverityMedium, SeverityCritical},
		{"high", 8, SeverityMedium, SeverityCritical}, {"critical", 3, SeverityCritical, SeverityCritical},
	}
	for i, w := range want {
		tier, err := ParseTier(w.word)
		if err != nil || tier != Tiers()[i] || tier.String() != w.word || tier.Scale(30) != w.threshold || tier.Raise(SeverityLow) != w.low || tier.Raise(SeverityHigh) != w.high {
			t.Errorf("%s: %v scales 30 to %v, raises low to %v and high to %v, error %v", w.word, tier, tier.Scale(30), tier.Raise(SeverityLow), tier.Raise(SeverityHigh), err)
		}
	}
	if tier, err := ParseTier("Low"); err == nil {
		t.Errorf("\"Low\" is %v", tier)
	}
	if got := TierLow.Scale(0.5); got != 1 {
		t.Errorf("a threshold of 0.5 becomes %v", got)
	}
}

func TestText(t *testing.T) {
	type both struct {
		S Severity `json:"s,omitempty"`
		T Tier     `json:"t"`
	}
	for text, v := range map[string]both{`{"s":"high","t":"low"}`: {SeverityHigh, TierLow}, `{"t":"clean"}`: {}} {
		if got, err := json.Marshal(v); err != nil || string(got) != text {
			t.Errorf("%v is written %s, error %v", v, got, err)
		}
		var got both
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != v {
			t.Errorf("%s is read as %v, error %v", text, got, err)
		}
	}
	kept := both{SeverityLow, TierHigh}
	if err := json.Unmarshal([]byte(`{"s":"odd"}`), &kept); err == nil || kept.S != SeverityLow {
		t.Errorf("a severity that is not one gives %v, error %v", kept, err)
	}
	if err := json.Unmarshal([]byte(`{"t":"odd"}`), &kept); err == nil || kept.T != TierHigh {
		t.Errorf("a tier that is not one gives %v, error %v", kept, err)
	}
	if err := json.Unmarshal([]byte(`{"s":""}`), &kept); err != nil || kept.S != 0 {
		t.Errorf("no severity gives %v, error %v", kept, err)
	}
}
