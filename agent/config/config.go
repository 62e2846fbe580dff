// Package config reads the daemon's settings: ruleids.hcl, the environment and flags, checked with the
// same diagnostics as rule files.
//
// Structs with tags, as package setting reads them, have every setting with its default and its meaning. The loader,
// `config show`, the environment's names and the reference in docs/operations.md are made from them.
package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/firewall"
	"github.com/ruleids/ruleids/capture/evidence"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/source"
)

// Config is what the daemon is told. It does not change after Load.
type Config struct {
	General
	Capture Capture
	Rules   Rules
	Control Control
	Metrics Metrics
	Log     Log

	Evidence evidence.Config

	Assets   Assets
	Scan     Scan
	Response decision.Config // what becomes of actions of rules
	Firewall firewall.Config // of the block response, too

	Server fleet.Server // of `ruleids server`
	NATS   fleet.NATS   // of several of them together
	Store  fleet.Store  // of their alerts
	Fleet  fleet.Agent  // of a daemon that joined a server

	// Outputs and what follows are in the order of the file.
	Outputs     []Output
	Reputations []Reputation
	Notifiers   []Notifier
	Honeypots   []Honeypot
	Logs        []AuthLog

	// Files are the settings files that were read: none or one.
	Files []string
	// Sources holds the text of Files, for the printing of diagnostics; secrets in it are blotted out.
	Sources map[string]*hcl.File

	from   map[string]string        // by setting: where its value comes from
	places map[string]setting.Place // by setting: where the file has it, where its value comes from there
}

// General is the settings outside of blocks.
type General struct {
	Agent string `setting:"agent" doc:"Name of this sensor, in every alert; the host's name where it is empty."`
	User  string `setting:"user" doc:"Account that a daemon started as root changes to once its sockets are open; empty: it stays, with the capabilities that it needs and no others."`
}

// Capture says which packets are read, and how.
type Capture struct {
	Interfaces        []string       `setting:"interfaces" doc:"Network interfaces to watch."`
	WaitForInterfaces bool           `setting:"wait_for_interfaces" default:"false" doc:"Start without an interface that does not exist yet, and wait for it; else that is an error. One that vanishes later is always waited for."`
	Snaplen           int            `setting:"snaplen" default:"65535" range:"68..262144" doc:"Bytes of each packet that are captured. Rules on payload or dns see no more than that."`
	Ring              setting.Size   `setting:"ring" default:"64MiB" range:"1MiB..2GiB" doc:"Size of the ring that the kernel writes packets to, for each interface and worker."`
	Promiscuous       bool           `setting:"promiscuous" default:"true" doc:"Also see packets for other hosts. With false those that come all the same are counted and left out."`
	Ignore            []netip.Prefix `setting:"ignore,reload" doc:"Addresses and networks whose packets, from them or to them, are dropped in the kernel."`
	Checksums         string         `setting:"checksums" default:"auto" oneof:"auto on off" doc:"Whether packets with a wrong checksum, which no host accepts, are kept from the rules. auto and on do; auto knows offload in captures too. off counts them."`
	Tunnels           []TunnelEnd    `setting:"tunnels" doc:"Tunnels that end here, as \"vxlan\" or \"gre 192.0.2.7\", beside those of the host's own interfaces: actions keep out inner sources. Of others they keep out the outermost one."`
	Workers           int            `setting:"workers" default:"1" range:"0..64" doc:"Goroutines that share the work on packets; 0 is one for each CPU."`
}

// A TunnelEnd is a kind of tunnel that ends here.
type TunnelEnd struct {
	Tunnel packet.Tunnel
	Peer   netip.Prefix // of its other ends; the zero Prefix is any
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *TunnelEnd) UnmarshalText(text []byte) (err error) {
	kind, peer, given := strings.Cut(string(text), " ")
	end := TunnelEnd{}
	ok := false
	if end.Tunnel, ok = packet.TunnelByName(kind); !ok {
		var kinds []string
		for _, t := range packet.Tunnels() {
			kinds = append(kinds, t.String())
		}
		return fmt.Errorf("%q is not a kind of tunnel: it must be one of %s, and perhaps the address or network of the other end behind a space", kind, strings.Join(kinds, ", "))
	}
	if given {
		if end.Peer, err = setting.ParseNetwork(peer); err != nil {
			return err
		}
	}
	*e = end
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (e TunnelEnd) MarshalText() ([]byte, error) {
	switch {
	case !e.Peer.IsValid():
		return []byte(e.Tunnel.String()), nil
	case e.Peer.IsSingleIP():
		return []byte(e.Tunnel.String() + " " + e.Peer.Addr().String()), nil
	}
	return []byte(e.Tunnel.String() + " " + e.Peer.String()), nil
}

// Rules says where rules come from.
type Rules struct {
	Paths    []string       `setting:"paths,path,reload" doc:"Rule files, and directories of them, beside the shipped rules."`
	Stdlib   bool           `setting:"stdlib,reload" default:"true" doc:"Load the shipped rules."`
	Memory   string         `setting:"memory,path" default:"/var/lib/ruleids/memory" doc:"File that keeps over a restart what rules remember: lists that they fill, sequences under way, and values of memory blocks. Empty for none."`
	Models   string         `setting:"models,path" default:"/var/lib/ruleids/models" doc:"Directory that keeps over a restart what models have learned to be usual. Empty for none."`
	Peaks    string         `setting:"peaks,path" default:"/var/lib/ruleids/peaks" doc:"File that keeps for seven days how large the values get that rules hold against their thresholds, for ruleids tune --live. Empty: they are not watched."`
	GeoIP    []string       `setting:"geoip,path,reload" doc:"Files in the MaxMind DB format (.mmdb) that say where addresses are: what geoip.country, geoip.asn and geoip.as_org ask."`
	Fetched  string         `setting:"fetched,path" default:"/var/lib/ruleids/fetched" doc:"Directory with the last good copies of what is fetched: the rule set of source, and lists with a url. Empty: nothing is fetched."`
	Source   string         `setting:"source,reload" doc:"Where a rule set is published, to be fetched and run beside those in paths: https://… or file:///… of a tar file, git+https://… (git+ssh, git+file) of a repository, with ?ref= for a branch, tag or commit, or oci://registry/repository:tag. #DIR behind it is a directory in it."`
	SHA256   string         `setting:"sha256,reload" doc:"The tar file of source is good only with this SHA-256, in hex."`
	Minisign string         `setting:"minisign,reload" doc:"The tar file of source is good only if minisign signed it with this public key; the signature has its name with .minisig behind it."`
	Token    setting.Source `setting:"source_token" doc:"Token that the server of source wants, or user:password."`
	Refresh  time.Duration  `setting:"refresh,reload" default:"6h" range:"1m..30d" doc:"Time between two looks at source."`
	MaxAge   time.Duration  `setting:"max_age,reload" default:"0" range:"0,1m.." doc:"The copy of source is trouble when source was not seen for so long; 0s for never."`
	Poll     time.Duration  `setting:"poll" default:"30s" range:"0,100ms..24h" doc:"Time between two looks at the rule files in case the kernel's notices of changes are lost; 0s for none."`
}

// Spec returns where the rule set is published. The error is that of the token's file.
func (r *Rules) Spec() (source.Spec, error) {
	token, err := r.Token.Read("source_token")
	return source.Spec{Source: r.Source, SHA256: r.SHA256, Key: r.Minisign, Token: token.Reveal()}, err
}

// Check returns what is wrong with the settings together.
func (r *Rules) Check() []setting.Problem {
	out := source.Spec{Source: r.Source, SHA256: r.SHA256, Key: r.Minisign}.Check()
	if r.Source != "" && r.Fetched == "" {
		out = append(out, setting.Problem{Setting: "source", Detail: "There is no directory to keep it in. Name one with fetched."})
	}
	return out
}

// Control is the control socket, and what others may ask.
type Control struct {
	Socket  string `setting:"socket,path" default:"/run/ruleids/control.sock" doc:"Unix socket of the control API; empty for none."`
	Summary string `setting:"summary,path" doc:"Second socket, or pipe, on which everybody on this host may ask how the daemon is, and nothing else, as ruleids tray does; empty for none."`
}

// Metrics is the HTTP server of metrics.
type Metrics struct {
	Listen setting.Listen `setting:"listen" doc:"host:port of the HTTP server with /metrics and /healthz; empty for none."`
}

// Log is the daemon's own log.
type Log struct {
	Format string `setting:"format" default:"text" oneof:"text json" doc:"Form of the daemon's log on standard error: text or json."`
	Level  string `setting:"level,reload" default:"info" oneof:"debug info warn error" doc:"Minimum level that is logged: debug, info, warn or error."`
}

// Assets is the map of hosts and services.
type Assets struct {
	Enabled  bool   `setting:"enabled" default:"true" doc:"Learn from all packets which hosts and services there are. Rules that look at asset.* have it learned all the same."`
	File     string `setting:"file,path" default:"/var/lib/ruleids/assets" doc:"File that keeps the map over a restart. Empty for none."`
	MaxHosts int    `setting:"max_hosts" default:"65536" range:"16..1048576" doc:"Hosts in the map; when it is full, those that never answered go first, then those that were silent for longest."`
	OUI      string `setting:"oui,path" doc:"File that says who made a network card by its hardware address, as oui.csv or oui.txt of the IEEE or nmap-mac-prefixes, or a directory with oui.csv; empty: that of Debian's ieee-data, or of nmap."`
}

// Scan is what nmap is run for.
type Scan struct {
	Nets    []netip.Prefix `setting:"nets" most:"256" doc:"Networks that nmap is run on. Without any nothing is ever sent."`
	Every   time.Duration  `setting:"every" default:"24h" range:"10m..8760h" doc:"Time between two scans. The first is at the start."`
	Timeout time.Duration  `setting:"timeout" default:"2h" range:"1m..24h" doc:"A scan that takes longer is ended; what it found by then counts."`
	Program []string       `setting:"program,program" default:"nmap -sV -T3 --max-rate 100" doc:"The scanner and its arguments, before the networks. It has to write nmap's XML to standard output with -oX -."`
}

// Check implements the checks of package setting that no tag can say.
func (s *Scan) Check() []setting.Problem {
	four, six := false, false
	for _, n := range s.Nets {
		least := 16
		if n.Addr().Is6() {
			six, least = true, 112
		} else {
			four = true
		}
		if n.Bits() < least {
			return []setting.Problem{{Setting: "nets", Detail: fmt.Sprintf("%s has more than 65,536 addresses, which no scan gets through; name the parts that hosts are in.", n)}}
		}
	}
	if four && six {
		return []setting.Problem{{Setting: "nets", Detail: "nmap scans either IPv4 or IPv6; name networks of one of them."}}
	}
	return nil
}

// A part is a block of which there is one, with the structs of its settings.
type part struct {
	block   string // "" for what is outside of blocks
	structs []any
}

// name returns how a setting of the part is called, "capture.ring".
func (p part) name(attribute string) string {
	if p.block == "" {
		return attribute
	}
	return p.block + "." + attribute
}

// parts are in the order in which `config show` prints them.
func (c *Config) parts() []part {
	return []part{
		{"", []any{&c.General}}, {"capture", []any{&c.Capture}}, {"rules", []any{&c.Rules}}, {"control", []any{&c.Control}},
		{"metrics", []any{&c.Metrics}}, {"log", []any{&c.Log}}, {"assets", []any{&c.Assets}}, {"scan", []any{&c.Scan}}, {"response", []any{&c.Response, &c.Firewall}}, {"evidence", []any{&c.Evidence}},
		{"server", []any{&c.Server}}, {"nats", []any{&c.NATS}}, {"store", []any{&c.Store}}, {"fleet", []any{&c.Fleet}},
	}
}

// A Setting is one of those of which there is one. String returns its value as the file would have it.
type Setting struct {
	Name string // "capture.ring": the block and the attribute; an attribute alone for those outside of blocks
	setting.Field
}

// EnvPrefix begins the names of environment variables that are settings: RULEIDS_CAPTURE_RING. Lists are
// separated by commas there.
const EnvPrefix = "RULEIDS_"

// Env returns the name of the environment variable of the setting.
func (s Setting) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(s.Name, ".", "_"))
}

// Settings returns all settings with their defaults, in the order in which `config show` prints them.
func Settings() []Setting { return newConfig().settings() }

func newConfig() *Config {
	c := &Config{Sources: map[string]*hcl.File{}, from: map[string]string{}, places: map[string]setting.Place{}}
	for _, p := range c.parts() {
		setting.Defaults(p.structs...)
	}
	return c
}

func (c *Config) settings() []Setting {
	var out []Setting
	for _, p := range c.parts() {
		for _, f := range setting.Fields(p.structs...) {
			out = append(out, Setting{p.name(f.Name), f})
		}
	}
	return out
}

// Fault returns what is wrong with the value of a setting, at the place where that comes from: beyond the checks of
// Load, which does not look at the system. code is one of package diag.
func (c *Config) Fault(name, code, format string, args ...any) *hcl.Diagnostic {
	text := strings.TrimSuffix(fmt.Sprintf(format, args...), ".")
	if at := c.places[name].Value; at.Filename != "" {
		return diag.New(code, at, "%s: %s.", name, text)
	}
	from := cmp.Or(c.from[name], name)
	return loose(code, "%s: %s.", from, text)
}

// loose returns a diagnostic that has no place: of the environment or of flags.
func loose(code, format string, args ...any) *hcl.Diagnostic {
	d := diag.New(code, hcl.Range{}, format, args...)
	d.Subject = nil
	return d
}

// Restart returns the names of the settings that differ between two configurations and that only a
// restart can change, in the order in which `config show` prints them.
func Restart(running, wanted *Config) []string {
	var out []string
	now := running.parts()
	for i, p := range wanted.parts() {
		for j, s := range p.structs {
			for _, name := range setting.Restart(now[i].structs[j], s) {
				out = append(out, p.name(name))
			}
		}
	}
	before := running.sections()
	for i, b := range wanted.sections() {
		if !reflect.DeepEqual(before[i].ids, b.ids) || len(before[i].configs) != len(b.configs) {
			out = append(out, b.block)
			continue
		}
		for j, c := range b.configs {
			if len(setting.Restart(before[i].configs[j], c)) > 0 {
				out = append(out, b.block)
				break
			}
		}
	}
	return out
}
