package imports

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

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
		t.reject(errSides)
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
