package firewall

import (
	"os"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

// manual returns the page after a mark, up to the next empty line.
func manual(t *testing.T, mark string) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/firewall.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "<!-- "+mark+" -->\n")
	if !ok {
		t.Fatalf("the manual has no mark %q", mark)
	}
	text, _, _ = strings.Cut(text, "\n\n")
	return text
}

// TestManualSettings holds the table of settings to the struct: every setting is there, with its default.
func TestManualSettings(t *testing.T) {
	settingtest.Manual(t, setting.New[Config](), "firewall.md#settings of firewall")
}
