package browser

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// mark gives everything that the keyboard must come to a number, and returns how many there are. Of a list of rows that are made as
// one scrolls only the first few count.
const mark = `(() => {
  let n = 0;
  for (const e of document.querySelectorAll("a[href], button:not(:disabled), input, select, textarea, summary, [tabindex='0']")) {
    if (e.checkVisibility({visibilityProperty: true}) && e.tabIndex >= 0 && !e.closest(".slot")) e.dataset.stop = n++;
  }
  return n;
})()`

// at says where the keyboard is, and whether that can be seen.
const at = `(() => {
  const e = document.activeElement, s = getComputedStyle(e);
  return {stop: e.dataset?.stop ?? "", seen: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none" || e.matches("input[type=search]"), what: e.outerHTML.slice(0, 120)};
})()`

// TestTabs: Tab alone comes to everything on every page, and what it comes to is marked.
func TestTabs(t *testing.T) {
	t.Parallel()
	b := open(t, newServer(t, true))
	for _, path := range b.pages() {
		if path == "/inbox" {
			path += "?q=rule:kill_chain" // some groups, not hundreds
		}
		b.visit(path)
		var want int
		b.eval(mark, &want)
		var seen []string
		for range want + 80 {
			b.press(kb.Tab)
			var x struct {
				Stop, What string
				Seen       bool
			}
			b.eval(at, &x)
			if x.Stop != "" && !slices.Contains(seen, x.Stop) {
				seen = append(seen, x.Stop)
			}
			if x.Stop != "" && !x.Seen {
				t.Errorf("%s: nobody sees that the keyboard is at %s", path, x.What)
			}
			if len(seen) == want {
				break
			}
		}
		if len(seen) < want*9/10 { // what comes in meanwhile moves some away
			t.Errorf("%s: Tab comes to %d of %d", path, len(seen), want)
		}
	}
	b.content()
}

// TestKeys: somebody without a mouse goes to the inbox, looks at an alert, closes its group with a reason, and finds it again.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	a := join(t, s, "berlin-edge")
	a.link.Send(scan("203.0.113.7", "a scan"))
	a.link.Send(scan("203.0.113.8", "another scan"))
	b := open(t, s)
	b.visit("/")
	b.press("?")
	b.wait(stepWithin, `document.querySelector("dialog[open]")?.innerText.includes("go to Inbox")`)
	b.press(kb.Escape)
	b.wait(stepWithin, `!document.querySelector("dialog[open]")`)
	b.press("g", "i")
	b.wait(stepWithin, `document.querySelectorAll(".group").length === 2`)
	b.press("j")
	b.wait(stepWithin, `document.querySelector(".group.current")`)
	b.press(kb.Enter)
	b.wait(stepWithin, `document.querySelector(".drawer h2")?.innerText === "port_scan" && document.activeElement.closest(".drawer")`)
	b.accessible("the drawer of an alert")
	b.press(kb.Escape)
	b.wait(stepWithin, `!document.querySelector(".drawer")`)
	b.press("a") // acknowledges it: it is no more among the open ones
	b.wait(stepWithin, `document.querySelectorAll(".group").length === 1`)
	b.press("j", kb.Backspace)
	b.wait(stepWithin, `document.querySelector("dialog[open]")`)
	b.accessible("the dialog of closing")
	b.press(kb.Tab, kb.Tab)
	b.press("the monitoring", kb.Enter)
	b.wait(5*time.Second, `document.querySelector("main").innerText.includes("The inbox is empty")`)
	b.press("g", "f")
	b.wait(stepWithin, `document.querySelectorAll(".feedrow").length === 2`)
	b.press("/")
	b.wait(stepWithin, `document.activeElement.name === "q"`)
	b.press("src:203.0.113.8", kb.Enter)
	b.wait(stepWithin, `document.querySelectorAll(".feedrow").length === 1`)
	b.press("j", kb.Enter)
	b.wait(stepWithin, `document.querySelector(".drawer h2")?.innerText === "port_scan"`)
	b.content()
}
