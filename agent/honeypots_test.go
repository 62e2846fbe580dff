package agent

import (
	"net/netip"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

// An echo takes alerts, and has another event happen for each alert.
type echo struct {
	keptAlerts
	again func()
}

func (e *echo) Send(a *alert.Alert) {
	e.keptAlerts.Send(a)
	e.again()
}

// TestEventsLeaveTimeForPackets: clients that do things at honeypots as fast as these are looked at keep no packet
// waiting.
func TestEventsLeaveTimeForPackets(t *testing.T) {
	r := start(t, "", map[string]string{"h.hcl": `rule "touched" {
  description = "A honeypot."
  severity    = "low"
  on          = "honeypot"
  where       = "honeypot.action == 'connect'"
  by          = ["ip.src"]
  cooldown    = "0s"
}
`})
	out := &echo{}
	l := newLoop(r.loaded.Load().Plan, engine.Config{Workers: 1}, newFakeSource(), out.Send, nil, nil)
	h := packet.Honeypot{Time: 1, Src: netip.MustParseAddrPort("198.51.100.7:4000"), Dst: netip.MustParseAddrPort("192.0.2.1:22"), Service: "ssh", Action: packet.HoneypotConnect}
	const most = 1000
	out.again = func() {
		if len(out.alerts) < most {
			h.Time++
			l.events <- *h.Event()
		}
	}
	l.events <- *h.Event()
	l.serve()
	if n := len(out.of("touched")); n != 1 {
		t.Errorf("%d events in one turn, and packets wait", n)
	}
}
