package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// newAssetsCmd is the command assets.
func newAssetsCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "assets",
		Short: "Show which hosts and services there are",
		Long: `Assets shows the map of hosts and services that the running daemon has learned from what they send, or
that captures hold: addresses, hardware addresses, names, systems, and what is offered at which port. Nothing
is sent to learn it. docs/assets.md says what is learned from what.`,
		Example: `  ruleids assets list
  ruleids assets list -r capture.pcap
  ruleids assets show 10.0.0.20
  ruleids assets export > assets.json
  ruleids assets import scan.xml`,
	}, newAssetsListCmd(a), newAssetsShowCmd(a), newAssetsExportCmd(a), newAssetsImportCmd(a))
}

// assetFlags say which map is meant: that of the daemon, or that of captures.
type assetFlags struct {
	control  controlFlags
	captures captureArgs
	oui      string
}

func (f *assetFlags) add(cmd *cobra.Command) {
	f.control.add(cmd)
	f.captures.add(cmd)
	cmd.Flags().StringVar(&f.oui, "oui", "", "with -r: `FILE` or directory that says who made a network card (default that of ieee-data or of nmap)")
	exclusive(cmd, "read", "socket", "config")
}

// hosts returns the hosts of the map; args are captures.
func (f *assetFlags) hosts(ctx context.Context, a *app, args []string) ([]assets.Host, error) {
	if len(f.captures.names) == 0 {
		if len(args) > 0 {
			return nil, misused("unexpected argument %q: captures follow -r", args[0])
		}
		c, err := f.control.client(a)
		if err != nil {
			return nil, err
		}
		return c.Assets(ctx)
	}
	files, err := f.captures.files(args)
	if err != nil {
		return nil, err
	}
	vendors := assets.FindVendors()
	if f.oui != "" {
		if vendors, err = assets.ReadVendors(f.oui); err != nil {
			return nil, err
		}
	}
	m := assets.New(assets.Limits{})
	err = mapCaptures(ctx, a, m, files)
	return m.Hosts(vendors), err
}

// mapCaptures has a map learn from captures. What cannot be read is told and left out.
func mapCaptures(ctx context.Context, a *app, m *assets.Map, files []string) error {
	set, diags := rules.Load(rules.Options{})
	if diags.HasErrors() {
		return a.refuse(diags, set.Sources)
	}
	plan, diags := engine.Compile(set, engine.Options{})
	if diags.HasErrors() {
		return a.refuse(diags, set.Sources)
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	e := engine.New(plan, engine.Config{Seed: replaySeed, Assets: m})
	p := replay{app: a, progress: newProgress(a.err, time.Now()), alerts: func() uint64 { return 0 },
		process: func(frames []packet.Frame) { e.Process(frames, nil) }}
	return p.run(ctx, files)
}

func newAssetsListCmd(a *app) *cobra.Command {
	var f assetFlags
	var nets []string
	var all bool
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "list [-r FILE...]",
		Short: "List hosts and what they offer",
		Long: `List prints the hosts that the running daemon knows, or that captures hold, by their addresses. Addresses that
sent something and never answered anybody are left out, as anybody can make one up; --all shows them, too.`,
		Example: `  ruleids assets list
  ruleids assets list --net 10.0.0.0/8
  ruleids assets list -r capture.pcap --format json | jq -r '.[].ip'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			within, err := parseNets(nets)
			if err != nil {
				return err
			}
			hosts, fault := f.hosts(cmd.Context(), a, args)
			if hosts == nil && fault != nil {
				return fault
			}
			left := len(hosts)
			hosts = slices.DeleteFunc(hosts, func(h assets.Host) bool {
				return !all && !h.Answered && !h.Local || len(within) > 0 && !slices.ContainsFunc(within, func(n netip.Prefix) bool { return n.Contains(h.IP) })
			})
			err = a.answer(format, hosts, false, func(b *strings.Builder, color bool) { writeHosts(b, hosts, left-len(hosts), color) })
			return cmp.Or(err, fault)
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&nets, "net", nil, "only hosts in `CIDR`; may be repeated")
	cmd.Flags().BoolVar(&all, "all", false, "show addresses that never answered anybody, too")
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

// parseNets reads networks that were given by hand.
func parseNets(texts []string) (out []netip.Prefix, err error) {
	for _, text := range texts {
		n, err := netip.ParsePrefix(text)
		if err != nil {
			ip, aerr := netip.ParseAddr(text)
			if aerr != nil {
				return nil, misused("--net must be a network such as 10.0.0.0/8, not %q", text)
			}
			n = netip.PrefixFrom(ip, ip.BitLen())
		}
		out = append(out, n.Masked())
	}
	return out, nil
}

// writeHosts writes a table of hosts.
func writeHosts(b *strings.Builder, hosts []assets.Host, left int, color bool) {
	if len(hosts) == 0 {
		b.WriteString("no hosts\n")
	} else {
		rows := [][]string{{"address", "name", "hardware", "system", "offers"}}
		for i := range hosts {
			h := &hosts[i]
			rows = append(rows, []string{h.IP.String(), printable.Line(h.Name()), hardware(h), systemWords(h), printable.Line(offers(h))})
		}
		writeTable(b, rows, headed(color))
	}
	if left > 0 {
		fmt.Fprintf(b, "%s left out; --all shows addresses that never answered\n", plural(uint64(left), "host"))
	}
}

func hardware(h *assets.Host) string {
	if h.Vendor != "" {
		return h.MAC + " " + printable.Line(h.Vendor)
	}
	return h.MAC
}

// systemWords names the system, with a mark where it is a guess.
func systemWords(h *assets.Host) string {
	text := printable.Line(h.System)
	if h.SystemBy == "ttl" && text != "" {
		text += "?"
	}
	if h.Router {
		text = strings.TrimSpace(text + " router")
	}
	return text
}

// manyOffers is how many services a line of the list names.
const manyOffers = 6

// offers names the services of a host.
func offers(h *assets.Host) string {
	var words []string
	for i := range h.Services {
		s := &h.Services[i]
		if i == manyOffers {
			words = append(words, fmt.Sprintf("%d more", len(h.Services)-i))
			break
		}
		words = append(words, strings.TrimSpace(fmt.Sprintf("%d/%s %s", s.Port, s.Proto, s.Service)))
	}
	return strings.Join(words, ", ")
}

func newAssetsShowCmd(a *app) *cobra.Command {
	var f assetFlags
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "show ADDRESS [-r FILE...]",
		Short: "Show all that is known of a host",
		Long: `Show prints what is known of an address: names and where they come from, what the host says of itself, and
what it offers, since when and to how many clients; above 16 their number is an estimate. For a hardware address
it shows all hosts that have it. Exit status: 0 there is such a host, 1 there is none.`,
		Example: "  ruleids assets show 10.0.0.20\n  ruleids assets show 52:54:00:12:34:56 -r capture.pcap",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misused("name the address of a host")
			}
			what := strings.ToLower(args[0])
			ip, err := netip.ParseAddr(what)
			if err != nil && strings.Count(what, ":") != 5 {
				return misused("%q is no IP address and no hardware address", args[0])
			}
			for i := range f.captures.after { // the address is no capture
				f.captures.after[i] = max(f.captures.after[i]-1, 0)
			}
			hosts, fault := f.hosts(cmd.Context(), a, args[1:])
			if hosts == nil && fault != nil {
				return fault
			}
			hosts = slices.DeleteFunc(hosts, func(h assets.Host) bool { return h.IP != ip && h.MAC != what })
			err = a.answer(format, hosts, fault == nil && len(hosts) == 0, func(b *strings.Builder, color bool) {
				if len(hosts) == 0 {
					fmt.Fprintf(b, "nothing is known of %s\n", printable.Line(args[0]))
				}
				for i := range hosts {
					writeHost(b, &hosts[i], color)
				}
			})
			return cmp.Or(err, fault)
		},
	}
	f.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

// writeHost writes all that is known of a host.
func writeHost(b *strings.Builder, h *assets.Host, color bool) {
	at := func(t time.Time) string { return t.Local().Format(time.DateTime) }
	fmt.Fprintf(b, "%s\n", styleYellow.paint(h.IP.String(), color))
	rows := [][]string{{"seen", "from " + at(h.First) + " to " + at(h.Last)}}
	if h.MAC != "" {
		rows = append(rows, []string{"hardware", hardware(h) + choose(h.Local, "", ", by its frames")})
	}
	if h.MACMoved != nil {
		rows = append(rows, []string{"before", h.MACBefore + ", until " + at(*h.MACMoved)})
	}
	for _, n := range h.Names {
		rows = append(rows, []string{"name", printable.Line(n.Name) + ", by " + n.By})
	}
	if h.System != "" {
		rows = append(rows, []string{"system", systemWords(h) + ", by " + h.SystemBy})
	}
	for _, what := range slices.Sorted(maps.Keys(h.Says)) {
		rows = append(rows, []string{"says", printable.Line(h.Says[what]) + ", as " + what})
	}
	if !h.Answered {
		rows = append(rows, []string{"answered", "never"})
	}
	writeTable(b, rows, func(_, _ int, cell string) string { return cell })
	if len(h.Services) == 0 {
		return
	}
	table := [][]string{{"port", "speaks", "clients", "first", "last", "product"}}
	for i := range h.Services {
		s := &h.Services[i]
		product := printable.Line(s.Product)
		if s.Closed != nil {
			product = strings.TrimSpace(product + " (closed since " + at(*s.Closed) + ")")
		}
		table = append(table, []string{fmt.Sprintf("%d/%s", s.Port, s.Proto), printable.Line(s.Service), fmt.Sprint(s.Clients), at(s.First), at(s.Last), product})
	}
	writeTable(b, table, headed(color))
}

func newAssetsExportCmd(a *app) *cobra.Command {
	var f assetFlags
	cmd := &cobra.Command{
		Use:     "export [-r FILE...]",
		Short:   "Write the map as JSON",
		Long:    "Export writes all hosts with all that is known of them as a JSON array, in the order of their addresses.",
		Example: "  ruleids assets export > assets.json\n  ruleids assets export -r capture.pcap | jq '.[] | select(.services)'",
		RunE: func(cmd *cobra.Command, args []string) error {
			hosts, fault := f.hosts(cmd.Context(), a, args)
			if hosts == nil && fault != nil {
				return fault
			}
			return cmp.Or(writeJSON(a.out, hosts), fault)
		},
	}
	f.add(cmd)
	return cmd
}

func newAssetsImportCmd(a *app) *cobra.Command {
	var control controlFlags
	cmd := &cobra.Command{
		Use:   "import FILE.xml",
		Short: "Add what a scan of nmap found",
		Long: `Import gives the running daemon what nmap -oX has written: hosts that are up, their names and systems, and open
ports. What hosts were seen to say stays, and stands before it. - reads standard input.`,
		Example: "  nmap -sV -oX scan.xml 10.0.0.0/24 && ruleids assets import scan.xml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := io.Reader(os.Stdin)
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			c, err := control.client(a)
			if err != nil {
				return err
			}
			r, err := c.ImportAssets(cmd.Context(), in)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s in the scan, %d of them new, with %s\n", plural(uint64(r.Hosts), "host"), r.New, plural(uint64(r.Services), "open port"))
			if err == nil && r.Fault != "" {
				err = fmt.Errorf("%s: %s", args[0], r.Fault)
			}
			return err
		},
	}
	control.add(cmd)
	return cmd
}
