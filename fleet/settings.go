// Package fleet is what a server and its agents say to each other, and the settings of both.
package fleet

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// A Listen is an address that a server listens on: host:port, or a port alone for all addresses of the host. 0 and "" are
// none.
type Listen string

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Listen) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "0" || s == "" {
		*l = ""
		return nil
	}
	if _, err := strconv.ParseUint(s, 10, 16); err == nil {
		s = ":" + s
	}
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not an address to listen on: write host:port, as \"192.0.2.1:8443\", a port alone, or 0 for none", text)
	}
	*l = Listen(s)
	return nil
}

// Server is the settings of `ruleids server`.
type Server struct {
	Data         string        `setting:"data,path" default:"/var/lib/ruleids/server" doc:"Directory of the server: its keys, its accounts, what it knows of its agents, and alerts."`
	Names        []string      `setting:"names" doc:"Names and addresses under which agents and people reach the server, for its certificate; beside the host's own."`
	Listen       Listen        `setting:"listen" default:":8443" doc:"host:port of the page, the API and the place where agents join (HTTPS); 0 for none."`
	Agents       Listen        `setting:"agents" default:":8444" doc:"host:port that agents connect to, with their certificates (NATS over TLS 1.3); 0 for none."`
	Redirect     Listen        `setting:"redirect" default:":8442" doc:"host:port of plain HTTP, which only leads to the page; 0 for none."`
	Certificate  string        `setting:"certificate,path" doc:"PEM file with a certificate of your own, and those between it and its CA, for the page; empty: the server's own CA makes one."`
	Key          string        `setting:"key,secret" doc:"PEM file with the key of certificate."`
	Rules        []string      `setting:"rules,path" doc:"Files, and directories of them, with rules on the alerts of all agents together (on = \"alert\"), beside the shipped ones. Rules on packets may be there to be named; they do not run."`
	Keep         time.Duration `setting:"keep" default:"90d" range:"1d..3650d" doc:"How long alerts are kept, by the time that they tell."`
	KeepSize     setting.Size  `setting:"keep_size" default:"50GiB" range:"64MiB.." doc:"Bytes of alerts that are kept; the oldest days go first."`
	MaxAgents    int           `setting:"max_agents" default:"10000" range:"1..100000" doc:"Agents that may join."`
	AlertLimit   int           `setting:"alert_limit" default:"50" range:"1..100000" doc:"Alerts of one agent in alert_span; those above it come as one summary with their number."`
	AlertSpan    time.Duration `setting:"alert_span" default:"5s" range:"1s..10m" doc:"Span of alert_limit."`
	IngestLimit  int           `setting:"ingest_limit" default:"1000" range:"1..1000000" doc:"Events a second that one API key may bring, over a minute; above it the answer is 429."`
	OfflineAfter time.Duration `setting:"offline_after" default:"90s" range:"5s..1h" doc:"How long after its last heartbeat an agent counts as offline."`
}

// Check implements the checks of package setting that no tag can say.
func (s *Server) Check() []setting.Problem {
	var ps []setting.Problem
	if (s.Certificate == "") != (s.Key == "") {
		ps = append(ps, setting.Problem{Setting: "certificate", Detail: "A certificate and its key go together: give both, or neither."})
	}
	for _, name := range s.Names {
		if net.ParseIP(name) == nil && !validName(name) {
			ps = append(ps, setting.Problem{Setting: "names", Detail: fmt.Sprintf("%q is neither the name of a host nor an address.", name)})
		}
	}
	return ps
}

// Store is where a server keeps alerts.
type Store struct {
	Backend string `setting:"backend" default:"sqlite" oneof:"sqlite victorialogs" doc:"Where alerts are kept: sqlite, files in the server's directory, or victorialogs, at url."`
	URL     string `setting:"url" doc:"Address of VictoriaLogs, as http://127.0.0.1:9428. For how long alerts are kept is for its own settings then."`
}

// Check implements the checks of package setting that no tag can say.
func (s *Store) Check() []setting.Problem {
	u, err := url.Parse(s.URL)
	switch {
	case s.Backend == "victorialogs" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https"):
		return []setting.Problem{{Setting: "url", Detail: fmt.Sprintf("%q is not the address of VictoriaLogs: write http://host:9428.", s.URL)}}
	case s.Backend != "victorialogs" && s.URL != "":
		return []setting.Problem{{Setting: "url", Detail: "It is of backend = \"victorialogs\"; set that, too."}}
	}
	return nil
}

// NATS is the NATS cluster that servers of one fleet share the work over. Without URLs a server is alone.
type NATS struct {
	URLs        []string      `setting:"urls" doc:"Servers of a NATS cluster with JetStream, as tls://nats1.example.com:4222, over which several servers share the work of one fleet; empty: this server is alone."`
	Name        string        `setting:"name" default:"ruleids" doc:"Begins the names of the fleet's streams and subjects there."`
	Replicas    int           `setting:"replicas" default:"3" range:"1..5" doc:"How many of the NATS servers keep each message. Of 3 one may be lost, of 5 two."`
	User        string        `setting:"user" doc:"User of the NATS servers, where they ask for one with a password."`
	Password    string        `setting:"password,secret" doc:"File with the password of user."`
	Credentials string        `setting:"credentials,secret" doc:"File with the credentials of a NATS account."`
	CA          string        `setting:"ca,path" doc:"PEM file with the CA of the NATS servers; empty: those that the host trusts."`
	Certificate string        `setting:"certificate,path" doc:"PEM file with the certificate that the NATS servers are shown."`
	Key         string        `setting:"key,secret" doc:"PEM file with the key of certificate."`
	KeepAlerts  time.Duration `setting:"keep_alerts" default:"7d" range:"1h..90d" doc:"For how long alerts wait there for a server that is away."`
	KeepSize    setting.Size  `setting:"keep_size" default:"10GiB" range:"64MiB.." doc:"Bytes of alerts that wait there; the oldest go first."`
	KeepChanges time.Duration `setting:"keep_changes" default:"90d" range:"1d..3650d" doc:"For how long changes of accounts, agents, decisions and rule sets wait there for a server that is away."`
}

// Check implements the checks of package setting that no tag can say.
func (n *NATS) Check() []setting.Problem {
	var ps []setting.Problem
	if (n.Certificate == "") != (n.Key == "") {
		ps = append(ps, setting.Problem{Setting: "certificate", Detail: "A certificate and its key go together: give both, or neither."})
	}
	if (n.User == "") != (n.Password == "") {
		ps = append(ps, setting.Problem{Setting: "user", Detail: "A user and its password go together: give both, or neither."})
	}
	if !validName(n.Name) || strings.Contains(n.Name, ".") {
		ps = append(ps, setting.Problem{Setting: "name", Detail: fmt.Sprintf("%q is no name of a stream: write letters, digits, - and _.", n.Name)})
	}
	for _, text := range n.URLs {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			ps = append(ps, setting.Problem{Setting: "urls", Detail: fmt.Sprintf("%q is not the address of a NATS server: write tls://host:4222.", text)})
		}
	}
	return ps
}

// validName reports whether a name can be that of a host, by its characters.
func validName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for _, c := range s {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' {
			continue
		}
		return false
	}
	return true
}

// Agent is the settings of a daemon as an agent of a fleet.
type Agent struct {
	Directory string       `setting:"directory,path" default:"/var/lib/ruleids/fleet" doc:"Directory that ruleids join made: the agent's key, its certificate, its queue of alerts. A daemon that finds none there belongs to no fleet."`
	Spool     setting.Size `setting:"spool" default:"256MiB" range:"1MiB..64GiB" doc:"Bytes of alerts that are kept for a server that cannot be reached; above it those of low severity go first."`
	Dashboard setting.URL  `setting:"dashboard" doc:"Page of the server, which ruleids tray opens; empty: port 8443 of the server."`
}
