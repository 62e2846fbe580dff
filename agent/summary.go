package agent

import (
	"context"
	"net"
	"net/http"

	"golang.org/x/net/netutil"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/scale"
)

// summaries is the part that tells everybody on this host how the daemon is, on a socket of its own, and nothing else.
type summaries struct {
	d        *Daemon
	listener net.Listener // nil without
}

// summaryConnections is how many connections there may be at a time: who may connect is not who may use up the daemon's memory.
const summaryConnections = 16

// Open opens the socket.
func (p *summaries) Open(context.Context) error {
	path := p.d.running.Control.Summary
	if path == "" {
		return nil
	}
	l, err := listenSocket(socketOfAll, path, p.d.account)
	if err == nil {
		p.listener = netutil.LimitListener(l, summaryConnections)
	}
	return err
}

// Run serves.
func (p *summaries) Run(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /summary", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, p.summary(r.Context())) })
	serveHTTP(ctx, p.listener, mux, p.d.log, "summary")
	return nil
}

// Close gives up the socket.
func (p *summaries) Close(context.Context) error { return closeListener(p.listener) }

// fleetPage is the port of the page where fleet { dashboard } does not say: that of server { listen }.
const fleetPage = "8443"

func (p *summaries) summary(ctx context.Context) *api.Summary {
	s := p.d.Status(ctx)
	out := &api.Summary{Version: s.Version, Healthy: s.Healthy, Troubles: len(s.Trouble), Alerts: s.Alerts.Raised,
		Serious: s.Alerts.BySeverity[scale.SeverityHigh] + s.Alerts.BySeverity[scale.SeverityCritical]}
	if s.Pause != nil {
		out.Pause = &api.SummaryPause{Until: s.Pause.Until}
	}
	if r := s.Responses; r != nil {
		out.Mode = string(r.Mode)
		if r.Mode == decision.Enforce {
			out.KeptOut = r.Blocks + r.Quarantines
		}
	}
	if page := p.d.running.Fleet.Dashboard; page.Host != "" {
		out.Dashboard = page.String()
	} else if s.Fleet != nil {
		if host, _, err := net.SplitHostPort(s.Fleet.Server); err == nil {
			out.Dashboard = "https://" + net.JoinHostPort(host, fleetPage)
		}
	}
	return out
}
