package browser

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
)

// TestGoneAndBack: without its server the page says that it is stale and keeps what it shows; it goes on by itself, in both tabs.
func TestGoneAndBack(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	a := join(t, s, "berlin-edge")
	a.link.Send(scan("203.0.113.7", "before the end"))
	b := open(t, s)
	other := b.another()
	for _, x := range []*tab{b, other} {
		x.visit("/feed")
		x.wait(stepWithin, `document.querySelector(".connection.live") && document.querySelector(".feedrow")`)
		x.tolerate(true) // what cannot be reached is told of on the console
	}
	s.halt()
	for _, x := range []*tab{b, other} {
		x.wait(10*time.Second, `document.querySelector(".connection.lost") && document.querySelector(".stale").innerText.includes("No connection to the server")`)
		if !x.is(`document.querySelector(".feedrow").innerText.includes("before the end")`) {
			t.Error("what was known is not shown any more")
		}
	}
	b.accessible("a stale page")
	s.start()
	for _, x := range []*tab{b, other} {
		x.wait(20*time.Second, `document.querySelector(".connection.live") && !document.querySelector(".stale")`)
		x.tolerate(false)
	}
	until(t, 30*time.Second, "the agent is back", func() bool { return a.link.Status().Connected })
	a.link.Send(scan("203.0.113.8", "after the start"))
	for _, x := range []*tab{b, other} {
		x.wait(10*time.Second, `document.querySelector("main").innerText.includes("after the start")`)
		x.content()
	}
}

// TestQuiet: where nothing happens the page stays live, for longer than any deadline of the stream.
func TestQuiet(t *testing.T) {
	t.Parallel()
	b := open(t, newServer(t, false))
	b.visit("/feed")
	b.wait(stepWithin, `document.querySelector(".connection.live")`)
	b.eval(`window.lost = 0, new MutationObserver(() => { if (!document.querySelector(".connection.live")) window.lost++; }).observe(document.querySelector(".top"), {subtree: true, childList: true, attributes: true, characterData: true})`, nil)
	time.Sleep(18 * time.Second)
	if !b.is(`window.lost === 0 && document.querySelector(".connection.live")`) {
		t.Error("the page was not live all the time")
	}
	b.content()
}

// TestSlow: on a slow network a page says at once that it loads, and takes what is asked of it.
func TestSlow(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	b := open(t, s)
	_ = call(b, network.Enable, network.EnableParams{})
	_ = call(b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{{Latency: 800, DownloadThroughput: 30_000, UploadThroughput: 10_000}}})
	b.eval(`document.querySelector('.rail a[href="/analytics"]').click()`, nil)
	b.wait(time.Second, `document.querySelector("main h1").innerText === "Analytics" && document.querySelector(".loading")`)
	b.wait(stepWithin, settled)
	b.wait(stepWithin, `document.querySelector(".bars")`)
	// Somebody who does not wait: each goes on to the next page, and what comes late from the one before is not shown.
	for _, path := range []string{"/inbox", "/models", "/rules", "/decisions"} {
		b.eval(`document.querySelector('.rail a[href="`+path+`"]').click()`, nil)
	}
	b.wait(stepWithin, settled+` && document.querySelector("main h1").innerText === "Decisions" && document.querySelector("main table")`)
	b.content()
}
