package browser

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// shoot writes what the window shows to NAME.png below the directory that RULEIDS_SCREENSHOTS names.
func (b *tab) shoot(name string) {
	dir := os.Getenv("RULEIDS_SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Log("no screenshot:", err)
	}
}

// TestScreenshots writes every page at three widths, in light and dark, to the directory that RULEIDS_SCREENSHOTS names.
func TestScreenshots(t *testing.T) {
	if os.Getenv("RULEIDS_SCREENSHOTS") == "" {
		t.Skip("make screenshots")
	}
	b := open(t, newServer(t, true))
	for _, path := range b.pages() {
		name := cmp.Or(strings.Trim(path, "/"), "overview")
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{390, 1024, 1920} {
				b.look(scheme, width, map[bool]int64{true: 844, false: 1000}[width < 500])
				b.visit(path)
				time.Sleep(400 * time.Millisecond) // charts are drawn
				b.shoot(fmt.Sprintf("%s-%d-%s", name, width, scheme))
			}
		}
	}
	b.content()
}
