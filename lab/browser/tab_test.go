package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A tab is one of the browser, in which somebody is logged in. What a page complains of fails the test, unless it is told to
// expect that.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu         sync.Mutex
	complaints []string
	refused    []string // what the policy of the page refused, and what ran that must not, whatever is tolerated
	tolerant   bool
}

// stepWithin bounds every step.
const stepWithin = 20 * time.Second

// reports tells the console of what the content security policy refused.
const reports = `addEventListener("securitypolicyviolation", (e) => console.error("policy: " + e.violatedDirective + " " + e.blockedURI + " " + e.sample));`

// open opens a tab with cookies of its own, and logs in.
func open(t *testing.T, s *fleetServer) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	b := &tab{t: t, ctx: ctx, base: s.base()}
	b.listen()
	b.look("light", 1280, 900)
	b.tolerate(true) // the first question of who is logged in is answered by 401
	b.do(chromedp.Navigate(b.base), chromedp.WaitVisible(`input[name=name]`), chromedp.SendKeys(`input[name=name]`, "admin"), chromedp.SendKeys(`input[name=password]`, s.password+kb.Enter), chromedp.WaitVisible(`.rail`))
	b.tolerate(false)
	return b
}

// another opens a second tab with the cookies of b.
func (b *tab) another() *tab {
	b.t.Helper()
	ctx, end := chromedp.NewContext(b.ctx)
	b.t.Cleanup(end)
	o := &tab{t: b.t, ctx: ctx, base: b.base}
	o.listen()
	o.look("light", 1280, 900)
	return o
}

func (b *tab) listen() {
	err := chromedp.Listen(b.ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			text := e.ExceptionDetails.Text
			if x := e.ExceptionDetails.Exception; x != nil {
				text += " " + x.Description
			}
			b.complain("exception: " + text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" || e.Type == "warning" {
				var words []string
				for _, a := range e.Args {
					words = append(words, string(a.Value)+a.Description)
				}
				b.complain("console: " + strings.Join(words, " "))
			}
		case *log.EventEntryAdded:
			if e.Entry.Level == "error" {
				b.complain(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
			}
		case *page.EventJavascriptDialogOpening:
			b.complain("a script runs that asks: " + e.Message)
			go func() {
				_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
			}()
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	_ = call(b, log.Enable, cdp.Empty{})
	b.script(reports)
}

// script runs a script at the start of every page from now on.
func (b *tab) script(text string) {
	b.t.Helper()
	_ = call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: text})
}

func (b *tab) complain(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if strings.Contains(text, "policy: ") || strings.Contains(text, "Content Security Policy") || strings.HasPrefix(text, "a script runs") {
		b.refused = append(b.refused, text)
	}
	if !b.tolerant {
		b.complaints = append(b.complaints, text)
	}
}

func (b *tab) tolerate(yes bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tolerant = yes
}

// content fails the test where the page complained.
func (b *tab) content() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		b.t.Error(c)
	}
	b.complaints = nil
}

// do takes steps, and fails the test where one does not come off in time.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for i, step := range steps {
		ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
		err := chromedp.Do(ctx, step)
		cancel()
		if err != nil {
			b.shoot("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatalf("step %d: %v", i, err)
		}
	}
}

// call sends a command of the protocol.
func call[P, R any](b *tab, c cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	r, err := chromedp.Call(ctx, c, params)
	if err != nil {
		b.t.Fatalf("%s: %v", c.Method, err)
	}
	return r
}

// eval runs an expression in the page, and reads its value, or that of its promise, into v, which may be nil.
func (b *tab) eval(expression string, v any) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepWithin)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte]("(async () => JSON.stringify(await ("+expression+")) ?? 'null')()", chromedp.EvalAwaitPromise))
	var text string
	if err == nil {
		err = json.Unmarshal(raw, &text)
	}
	if err == nil && v != nil {
		err = json.Unmarshal([]byte(text), v)
	}
	if err != nil {
		b.t.Fatalf("%s: %v", expression[:min(len(expression), 200)], err)
	}
}

// is reports whether an expression holds.
func (b *tab) is(expression string) bool {
	b.t.Helper()
	var yes bool
	b.eval("Boolean("+expression+")", &yes)
	return yes
}

// wait waits until an expression holds.
func (b *tab) wait(within time.Duration, expression string) {
	b.t.Helper()
	end := time.Now().Add(within)
	for !b.is(expression) {
		if time.Now().After(end) {
			b.shoot("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			var text string
			b.eval("document.body.innerText", &text)
			b.t.Fatalf("within %v not: %s\n%s", within, expression, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// look sets the size of the window, and light or dark; nothing moves.
func (b *tab) look(scheme string, width, height int64) {
	b.t.Helper()
	_ = call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 500})
	_ = call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// settled holds once a page shows what it asked the server for.
const settled = `document.querySelector("main h1") && !document.querySelector(".loading, [aria-busy=true]")`

// visit shows a place of the page, and waits until it is there.
func (b *tab) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
	b.wait(stepWithin, settled)
}

// pages returns the places that the page leads to.
func (b *tab) pages() (paths []string) {
	b.t.Helper()
	b.eval(`[...document.querySelectorAll(".rail li a")].map((a) => a.getAttribute("href"))`, &paths)
	if len(paths) < 8 {
		b.t.Fatalf("the page leads to %v only", paths)
	}
	return paths
}

// accessible fails the test for what axe-core finds on the page as it is.
func (b *tab) accessible(where string) {
	b.t.Helper()
	if !b.is(`window.axe`) {
		b.do(chromedp.Evaluate[chromedp.Void](axe))
	}
	var found struct {
		Passes     int
		Violations []struct {
			ID, Help string
			At       []string
		}
	}
	b.eval(`axe.run(document).then((r) => ({passes: r.passes.length, violations: r.violations.map((v) => ({id: v.id, help: v.help, at: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + " " + n.failureSummary)}))}))`, &found)
	if found.Passes < 10 {
		b.t.Errorf("%s: only %d checks found something to look at", where, found.Passes)
	}
	for _, v := range found.Violations {
		b.t.Errorf("%s: %s: %s\n  %s", where, v.ID, v.Help, strings.Join(v.At, "\n  "))
	}
}

func navigate(to string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(to) }

// press presses keys, as those of chromedp/kb. As of a real keyboard the character comes with the key, so that a page that takes the
// key as its own gets no character.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, r := range strings.Join(keys, "") {
		events := kb.Encode(r)
		if len(events) == 3 {
			events[0].Text, events[0].UnmodifiedText = events[1].Text, events[1].UnmodifiedText
			events = slices.Delete(events, 1, 2)
		}
		for _, e := range events {
			_ = call(b, input.DispatchKeyEvent, *e)
		}
	}
}

// button clicks the first button that can be seen whose text begins so.
func (b *tab) button(text string) {
	b.t.Helper()
	q, _ := json.Marshal(text) // a string can be written
	found := fmt.Sprintf(`[...document.querySelectorAll("button")].find((b) => b.offsetParent !== null && !b.disabled && b.innerText.trim().startsWith(%s))`, q)
	b.wait(stepWithin, found)
	b.eval(found+".click()", nil)
}
