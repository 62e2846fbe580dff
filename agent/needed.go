package agent

import (
	"fmt"
	"net"
	"net/url"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/fleet/link"
	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/rules/lists"
)

// Needed returns the hosts that the parts of a daemon with these settings and lists talk to. A decision about one of them would
// take the alerts, or the answers, of the sensor itself.
func Needed(c *config.Config, lists []*lists.List, environ func(name string) (string, bool)) []host.Name {
	var out []host.Name
	add := func(what string, hosts []string) {
		for _, h := range hosts {
			out = append(out, host.Name{Host: h, What: what})
		}
	}
	for _, o := range c.Outputs {
		add(fmt.Sprintf("the server of output %s %q", o.Kind, o.Name), setting.Hosts(o.Config))
	}
	for _, n := range c.Notifiers {
		what := fmt.Sprintf("the server of notifier %s %q", n.Kind, n.Name)
		add(what, setting.Hosts(n.Config))
		if x, ok := n.Config.(interface{ Hosts() []string }); ok {
			add(what, x.Hosts())
		}
	}
	for _, r := range c.Reputations {
		add(fmt.Sprintf("the server of reputation %q", r.Kind), setting.Hosts(r.Config))
	}
	add("the server of rules.source", hostsOf(c.Rules.Source))
	for _, l := range lists {
		for _, f := range l.Feeds {
			add(fmt.Sprintf("the server of list %q", l.Name), hostsOf(f.URL))
		}
	}
	if m, err := link.Read(c.Fleet.Directory); err == nil {
		if at, _, err := net.SplitHostPort(m.Server); err == nil {
			add("the server of the fleet", []string{at})
		}
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		if text, ok := environ(name); ok {
			if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
				add("the proxy in "+name, []string{u.Hostname()})
			}
		}
	}
	return out
}

// hostsOf returns the host of a URL, where it has one.
func hostsOf(address string) []string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	return []string{u.Hostname()}
}
