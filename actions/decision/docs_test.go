package decision

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

const manual = "../../docs/responses.md"

// TestManualSettings holds the table of settings to the struct: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	settingtest.Manual(t, setting.New[Config](), "responses.md#settings of response")
}

// TestManualLine reads the line of the journal in the manual, which is broken there to fit.
func TestManualLine(t *testing.T) {
	_, text, _ := strings.Cut(string(read(t, manual)), "```json\n")
	text, _, _ = strings.Cut(text, "\n```")
	line := strings.ReplaceAll(text, "\n ", "")
	r, err := parseRecord([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	again, err := appendRecord(nil, r)
	if err != nil || !bytes.Equal(bytes.TrimSpace(again), []byte(line)) {
		t.Errorf("it is written\n%s", again)
	}
}
