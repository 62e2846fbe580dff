package report

import (
	"fmt"
	"strings"

	"github.com/ruleids/ruleids/assets"
)

// hostsMost is how many hosts are listed: those on the network first, then those that offer something.
const hostsMost = 500

// hosts lists the hosts of the map that answered somebody, or are on the link.
func (v *view) hosts(in *Input) {
	total := 0
	for _, local := range []bool{true, false} {
		for i := range in.Hosts {
			h := &in.Hosts[i]
			if h.Local != local || !h.Answered && !h.Local {
				continue
			}
			if total++; len(v.Hosts) < hostsMost {
				v.Hosts = append(v.Hosts, viewOf(h))
			}
		}
	}
	if total > len(v.Hosts) {
		v.HostsOf = fmt.Sprintf("%d of %d hosts, those on the network first.", len(v.Hosts), total)
	}
}

// offersMost is how many services of a host are named.
const offersMost = 12

func viewOf(h *assets.Host) hostView {
	out := hostView{IP: h.IP.String(), Name: clean(h.Name()), Hardware: strings.TrimSpace(h.MAC + " " + clean(h.Vendor)), System: clean(h.System)}
	if h.SystemBy == "ttl" {
		out.System += "?"
	}
	if h.Router {
		out.System = strings.TrimSpace(out.System + " router")
	}
	var words []string
	for i := range h.Services {
		s := &h.Services[i]
		if i == offersMost {
			words = append(words, fmt.Sprintf("%d more", len(h.Services)-i))
			break
		}
		words = append(words, strings.TrimSpace(fmt.Sprintf("%d/%s %s", s.Port, s.Proto, clean(s.Service))))
	}
	out.Offers = strings.Join(words, ", ")
	return out
}
