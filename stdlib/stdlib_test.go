package stdlib_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

const pages = "../docs/rules"

// A rule is a shipped rule with the files that belong to it.
type rule struct {
	*rules.Rule
	body  string // text of the rule file
	tests string // text of the test file; empty where there is none
	page  string // text of the page; empty where there is none
}

func load(t *testing.T, opt rules.Options) *rules.RuleSet {
	t.Helper()
	opt.Stdlib = stdlib.FS()
	rs, diags := rules.Load(opt)
	for _, d := range diags {
		t.Error(d)
	}
	return rs
}

func shipped(t *testing.T) []rule {
	t.Helper()
	var out []rule
	for _, r := range load(t, rules.Options{}).Rules {
		tests, _ := fs.ReadFile(stdlib.FS(), path.Join(r.Category, r.Name+"_test.hcl"))
		page, _ := os.ReadFile(filepath.Join(pages, r.Name+".md"))
		out = append(out, rule{r, embedded(t, path.Join(r.Category, r.Name+".hcl")), string(tests), string(page)})
	}
	return out
}

func embedded(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(stdlib.FS(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The directories on disk and the patterns of go:embed are one set.
func TestEmbedsEveryFile(t *testing.T) {
	onDisk, err := filepath.Glob("*/*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	in, err := fs.Glob(stdlib.FS(), "*/*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range onDisk {
		onDisk[i] = filepath.ToSlash(f)
	}
	if !slices.Equal(onDisk, in) {
		t.Errorf("on disk:  %v\nembedded: %v", onDisk, in)
	}
}

// The shipped rules are these, each alone in the file of its name, in the directory of its category.
func TestRules(t *testing.T) {
	want := strings.Fields(`ack_flood ack_scan ack_sweep arp_claims arp_spoof arp_sweep arp_sweep_slow arp_unsolicited bad_user_agent beacon brute_force brute_force_slow
		cleartext_on_443 crafted_flood crafted_syn_scan data_exfil dhcp_flood dhcp_release_flood dhcp_starvation dhcp_two_servers dhcpv6_starvation
		distributed_brute_force distributed_login_failures distributed_port_scan dns_amplifier dns_port_misused dns_rebinding dns_tunnel dns_tunnel_labels
		dns_tunnel_names dns_tunnel_volume dns_two_answers empire_pages failed_connections flow_small_packets flow_syn_rate held_connections
		honeypot_brute_force honeypot_touch host_sweep hsrp_takeover http_basic_guessing http_exploit http_flood http_flood_page http_hidden_files
		http_scanner http_sql_injection icmp_answer_grown icmp_flood icmp_flood_any icmp_flood_large icmp_fragments icmp_probe icmp_ptunnel icmp_redirects
		icmp_tunnel icmp_unasked impossible_travel ip_protocol_flood kerberos_errors kill_chain land_attack login_after_scan login_at_odd_hour
		login_brute_force login_failures login_failures_slow long_connection mac_flood mac_moved malware_agent name_poisoning nd_flood nd_spoof nd_sweep
		new_dhcp_server new_host new_login_source new_service nmap_os_probe nmap_ping nxdomain_burst odd_conversation odd_host password_spray passwords_tried
		ping_sweep port_scan port_scan_network protocol_scan ra_flood rdp_from_outside rdp_guessing reflection_flood refused_ports refused_udp_ports
		root_login rst_injection sctp_scan sctp_sweep service_gone sip_guessing slow_port_scan slow_read smb_from_outside snmp_guessing snmp_guessing_slow
		ssh_failures ssh_other_port stealth_scan success_after_failures suspicious_port syn_flood syn_flood_crafted syn_flood_fast syn_flood_global
		syn_flood_network syn_ratio synack_flood tcp_flags_flood tcp_flood_stateless tcp_fragments tiny_fragments tls_old_version tunnel_opened udp_flood
		udp_flood_global udp_host_sweep udp_scan udp_spray unfinished_requests web_login_guessing web_login_guessing_url`)
	// They cost more than they find in most networks, or are a matter of policy.
	disabled := strings.Fields(`ack_scan beacon brute_force_slow cleartext_on_443 failed_connections icmp_unasked long_connection mac_moved new_dhcp_server new_host new_service rdp_from_outside
		service_gone smb_from_outside ssh_other_port tls_old_version`)
	var got []string
	for _, r := range shipped(t) {
		got = append(got, r.Name)
		if f := "stdlib/" + r.Category + "/" + r.Name + ".hcl"; r.Range.Filename != f {
			t.Errorf("%s is in %s, want %s", r.Name, r.Range.Filename, f)
		}
		if blocks := regexp.MustCompile(`(?m)^\w+ `).FindAllString(r.body, -1); len(blocks) != 1 {
			t.Errorf("the file of %s holds %q, want its rule alone", r.Name, blocks)
		}
		if off := strings.HasPrefix(r.Name, "flow_") || strings.Contains(r.Name, "odd_") || slices.Contains(disabled, r.Name); r.Enabled == off {
			t.Errorf("%s: enabled is %v", r.Name, r.Enabled)
		}
		if r.Description == "" || len(r.Attack) == 0 || len(r.References) == 0 {
			t.Errorf("%s lacks a description, techniques or references", r.Name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("rules:\n got %v\nwant %v", got, want)
	}
}

// What a rule leaves out has its reason in the rule, where those who change it read it.
func TestEveryExceptionHasItsReason(t *testing.T) {
	for _, r := range shipped(t) {
		before := ""
		for line := range strings.Lines(r.body) {
			if strings.HasPrefix(line, "  except ") && !strings.HasPrefix(before, "  # ") {
				t.Errorf("%s: no comment before %s", r.Name, line)
			}
			before = line
		}
	}
}

// A scan goes on for minutes: its rule tells of it once in five, not with each port.
func TestReconIsToldOnce(t *testing.T) {
	for _, r := range shipped(t) {
		if r.Category == "recon" && r.Cooldown < 5*time.Minute {
			t.Errorf("%s has a cooldown of %v", r.Name, r.Cooldown)
		}
	}
}

// base is the vocabulary: no rules.
func TestBaseHoldsNoRules(t *testing.T) {
	files, err := fs.Glob(stdlib.FS(), "base/*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, m := range regexp.MustCompile(`(?m)^(\w+) "`).FindAllStringSubmatch(embedded(t, f), -1) {
			if !slices.Contains([]string{"list", "macro", "model", "variable"}, m[1]) {
				t.Errorf("%s holds a %s", f, m[1])
			}
		}
	}
}

// Every rule has a test that fires it and a near miss.
func TestEveryRuleIsTested(t *testing.T) {
	for _, r := range shipped(t) {
		if r.tests == "" {
			t.Errorf("%s has no %s_test.hcl", r.Name, r.Name)
			continue
		}
		var fires, quiet bool
		for _, test := range strings.Split(r.tests, "\ntest ") {
			block := regexp.MustCompile(`alert "` + r.Name + `" \{([^}]*(\}[^}]*)?)\}`).FindStringSubmatch(test)
			switch {
			case block == nil:
				quiet = quiet || strings.Contains(test, "quiet = true")
			case regexp.MustCompile(`(count|max) += 0\b`).MatchString(block[1]):
				quiet = true
			default:
				fires = true
			}
		}
		if !fires || !quiet {
			t.Errorf("%s: fires in a test %v, stays quiet in one %v", r.Name, fires, quiet)
		}
	}
}

// A page names every variable of its rule with its default, and shows an alert that the rule can raise.
func TestEveryRuleHasAPage(t *testing.T) {
	index, err := os.ReadFile(filepath.Join(pages, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	defaults := make(map[string]string)
	for _, v := range load(t, rules.Options{}).Variables {
		if n, ok := v.Value.(int64); ok {
			defaults[v.Name] = strconv.FormatInt(n, 10)
		}
	}
	for _, r := range shipped(t) {
		if r.page == "" {
			t.Errorf("%s has no page %s/%s.md", r.Name, pages, r.Name)
			continue
		}
		for _, heading := range []string{"# " + r.Name, "## The attack", "## What fires", "## An alert", "## Tuning", "## False positives", "## Response", "## References"} {
			if !strings.Contains("\n"+r.page, "\n"+heading+"\n") {
				t.Errorf("the page of %s has no heading %q", r.Name, heading)
			}
		}
		for _, v := range variables(t, r.body) {
			if !strings.Contains(r.page, "| `"+v+"` |") {
				t.Errorf("the page of %s has no row for its variable %s", r.Name, v)
			}
			if d := defaults[v]; d != "" && !strings.Contains(r.page, "| `"+v+"` | "+d+" |") {
				t.Errorf("the page of %s does not say that the default of %s is %s", r.Name, v, d)
			}
		}
		for _, ref := range r.References {
			if !strings.Contains(r.page, "("+ref+")") {
				t.Errorf("the page of %s lacks the reference %s", r.Name, ref)
			}
		}
		row := "| [" + r.Name + "](" + r.Name + ".md) | " + r.Severity.String() + " | " + r.Category + " | "
		if !strings.Contains(string(index), "\n"+row) {
			t.Errorf("%s/README.md has no row %q", pages, row)
		}
		example(t, r)
	}
}

// example holds the alert that a page shows against the rule.
func example(t *testing.T, r rule) {
	t.Helper()
	_, after, _ := strings.Cut(r.page, "\n```json\n")
	text, _, ok := strings.Cut(after, "\n```\n")
	if !ok {
		t.Errorf("the page of %s shows no alert", r.Name)
		return
	}
	var a struct {
		Rule, Severity  string
		Key, Values     map[string]any
		Threshold       *float64
		Attack, Actions []string
		Message         string
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		t.Errorf("the alert on the page of %s: %v", r.Name, err)
		return
	}
	if a.Rule != r.Name || a.Severity != r.Severity.String() {
		t.Errorf("the page of %s shows an alert of %s with severity %s", r.Name, a.Rule, a.Severity)
	}
	var by, aggregates, actions []string
	for _, k := range r.By {
		by = append(by, k.Text)
	}
	for _, g := range r.Aggregates {
		aggregates = append(aggregates, g.Name)
	}
	message := ""
	for _, x := range r.Actions {
		actions = append(actions, x.Kind)
		if x.Message != nil {
			message = x.Message.Text
		}
	}
	if !sameNames(a.Key, by) {
		t.Errorf("the page of %s shows the key %v, want %v", r.Name, a.Key, by)
	}
	if !sameNames(a.Values, aggregates) {
		t.Errorf("the page of %s shows the values %v, want %v", r.Name, a.Values, aggregates)
	}
	if (r.Threshold != nil) != (a.Threshold != nil) || a.Threshold != nil && *a.Threshold != r.Threshold.Value {
		t.Errorf("the page of %s shows another threshold than the rule has", r.Name)
	}
	if !slices.Equal(a.Attack, r.Attack) {
		t.Errorf("the page of %s shows the techniques %v, want %v", r.Name, a.Attack, r.Attack)
	}
	if !slices.Equal(a.Actions, actions) {
		t.Errorf("the page of %s shows the actions %v, want %v", r.Name, a.Actions, actions)
	}
	pattern := regexp.MustCompile(`\\\$\\\{.*?\\\}`).ReplaceAllString(regexp.QuoteMeta(message), `.+`)
	if !regexp.MustCompile("^" + pattern + "$").MatchString(a.Message) {
		t.Errorf("the page of %s shows the message %q, want the form %q", r.Name, a.Message, message)
	}
}

func sameNames(m map[string]any, names []string) bool {
	for _, n := range names {
		if _, ok := m[n]; !ok {
			return false
		}
	}
	return len(m) == len(names)
}

// variables returns the variables that a text uses, sorted: by itself, and through macros and lists.
func variables(t *testing.T, text string) []string {
	t.Helper()
	base := embedded(t, "base/lists.hcl") + embedded(t, "base/macros.hcl")
	var out []string
	seen := map[string]bool{}
	var walk func(text string)
	walk = func(text string) {
		for _, m := range regexp.MustCompile(`\b(var|list)\.\w+|\w+`).FindAllString(text, -1) {
			if seen[m] {
				continue
			}
			seen[m] = true
			kind, name, dotted := strings.Cut(m, ".")
			switch {
			case !dotted:
				kind, name = "macro", m
			case kind == "var":
				out = append(out, name)
				continue
			}
			if _, after, ok := strings.Cut(base, "\n"+kind+" \""+name+"\" {\n"); ok {
				body, _, _ := strings.Cut(after, "\n}\n")
				_, value, _ := strings.Cut(body, map[string]string{"list": "values", "macro": "expr"}[kind])
				walk(value)
			}
		}
	}
	walk(text)
	slices.Sort(out)
	return out
}

// The examples on the pages load beside the shipped rules without a word.
func TestExamplesLoad(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(pages, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		page, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(page), "\n```hcl\n")
		if len(parts) == 1 {
			t.Errorf("%s has no example", f)
		}
		for i, p := range parts[1:] {
			text, _, ok := strings.Cut(p, "\n```\n")
			if !ok {
				t.Errorf("%s: example %d has no end", f, i+1)
			}
			name := filepath.Base(f) + "-" + strconv.Itoa(i+1) + ".hcl"
			load(t, rules.Options{Sources: map[string][]byte{name: []byte(text + "\n")}})
		}
	}
}

// So do the values that the pages set on the command line.
func TestSettingsLoad(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(pages, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range append(files, "base/lists.hcl") {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`--set '(\w+)=([^']*)'`).FindAllStringSubmatch(string(text), -1) {
			load(t, rules.Options{Set: map[string]string{m[1]: m[2]}})
			n++
		}
	}
	if n < 4 {
		t.Errorf("found %d settings on the pages, want several", n)
	}
}
