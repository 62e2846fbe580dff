package api

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/fleet/hosts"
)

// AssetPage is hosts that agents know. Total counts those that were found, of which a page has the first.
type AssetPage struct {
	Assets []hosts.Host `json:"assets"`
	Total  int          `json:"total"`
}

// mostAssets is how many hosts a page has at most.
const mostAssets = 5000

func (c *call) assets() (any, error) {
	s := hosts.Search{Local: c.query("local") == "true", Words: strings.Fields(c.query("q"))}
	if text := c.query("ip"); text != "" {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, aerr := netip.ParseAddr(text)
			if aerr != nil {
				return nil, bad("ip must be an address or a network as 10.0.0.0/8, not %q", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		s.Within = p.Masked()
	}
	names := map[string]string{}
	for _, a := range c.api.opt.Roster.List(false) {
		names[a.ID] = a.Name
	}
	if text := c.query("agent"); text != "" {
		for _, name := range strings.Split(text, ",") {
			a := c.api.opt.Roster.Get(name)
			if a == nil {
				return nil, bad("there is no agent %q", name)
			}
			s.Agents = append(s.Agents, a.ID)
		}
	}
	limit := 1000
	if text := c.query("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostAssets {
			return nil, bad("limit must be a number from 1 to %d, not %q", mostAssets, text)
		}
		limit = n
	}
	found := c.api.opt.Hosts.Find(s)
	page := AssetPage{Total: len(found), Assets: found[:min(len(found), limit)]}
	for i := range page.Assets {
		if name, ok := names[page.Assets[i].Agent]; ok {
			page.Assets[i].Agent = name
		}
	}
	return page, nil
}
