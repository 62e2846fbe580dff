package alert

import (
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/internal/printable"
)

// Assets say whose hosts the two addresses of an alert are, as the map of hosts and services knew them with its packet.
type Assets struct{ Src, Dst Asset }

// An Asset is whose host an address is. What is not known is empty.
type Asset struct {
	Name   string // what it calls itself, or what DNS calls it
	MAC    string // its hardware address
	Vendor string // who made the hardware
	System string // by what it says, never by a guess
}

// String names the host: by its name, else by its hardware address where that says who made it. It is "" where neither is known.
//
//	files (Dell Inc., Windows 10 or later)
func (h Asset) String() string {
	if h.Name == "" && h.System == "" && h.local() {
		return ""
	}
	who := h.Name
	var more []string
	for _, s := range []string{h.MAC, h.Vendor, h.System} {
		switch {
		case s == "" || s == h.MAC && h.Name != "":
		case who == "":
			who = s
		default:
			more = append(more, s)
		}
	}
	if len(more) > 0 {
		who += " (" + strings.Join(more, ", ") + ")"
	}
	return printable.Clip(who, maxText)
}

// local reports whether the hardware address was made up, as those of virtual machines and of telephones that do not want to be
// known again (the bit for local administration: IEEE 802, section 8.4).
func (h Asset) local() bool {
	b, err := strconv.ParseUint(h.MAC[:min(2, len(h.MAC))], 16, 8)
	return err == nil && b&2 != 0
}

// String says whose hosts source and destination are; "" where nothing is known.
func (as *Assets) String() string {
	if as == nil {
		return ""
	}
	var words []string
	if who := as.Src.String(); who != "" {
		words = append(words, "src is "+who)
	}
	if who := as.Dst.String(); who != "" {
		words = append(words, "dst is "+who)
	}
	return strings.Join(words, ", ")
}

// write writes the key assets; nothing where nothing is known.
func (as *Assets) write(o *object) {
	if as == nil || *as == (Assets{}) {
		return
	}
	o.begin("assets", '{')
	as.Src.write(o, "src")
	as.Dst.write(o, "dst")
	o.end('}')
}

// write writes what is known of a host under a key; nothing where nothing is.
func (h Asset) write(o *object, key string) {
	if h == (Asset{}) {
		return
	}
	o.begin(key, '{')
	o.some("name", h.Name)
	o.some("mac", h.MAC)
	o.some("vendor", h.Vendor)
	o.some("system", h.System)
	o.end('}')
}

// wireAssets are Assets as write writes them.
type wireAssets struct{ Src, Dst wireAsset }

type wireAsset struct{ Name, MAC, Vendor, System string }

// assets returns what was read; nil for nothing.
func (w *wireAssets) assets() *Assets {
	if w == nil || *w == (wireAssets{}) {
		return nil
	}
	return &Assets{Src: Asset(w.Src), Dst: Asset(w.Dst)}
}
