package browser

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// axe is the text of axe-core, which finds what keeps people from using a page (https://github.com/dequelabs/axe-core).
var axe string

// chromium is the browser that all tests share. Each has tabs of its own, which share no cookies with those of others.
var chromium context.Context

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv("RULEIDS_UI") == "" {
		fmt.Println("the page is tested in a browser by: make ui-test")
		return 0
	}
	text, err := os.ReadFile("../../fleet/ui/node_modules/axe-core/axe.min.js")
	if err != nil {
		fmt.Println(err, "(make ui-test installs it)")
		return 1
	}
	axe = string(text)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.IgnoreCertErrors)
	all, end := chromedp.NewExecAllocator(context.Background(), options...)
	defer end()
	ctx, stop := chromedp.NewContext(all)
	defer stop()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Println("Chromium does not start:", err)
		return 1
	}
	chromium = ctx
	return m.Run()
}
