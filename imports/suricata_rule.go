package imports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

// silent are keywords that say nothing of what a rule looks at.
var silent = map[string]bool{
	"rev": true, "gid": true, "fast_pattern": true, "target": true, "tag": true, "prefilter": true, "rawbytes": true, "requires": true, "logto": true,
}

// classSeverity are severities by the priorities that classification.config gives to types.
var classSeverity = map[string]string{
	"trojan-activity": "high", "attempted-admin": "high", "attempted-user": "high", "web-application-attack": "high", "shellcode-detect": "high",
	"successful-admin": "high", "successful-user": "high", "command-and-control": "high", "exploit-kit": "high", "credential-theft": "high",
	"social-engineering": "medium", "domain-c2": "high", "targeted-activity": "high", "coin-mining": "medium", "external-ip-check": "low",
	"policy-violation": "low", "misc-activity": "low", "not-suspicious": "low", "network-scan": "low", "protocol-command-decode": "low", "unknown": "low", "pup-activity": "low",
}

var technique = lazyregexp.New(`^T[0-9]{4}(?:[._][0-9]{3})?$`)

// translate makes the translation of a signature.
func (sig *signature) translate(t *translation) {
	sig.identity(t)
	switch sig.action {
	case "alert":
	case "drop", "reject", "rejectsrc", "rejectdst", "rejectboth":
		t.lose("%s is an alert", sig.action)
	default:
		t.reject("action %s", oneLine(sig.action, 20))
		return
	}
	layer := sig.header(t)
	var matches []match
	sizes := map[string][]string{}
	current := ""
	dot := false
	last := func() *match {
		if len(matches) == 0 {
			t.reject("a modifier without a content")
			return &match{}
		}
		return &matches[len(matches)-1]
	}
	integer := func(o option) int {
		n, err := strconv.Atoi(o.value)
		if err != nil || n < -65535 || n > 65535 {
			t.reject("%s with a name or number that cannot be read", o.key)
		}
		return n
	}
	t.by, t.cooldown = []string{"ip.src", "ip.dst"}, ""
	for _, o := range sig.options {
		if t.reason != "" {
			return
		}
		if name, ok := sticky[o.key]; ok && o.value == "" && !(o.key == "http_host" && len(matches) > 0) {
			current = name
			continue
		}
		if b, ok := modifiers[o.key]; ok {
			last().buffer = b
			continue
		}
		if _, ok := buffers[o.key]; ok && o.value == "" {
			current, dot = o.key, false
			continue
		}
		switch o.key {
		case "content", "uricontent":
			text, negated := unquote(o.value)
			data, err := contentBytes(text)
			if err != nil {
				t.reject("content with %v", err)
				return
			}
			if dot && (len(data) == 0 || data[0] != '.') {
				t.reject("dotprefix with a content that begins with no dot")
			}
			m := match{buffer: current, negated: negated, data: data, offset: -1, depth: -1}
			if o.key == "uricontent" {
				m.buffer = "http.uri"
			}
			matches = append(matches, m)
		case "pcre":
			m := match{buffer: current, offset: -1, depth: -1}
			if err := readPCRE(o.value, &m); err != nil {
				t.reject("%v", err)
				return
			}
			matches = append(matches, m)
		case "nocase":
			last().nocase = true
		case "startswith":
			last().starts = true
		case "endswith":
			last().ends = true
		case "offset":
			last().offset = integer(o)
		case "depth":
			last().depth = integer(o)
		case "distance":
			n := integer(o)
			last().distance = &n
		case "within":
			n := integer(o)
			last().within = &n
		case "bsize":
			sizes[current] = append(sizes[current], o.value)
		case "urilen":
			value, _, _ := strings.Cut(o.value, ",")
			sizes["http.uri"] = append(sizes["http.uri"], value)
		case "isdataat":
			sig.isDataAt(t, o.value, current, sizes, matches)
		case "dotprefix":
			dot = true
		case "to_lowercase":
			t.lose("to_lowercase ignored")
		case "flow":
			sig.flow(t, o.value)
		case "threshold", "detection_filter":
			sig.threshold(t, o)
		default:
			if !sig.headerField(t, o, layer) {
				t.reject("keyword %s", oneLine(o.key, 40))
			}
		}
	}
	if t.reason == "" {
		sig.compose(t, layer, matches, sizes, dot)
	}
}

// identity reads what a rule says of itself.
func (sig *signature) identity(t *translation) {
	said, priority := "", "" // by the metadata and by the rule's priority: the latter is stronger, and both are than the class
	for _, o := range sig.options {
		switch o.key {
		case "msg":
			t.Title = plainText(o.value)
		case "sid":
			t.ID = oneLine(o.value, 20)
			t.name = "sid_" + strings.TrimPrefix(identifier(t.ID), "rule_")
		case "classtype":
			t.category = identifier(o.value)
			if s := classSeverity[o.value]; s != "" {
				t.severity = s
			}
		case "reference":
			kind, to, _ := strings.Cut(o.value, ",")
			to = oneLine(to, 300)
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case "url":
				to = "https://" + strings.TrimPrefix(strings.TrimPrefix(to, "https://"), "http://")
			case "cve":
				to = "https://nvd.nist.gov/vuln/detail/CVE-" + strings.TrimPrefix(strings.ToUpper(to), "CVE-")
			default:
				to = strings.TrimSpace(kind) + ":" + to
			}
			t.references = append(t.references, to)
		case "metadata":
			for item := range strings.SplitSeq(o.value, ",") {
				key, value, _ := strings.Cut(strings.TrimSpace(item), " ")
				switch key {
				case "mitre_technique_id":
					if technique.MatchString(value) && !slices.Contains(t.attack, strings.ReplaceAll(value, "_", ".")) {
						t.attack = append(t.attack, strings.ReplaceAll(value, "_", "."))
					}
				case "signature_severity":
					said = map[string]string{"Critical": "critical", "Major": "high", "Minor": "medium", "Informational": "low"}[value]
				}
			}
		case "priority":
			priority = map[string]string{"1": "high", "2": "medium", "3": "low", "4": "low"}[o.value]
		}
	}
	t.severity = cmp.Or(priority, said, t.severity)
}

// isDataAt translates whether there are bytes at a place: after the last content that there are none, or before an end.
func (sig *signature) isDataAt(t *translation, value, current string, sizes map[string][]string, matches []match) {
	parts := strings.Split(strings.ReplaceAll(value, " ", ""), ",")
	place, negated := strings.CutPrefix(parts[0], "!")
	n, err := strconv.Atoi(place)
	relative := slices.Contains(parts[1:], "relative")
	switch {
	case err != nil || n < 0:
		t.reject("isdataat with a name or number that cannot be read")
	case relative && negated && n == 1 && len(matches) > 0 && matches[len(matches)-1].pattern == "":
		matches[len(matches)-1].ends = true
	case relative:
		t.lose("a relative isdataat ignored")
	case negated:
		sizes[current] = append(sizes[current], "<="+strconv.Itoa(n))
	default:
		sizes[current] = append(sizes[current], ">"+strconv.Itoa(n))
	}
}

func (sig *signature) flow(t *translation, value string) {
	for w := range strings.SplitSeq(value, ",") {
		switch w = strings.TrimSpace(w); w {
		case "established":
			sig.established = true
		case "not_established":
			sig.notEstablished = true
		case "to_server", "from_client":
			sig.toServer = true
		case "to_client", "from_server":
			sig.toClient = true
		case "stateless", "only_stream", "no_stream", "":
		default:
			t.reject("flow:%s", oneLine(w, 30))
		}
	}
}

// threshold translates how often a rule alerts. Suricata counts in periods that begin with a match; a window slides.
func (sig *signature) threshold(t *translation, o option) {
	values := map[string]string{}
	for part := range strings.SplitSeq(o.value, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), " ")
		values[k] = strings.TrimSpace(v)
	}
	count, err1 := strconv.Atoi(values["count"])
	seconds, err2 := strconv.Atoi(values["seconds"])
	by, ok := map[string][]string{"by_src": {"ip.src"}, "by_dst": {"ip.dst"}, "by_both": {"ip.src", "ip.dst"}, "by_rule": nil}[values["track"]]
	if err1 != nil || err2 != nil || count < 1 || seconds < 1 || !ok {
		t.reject("%s that cannot be read", o.key)
		return
	}
	t.by = by
	t.cooldown = fmt.Sprintf("%ds", seconds)
	kind := values["type"]
	if o.key == "detection_filter" {
		kind = o.key
	}
	switch kind {
	case "limit":
		if count > 1 {
			t.lose("one alert in the time of a limit, not several")
		}
		return
	case "both":
		t.lose("a period that slides")
	case "threshold":
		t.lose("a period that slides, and one alert in it")
	case "detection_filter":
		t.lose("a period that slides, and one alert in it")
		count++
	default:
		t.reject("threshold of type %s", oneLine(kind, 20))
		return
	}
	if count == 1 {
		return
	}
	if seconds > 7*24*3600 {
		t.reject("a threshold over more than a week")
	}
	t.span, t.aggregates, t.threshold, t.when = t.cooldown, []pair{{"n", "count()"}}, count, "n >= threshold"
}

// headerField translates keywords on fields of packet headers, and says whether it knows one.
func (sig *signature) headerField(t *translation, o option, layer string) bool {
	field := ""
	switch o.key {
	case "msg", "sid", "classtype", "reference", "metadata", "priority":
		return true
	case "dsize":
		if field = "tcp.len"; layer == "udp" {
			field = "udp.length - 8" // the header of UDP, RFC 768
		} else if layer != "tcp" {
			field = "len(payload)"
		}
	case "ttl":
		field = "ip.ttl"
	case "id":
		field = "ip.id"
	case "seq":
		field = "tcp.seq"
	case "ack":
		field = "tcp.ack"
	case "window", "tcp.window":
		field = "tcp.window_size_value"
	case "icmp_id":
		field = "icmp.ident"
	case "icmp_seq":
		field = "icmp.seq"
	case "dns.rcode":
		field = "dns.flags.rcode"
	case "dns.rrtype":
		field = "dns.qry.type"
	case "itype", "icode":
		f := map[string]string{"itype": "type", "icode": "code"}[o.key]
		a, err := numeric("icmp."+f, o.value)
		b, _ := numeric("icmpv6."+f, o.value)
		if err != nil {
			t.reject("%s: %v", o.key, err)
			return true
		}
		t.and("%s", a+" or "+b)
		return true
	case "ip_proto":
		value := o.value
		for name, n := range map[string]string{"icmp": "1", "igmp": "2", "ipip": "4", "tcp": "6", "udp": "17", "gre": "47", "esp": "50", "ah": "51", "icmpv6": "58", "sctp": "132"} {
			if v := strings.ToLower(value); v == name || v == "!"+name {
				value = strings.Replace(v, name, n, 1)
			}
		}
		c, err := numeric("ip.proto", value)
		if err != nil {
			t.reject("ip_proto: %v", err)
		}
		t.and("%s", c)
		return true
	case "sameip":
		t.and("ip.src == ip.dst")
		return true
	case "flags", "tcp.flags":
		c, err := tcpFlags(o.value)
		if err != nil {
			t.reject("%v", err)
		}
		t.and("%s", c)
		return true
	case "flowbits", "xbits":
		verb, _, _ := strings.Cut(o.value, ",")
		switch verb = strings.TrimSpace(verb); verb {
		case "set", "unset", "toggle":
			return true // what others ask for; this rule alerts all the same
		default:
			t.reject("%s:%s", o.key, oneLine(verb, 20))
			return true
		}
	default:
		return silent[o.key]
	}
	c, err := numeric(field, o.value)
	if err != nil {
		t.reject("%s: %v", o.key, err)
	}
	t.and("%s", c)
	return true
}

// tcpFlags translates flags:[modifier]FLAGS[,MASK].
func tcpFlags(value string) (string, error) {
	bits := func(s string) (n int, err error) {
		for _, c := range s {
			i := strings.IndexRune("FSRPAUEC", c)
			switch {
			case c == '0':
			case c == '1':
				n |= 0x80
			case c == '2':
				n |= 0x40
			case i < 0:
				return 0, fmt.Errorf("flags that cannot be read")
			default:
				n |= 1 << i
			}
		}
		return n, nil
	}
	set, ignored, _ := strings.Cut(strings.ReplaceAll(value, " ", ""), ",")
	mod := strings.Trim(set, "FSRPAUEC012")
	set = strings.Trim(set, "+*!")
	want, err := bits(set)
	if err != nil {
		return "", err
	}
	mask, err := bits(ignored)
	if err != nil {
		return "", err
	}
	mask = 0xff &^ mask
	switch mod {
	case "":
		return fmt.Sprintf("bitand(tcp.flags, %d) == %d", mask, want&mask), nil
	case "+":
		return fmt.Sprintf("bitand(tcp.flags, %d) == %d", want, want), nil
	case "*":
		return fmt.Sprintf("bitand(tcp.flags, %d) != 0", want), nil
	case "!":
		return fmt.Sprintf("bitand(tcp.flags, %d) == 0", want), nil
	}
	return "", fmt.Errorf("flags that cannot be read")
}

// compose puts the conditions together: the header's, then those on each buffer.
func (sig *signature) compose(t *translation, layer string, matches []match, sizes map[string][]string, dot bool) {
	var order []string
	by := map[string][]match{}
	for _, m := range matches {
		if by[m.buffer] == nil {
			order = append(order, m.buffer)
		}
		by[m.buffer] = append(by[m.buffer], m)
	}
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		if by[name] == nil {
			order = append(order, name)
		}
	}
	sides := map[string]bool{}
	application := false
	for _, name := range order {
		b := buffers[name]
		application = application || name != ""
		if b.side != "" {
			sides[b.side] = true
		}
	}
	if len(sides) == 2 {
		t.reject("a request and its response in one rule")
		return
	}
	head := slices.Clone(t.conds)
	t.conds = nil
	has := func(prefix string) bool {
		return slices.ContainsFunc(head, func(c string) bool { return strings.HasPrefix(strings.TrimLeft(c, "("), prefix+".") })
	}
	switch {
	case layer == "dns" && !application:
		t.and("dns")
	case layer == "icmp" && !has("icmp"):
		t.and("icmp or icmpv6")
	case layer == "udp" && !has("udp") && !application:
		t.and("udp")
	case layer == "tcp" && !has("tcp") && !application:
		t.and("tcp")
	}
	if !application {
		switch sig.proto {
		case "tcp", "tcp-pkt", "tcp-stream", "udp", "icmp", "ip", "dns", "pkthdr":
		default:
			t.lose("%s is any %s", sig.proto, strings.ToUpper(layer))
		}
		if sig.established && layer == "tcp" {
			t.and("conn.established")
		}
		if sig.notEstablished && layer == "tcp" {
			t.and("not conn.established")
		}
		if sig.toServer {
			t.and("conn.to_server")
		}
		if sig.toClient {
			t.and("not conn.to_server")
		}
	}
	for _, c := range head {
		t.and("%s", c)
	}
	for _, name := range order {
		b := buffers[name]
		ms := by[name]
		if name == "" {
			if layer == "tcp" && sig.proto != "tcp-pkt" {
				t.lose("looked for in each segment, not in the stream")
			}
			if application {
				t.lose("payload and fields in one packet")
			}
		}
		if name == "http.uri" {
			t.lose("the URI as written, not decoded")
		}
		if name == "dns.query" {
			t.and("not dns.flags.response")
		}
		if name != "" && !slices.ContainsFunc(ms, func(m match) bool { return !m.negated }) {
			// A packet without the field would pass what is negated.
			guard, _, _ := strings.Cut(b.field, ".")
			t.and("%s", guard)
		}
		if name == "http.stat_code" {
			for _, m := range ms {
				code, err := strconv.Atoi(string(m.data))
				if err != nil || len(m.data) != 3 || m.pattern != "" {
					t.reject("a part of http.stat_code")
					return
				}
				t.and("http.response.code %s %d", map[bool]string{false: "==", true: "!="}[m.negated], code)
			}
			continue
		}
		if len(ms) == 1 && b.noun != "" && t.fold == nil && foldable(t, b, ms[0], sizes[name], dot) {
			continue
		}
		if b.field == "http.host" && !b.lossless {
			for _, m := range ms {
				if m.ends || m.pattern != "" {
					t.lose("a port that the Host header names is part of it")
				}
			}
			for i := range ms {
				ms[i].nocase = true // Suricata has it in lower case
			}
		}
		if dot && len(ms) > 0 && b.suffix {
			t.lose("dotprefix ignored")
		}
		look(t, b, ms, sizes[name])
	}
}

var domainName = lazyregexp.New(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)

// foldable makes the constant of a rule of the only content that a buffer is asked for, where that is a whole name or its end.
func foldable(t *translation, b buffer, m match, sizes []string, dot bool) bool {
	if m.pattern != "" || m.negated || m.distance != nil || m.within != nil || m.offset > 0 {
		return false
	}
	text := string(m.data)
	n := len(text)
	whole := m.starts && m.ends || m.depth == n && m.ends
	for _, s := range sizes {
		if strings.TrimSpace(s) != strconv.Itoa(n) {
			return false
		}
		whole = true
	}
	lower := strings.ToLower(text)
	if strings.HasPrefix(b.noun, "ja") {
		if len(text) < 32 {
			return false
		}
		whole = true
		lower = text
		if b.noun == "ja3" {
			lower = strings.ToLower(text)
		}
	}
	if b.suffix && m.ends && !whole && !m.starts && m.depth < 0 {
		name := strings.TrimPrefix(lower, ".")
		if !domainName.MatchString(name) {
			return false
		}
		switch {
		case dot:
		case name != lower:
			t.lose("the name itself counts too, not those below it alone")
		default:
			t.lose("whole labels of a name alone")
		}
		if b.field == "http.host" {
			t.lose("a port that the Host header names is part of it")
		}
		t.fold = &constant{kind: "domain", value: b.field, noun: b.noun, entries: []string{name}, text: b.field + " in " + literals([]string{name})}
		t.fold.text = fmt.Sprintf("lower(%s) == %s or lower(%s) endsWith %s", b.field, textLiteral(name), b.field, textLiteral("."+name))
		return true
	}
	if !whole || strings.TrimSpace(lower) != lower || lower == "" || lower[0] == '#' || strings.ContainsFunc(lower, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
		return false
	}
	value := b.field
	if m.nocase || b.suffix {
		value = "lower(" + b.field + ")"
	} else {
		lower = text
	}
	if b.suffix && !m.nocase && b.field == "dns.qry.name" {
		t.lose("case does not matter")
	}
	if b.field == "http.host" {
		t.lose("a port that the Host header names is part of it")
	}
	t.fold = &constant{kind: "string", value: value, noun: b.noun + "_whole", entries: []string{lower}, text: value + " == " + textLiteral(lower)}
	if strings.HasPrefix(b.noun, "ja") {
		t.fold.noun = b.noun
	}
	return true
}
