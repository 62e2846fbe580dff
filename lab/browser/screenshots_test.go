package browser

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
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

// views are what the pages show besides themselves, by name: an alert, a rule, two rule sets side by side, and a page where nothing is.
var views = map[string]string{
	"alert":   `/feed?q=rule:port_scan`,
	"rule":    "/rules?name=port_scan",
	"changes": "/rules?from=1&to=2&side=1",
	"closed":  "/inbox?status=closed",
	"nothing": "/feed?q=nothing_has_this",
}

// TestScreenshots writes every page at five widths, in light and dark, to the directory that RULEIDS_SCREENSHOTS names: as high as what
// is on it, up to a bound.
func TestScreenshots(t *testing.T) {
	if os.Getenv("RULEIDS_SCREENSHOTS") == "" {
		t.Skip("make screenshots")
	}
	const highest = 3200
	b := open(t, newServer(t, true))
	shown := map[string]string{}
	for _, path := range b.pages() {
		shown[cmp.Or(strings.Trim(path, "/"), "overview")] = path
	}
	maps.Copy(shown, views)
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{360, 390, 1024, 1920, 3840} {
				height := map[bool]int64{true: 844, false: 1000}[width < 500]
				if width > 3000 {
					height = 2160
				}
				b.look(scheme, width, height)
				b.visit(shown[name])
				if name == "alert" {
					b.wait(stepWithin, `document.querySelector(".feedrow")`)
					b.eval(`document.querySelector(".feedrow").click()`, nil)
					b.wait(stepWithin, `document.querySelector(".drawer h2")`)
				}
				var more int64
				b.eval(`Math.max(...[...document.querySelectorAll("main, .drawer")].map((e) => e.scrollHeight - e.clientHeight))`, &more)
				b.look(scheme, width, min(height+more, highest))
				time.Sleep(400 * time.Millisecond) // charts are drawn
				b.shoot(fmt.Sprintf("%s-%d-%s", name, width, scheme))
			}
		}
	}
	b.content()
}
