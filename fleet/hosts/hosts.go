// Package hosts keeps what the agents of a fleet know of hosts and services, in memory: after a restart of the server
// they tell it again.
package hosts

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/fleet"
)

// MaxEach is how many hosts of one agent are kept. Of more, those that are not on its own networks and were silent for
// longest are left out.
const MaxEach = 10_000

// A Store is the maps of all agents. Its methods may be called by several goroutines.
type Store struct {
	mu     sync.RWMutex
	agents map[string]*chart
}

// A chart is the map of an agent.
type chart struct {
	is, seq uint64 // which map, and up to which change
	hosts   map[netip.Addr]*assets.Host
}

// New returns an empty Store.
func New() *Store { return &Store{agents: map[string]*chart{}} }

// Take takes a batch of an agent, and says up to which change its map is known.
func (b *Store) Take(agent string, batch *fleet.AssetBatch) fleet.AssetAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.agents[agent]
	if c == nil || c.is != batch.Map {
		fresh := &chart{is: batch.Map, hosts: map[netip.Addr]*assets.Host{}}
		if batch.Since != 0 { // what came before is not here: the agent begins again
			return fleet.AssetAnswer{Map: batch.Map}
		}
		c = fresh
		b.agents[agent] = c
	}
	if batch.Since != c.seq {
		return fleet.AssetAnswer{Map: c.is, Seq: c.seq}
	}
	var fault error
	for _, text := range batch.Hosts[:min(len(batch.Hosts), fleet.MaxAssets)] {
		h := &assets.Host{}
		if err := json.Unmarshal(text, h); err != nil || !h.IP.IsValid() {
			fault = errors.Join(errors.New("a host cannot be read"), err)
			continue
		}
		h.Services = h.Services[:min(len(h.Services), fleet.MaxAssetServices)]
		c.hosts[h.IP] = h
	}
	c.thin()
	c.seq = batch.Seq
	answer := fleet.AssetAnswer{Map: c.is, Seq: c.seq}
	if fault != nil {
		answer.Error = fault.Error()
	}
	return answer
}

// thin leaves hosts out where there are too many: an eighth at once.
func (c *chart) thin() {
	if len(c.hosts) <= MaxEach {
		return
	}
	all := slices.Collect(maps.Values(c.hosts))
	slices.SortFunc(all, func(x, y *assets.Host) int {
		if x.Local != y.Local {
			if x.Local {
				return -1
			}
			return 1
		}
		return cmp.Or(y.Last.Compare(x.Last), x.IP.Compare(y.IP))
	})
	for _, h := range all[MaxEach-MaxEach/8:] {
		delete(c.hosts, h.IP)
	}
}

// Forget drops the map of an agent.
func (b *Store) Forget(agent string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.agents, agent)
}

// A Host is one that an agent knows.
type Host struct {
	Agent string `json:"agent"` // its identity; the API has the name here
	assets.Host
}

// A Search says which hosts are wanted. Zero values want all.
type Search struct {
	Agents []string // identities
	Within netip.Prefix
	Local  bool     // only those on the networks of agents
	Words  []string // each is in the address, a name, the hardware, the system or a service, whatever its case
}

// Find returns the hosts that are wanted, by address and agent.
func (b *Store) Find(s Search) []Host {
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := []Host{}
	for id, c := range b.agents {
		if len(s.Agents) > 0 && !slices.Contains(s.Agents, id) {
			continue
		}
		for _, h := range c.hosts {
			if s.wants(h) {
				out = append(out, Host{id, *h})
			}
		}
	}
	slices.SortFunc(out, func(x, y Host) int { return cmp.Or(x.IP.Compare(y.IP), cmp.Compare(x.Agent, y.Agent)) })
	return out
}

func (s *Search) wants(h *assets.Host) bool {
	if s.Within.IsValid() && !s.Within.Contains(h.IP) || s.Local && !h.Local {
		return false
	}
	if len(s.Words) == 0 {
		return true
	}
	text := []string{h.IP.String(), h.MAC, h.Vendor, h.System}
	for _, n := range h.Names {
		text = append(text, n.Name)
	}
	for _, v := range h.Services {
		text = append(text, strconv.Itoa(int(v.Port))+"/"+v.Proto, v.Service, v.Product)
	}
	all := strings.ToLower(strings.Join(text, "\n"))
	return !slices.ContainsFunc(s.Words, func(w string) bool { return !strings.Contains(all, strings.ToLower(w)) })
}
