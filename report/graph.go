package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/internal/printable"
)

const (
	// nodesMost is how many hosts the graph has: as many names as can be read around a circle.
	nodesMost = 60
	// upright is up to how many hosts their names stand upright, which takes more room.
	upright = 16
	// edgesMost bounds its lines.
	edgesMost = 400
	// nameMost is how much of a name is beside a host, in characters.
	nameMost = 22
)

// A graph is who asks whom, on a circle.
type graph struct {
	Box   string // what of the plane is shown
	Nodes []node
	Edges []edge
	Note  string
}

type node struct {
	X, Y, R       float64
	TX, TY        float64 // of its name,
	Turn          float64 // which is turned around its beginning, in degrees
	Ends          string  // "left" where it ends there, "mid" where that is its middle
	Name          string
	Title, Class  string
	asks, isAsked int
}

type edge struct{ Path, Title string }

// talk is one host that asks another.
type talk struct{ client, server netip.Addr }

// graph draws the hosts that ask others for what they offer, or are asked: by the clients that the map knows by their addresses.
func (v *view) graph(in *Input) {
	hosts := map[netip.Addr]*assets.Host{}
	for i := range in.Hosts {
		if h := &in.Hosts[i]; h.Answered || h.Local {
			hosts[h.IP] = h
		}
	}
	talks := map[talk][]string{}
	nodes := map[netip.Addr]*node{}
	at := func(ip netip.Addr) *node {
		if nodes[ip] == nil {
			nodes[ip] = &node{}
		}
		return nodes[ip]
	}
	for i := range in.Hosts {
		h := &in.Hosts[i]
		if hosts[h.IP] == nil {
			continue
		}
		for j := range h.Services {
			s := &h.Services[j]
			for _, c := range s.From {
				t := talk{c, h.IP}
				if hosts[c] == nil || c == h.IP {
					continue
				}
				if talks[t] == nil {
					at(c).asks++
					at(h.IP).isAsked++
				}
				talks[t] = append(talks[t], cmp.Or(clean(s.Service), fmt.Sprintf("%d/%s", s.Port, s.Proto)))
			}
		}
	}
	all := slices.SortedFunc(maps.Keys(nodes), func(a, b netip.Addr) int {
		x, y := nodes[a], nodes[b]
		return cmp.Or(cmp.Compare(y.asks+y.isAsked, x.asks+x.isAsked), a.Compare(b))
	})
	shown := all[:min(len(all), nodesMost)]
	slices.SortFunc(shown, netip.Addr.Compare)
	g := &v.Graph
	g.Box = "-400 -225 800 450"
	if len(shown) > upright {
		g.Box = "-400 -360 800 720"
	}
	for i, ip := range shown {
		nodes[ip].place(i, len(shown), hosts[ip])
		g.Nodes = append(g.Nodes, *nodes[ip])
	}
	drawn := func(t talk) bool { return slices.Contains(shown, t.client) && slices.Contains(shown, t.server) }
	order := slices.SortedFunc(maps.Keys(talks), func(a, b talk) int {
		return cmp.Or(cmp.Compare(len(talks[b]), len(talks[a])), a.client.Compare(b.client), a.server.Compare(b.server))
	})
	for _, t := range order {
		if len(g.Edges) < edgesMost && drawn(t) {
			from, to := nodes[t.client], nodes[t.server]
			g.Edges = append(g.Edges, edge{Path: fmt.Sprintf("M%v %vQ0 0 %v %v", from.X, from.Y, to.X, to.Y),
				Title: from.Name + " asks " + to.Name + ": " + strings.Join(talks[t], ", ")})
		}
	}
	g.Note = "Lines go from who asks to who is asked; the larger a host, the more ask it."
	if n := len(all) - len(shown); n > 0 {
		g.Note += " " + plural(uint64(n), "host") + " with fewer connections " + are(uint64(n)) + " left out."
	}
	if n := len(talks) - len(g.Edges); n > 0 {
		g.Note += " " + plural(uint64(n), "line") + " " + are(uint64(n)) + " not drawn."
	}
}

// place puts a host on the circle, the first at the top.
func (n *node) place(i, of int, h *assets.Host) {
	angle := 2*math.Pi*float64(i)/float64(of) - math.Pi/2
	x, y := math.Cos(angle), math.Sin(angle)
	rx, ry := 250.0, 190.0
	if of > upright {
		rx, ry = 200, 200
	}
	n.X, n.Y, n.R = round(rx*x), round(ry*y), round(4+min(9, 2*math.Sqrt(float64(n.isAsked))))
	side := 1.0
	if x < -0.01 {
		n.Ends, side = "left", -1
	}
	const steep = 0.2 // nearer to the top or the bottom than this, names are above or below
	switch {
	case of > upright:
		n.TX, n.TY, n.Turn = round((rx+17)*x), round((ry+17)*y), round(angle*180/math.Pi)
		if n.Ends != "" {
			n.Turn += 180
		}
	case math.Abs(x) < steep:
		n.TX, n.TY, n.Ends = n.X, round(n.Y+math.Copysign(n.R+10, y)), "mid"
	default:
		n.TX, n.TY = round(n.X+side*(n.R+5)), n.Y
	}
	n.Name = printable.Clip(clean(cmp.Or(h.Name(), h.IP.String())), nameMost)
	n.Title = fmt.Sprintf("%s %s: asks %s, is asked by %s", clean(h.Name()), h.IP, strconv.Itoa(n.asks), strconv.Itoa(n.isAsked))
	switch {
	case h.Router:
		n.Class = "router"
	case n.isAsked > 0:
		n.Class = "serves"
	}
}

// round leaves a place in the plane as precise as can be seen.
func round(x float64) float64 { return math.Round(x*10) / 10 }
