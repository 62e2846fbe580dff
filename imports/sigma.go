package imports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A sigmaRule is a Sigma rule as read: https://sigmahq.io/sigma-specification/.
type sigmaRule struct {
	Title       string    `yaml:"title"`
	ID          string    `yaml:"id"`
	Status      string    `yaml:"status"`
	References  []string  `yaml:"references"`
	Tags        []string  `yaml:"tags"`
	Level       string    `yaml:"level"`
	Correlation yaml.Node `yaml:"correlation"`
	LogSource   struct {
		Category string `yaml:"category"`
		Product  string `yaml:"product"`
		Service  string `yaml:"service"`
	} `yaml:"logsource"`
	Detection map[string]yaml.Node `yaml:"detection"`
}

// A sigmaField is a field of a log source in the rule language.
type sigmaField struct {
	field string
	kind  string // "text", "number", "ip", "port"
	lost  string
}

const oneRequest = "the log of a server or proxy is HTTP that is seen in the clear"

// sigmaSources are the log sources that packets tell of, by category, or by product and service, with their fields.
var sigmaSources = map[string]struct {
	where  string // what each event is, where its fields do not say so
	layer  string // of its fields
	lost   string
	fields map[string]sigmaField
}{
	"dns": {layer: "dns", fields: map[string]sigmaField{
		"query": {field: "dns.qry.name", kind: "text"}, "QueryName": {field: "dns.qry.name", kind: "text"}, "record_type": {field: "dns.qry.type", kind: "type"},
		"answer": {field: "dns.a", kind: "ip"}, "src_ip": {field: "ip.src", kind: "ip"}, "dst_ip": {field: "ip.dst", kind: "ip"},
	}},
	"zeek/dns": {layer: "dns", fields: map[string]sigmaField{
		"query": {field: "dns.qry.name", kind: "text"}, "qtype_name": {field: "dns.qry.type", kind: "type"}, "qtype": {field: "dns.qry.type", kind: "number"},
		"rcode": {field: "dns.flags.rcode", kind: "number"}, "answers": {field: "dns.cname", kind: "text", lost: "answers are CNAME alone"},
		"id.orig_h": {field: "ip.src", kind: "ip"}, "id.resp_h": {field: "ip.dst", kind: "ip"}, "id.resp_p": {field: "dst.port", kind: "number"}, "id.orig_p": {field: "src.port", kind: "number"},
	}},
	"firewall": {where: "new_connection", lost: "accepted or not is not known: each attempt counts", fields: map[string]sigmaField{
		"dst_port": {field: "dst.port", kind: "number"}, "src_port": {field: "src.port", kind: "number"}, "src_ip": {field: "ip.src", kind: "ip"}, "dst_ip": {field: "ip.dst", kind: "ip"},
	}},
	"zeek/conn": {where: "new_connection", lost: "TCP alone", fields: map[string]sigmaField{
		"id.orig_h": {field: "ip.src", kind: "ip"}, "id.resp_h": {field: "ip.dst", kind: "ip"}, "id.resp_p": {field: "tcp.dstport", kind: "number"}, "id.orig_p": {field: "tcp.srcport", kind: "number"},
	}},
	"zeek/rdp": {where: "new_connection and tcp.dstport == 3389", lost: "RDP is port 3389", fields: map[string]sigmaField{
		"id.orig_h": {field: "ip.src", kind: "ip"}, "id.resp_h": {field: "ip.dst", kind: "ip"},
	}},
	"zeek/http": {layer: "http", lost: "HTTP that is seen in the clear", fields: map[string]sigmaField{
		"method": {field: "http.request.method", kind: "text"}, "uri": {field: "http.request.uri", kind: "text"}, "host": {field: "http.host", kind: "text"},
		"user_agent": {field: "http.user_agent", kind: "text"}, "status_code": {field: "http.response.code", kind: "number"}, "id.orig_h": {field: "ip.src", kind: "ip"}, "id.resp_h": {field: "ip.dst", kind: "ip"},
	}},
	"proxy":     {layer: "http", lost: oneRequest, fields: webFields},
	"webserver": {layer: "http", lost: oneRequest, fields: webFields},
}

var webFields = map[string]sigmaField{
	"cs-method": {field: "http.request.method", kind: "text"}, "cs-host": {field: "http.host", kind: "text"}, "r-dns": {field: "http.host", kind: "text"},
	"c-uri": {field: "http.request.uri", kind: "text"}, "cs-uri": {field: "http.request.uri", kind: "text"}, "c-useragent": {field: "http.user_agent", kind: "text"},
	"cs-user-agent": {field: "http.user_agent", kind: "text"}, "sc-status": {field: "http.response.code", kind: "number"},
	"cs-uri-query": {field: "http.request.uri", kind: "part", lost: "a part of the URI looked for in all of it"},
	"cs-uri-stem":  {field: "http.request.uri", kind: "part", lost: "a part of the URI looked for in all of it"},
	"c-uri-query":  {field: "http.request.uri", kind: "part", lost: "a part of the URI looked for in all of it"},
	"c-uri-stem":   {field: "http.request.uri", kind: "part", lost: "a part of the URI looked for in all of it"},
	"src_ip":       {field: "ip.src", kind: "ip"}, "dst_ip": {field: "ip.dst", kind: "ip"}, "c-ip": {field: "ip.src", kind: "ip"},
}

// recordTypes are numbers of DNS types by name (IANA).
var recordTypes = map[string]int{"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "NULL": 10, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "AXFR": 252, "ANY": 255, "*": 255, "HTTPS": 65}

// Sigma reads a file of Sigma rules, one YAML document each, and adds what they say to the set.
func (s *Set) Sigma(f File) {
	s.Format = "sigma"
	dec := yaml.NewDecoder(bytes.NewReader(f.Data))
	for n := 0; ; n++ {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return
		}
		t := &translation{Source: Source{File: f.Name, Line: max(doc.Line, 1)}, severity: "medium", name: "sigma_" + identifier(strings.TrimSuffix(fileName(f.Name), ".hcl"))}
		var r sigmaRule
		if err == nil {
			err = doc.Decode(&r)
		}
		if err != nil {
			t.reject("not a rule: YAML that cannot be read")
			s.add(t)
			return // the reader does not find the next document
		}
		t.Title, t.ID = r.Title, oneLine(r.ID, 60)
		r.translate(t)
		s.add(t)
	}
}

func (r *sigmaRule) translate(t *translation) {
	switch r.Level {
	case "informational", "low":
		t.severity = "low"
	case "high", "critical":
		t.severity = r.Level
	}
	for _, ref := range r.References {
		t.references = append(t.references, oneLine(ref, 300))
	}
	for _, tag := range r.Tags {
		if id := strings.ToUpper(strings.TrimPrefix(tag, "attack.")); technique.MatchString(id) && !slices.Contains(t.attack, id) {
			t.attack = append(t.attack, id)
		}
	}
	if !r.Correlation.IsZero() {
		t.reject("a correlation of other rules")
		return
	}
	key := r.LogSource.Category
	if r.LogSource.Service != "" && key == "" {
		key = r.LogSource.Product + "/" + r.LogSource.Service
	}
	source, ok := sigmaSources[key]
	if !ok || r.LogSource.Category != "" && r.LogSource.Product == "windows" {
		t.reject("log source %s", oneLine(strings.Trim(r.LogSource.Product+"/"+r.LogSource.Category+"/"+r.LogSource.Service, "/"), 60))
		return
	}
	condition := r.Detection["condition"]
	if condition.Kind != yaml.ScalarNode {
		t.reject("no condition, or several")
		return
	}
	selections := map[string]string{}
	for name, node := range r.Detection {
		if name == "condition" || name == "timeframe" {
			continue
		}
		text, err := sigmaSelection(t, &node, source.fields)
		if err != nil {
			// What no condition asks for would not matter; each is asked for in practice.
			t.reject("%v", err)
			return
		}
		selections[name] = text
	}
	if _, ok := r.Detection["timeframe"]; ok {
		t.reject("a timeframe")
		return
	}
	where, err := sigmaCondition(condition.Value, selections)
	if err != nil {
		t.reject("%v", err)
		return
	}
	response := strings.Contains(where, "http.response.")
	request := strings.Contains(where, "http.request.") || strings.Contains(where, "http.host") || strings.Contains(where, "http.user_agent")
	if response && request {
		t.reject("a request and its response in one rule")
		return
	}
	if key == "dns" || key == "zeek/dns" {
		if !strings.Contains(where, "dns.a") && !strings.Contains(where, "dns.cname") && !strings.Contains(where, "rcode") {
			t.and("not dns.flags.response")
		}
	}
	if source.where != "" {
		t.and("%s", source.where)
	} else if strings.Contains(where, "not (") {
		t.and("%s", source.layer) // a packet without the field would pass what is negated
	}
	if source.lost != "" {
		t.lose("%s", source.lost)
	}
	t.and("%s", where)
	t.by = []string{"ip.src", "ip.dst"}
}

// sigmaSelection translates a map of fields, which all hold, or a list of maps, of which one does.
func sigmaSelection(t *translation, node *yaml.Node, fields map[string]sigmaField) (string, error) {
	switch node.Kind {
	case yaml.SequenceNode:
		var any []string
		for _, n := range node.Content {
			if n.Kind != yaml.MappingNode {
				return "", fmt.Errorf("keywords without a field")
			}
			c, err := sigmaSelection(t, n, fields)
			if err != nil {
				return "", err
			}
			any = append(any, c)
		}
		return join(any, " or "), nil
	case yaml.MappingNode:
		var all []string
		for i := 0; i+1 < len(node.Content); i += 2 {
			c, err := sigmaItem(t, node.Content[i].Value, node.Content[i+1], fields)
			if err != nil {
				return "", err
			}
			all = append(all, c)
		}
		return join(all, " and "), nil
	}
	return "", fmt.Errorf("keywords without a field")
}

// join joins conditions, each in brackets where it has parts of its own.
func join(conds []string, op string) string {
	if len(conds) == 1 {
		return conds[0]
	}
	out := make([]string, len(conds))
	for i, c := range conds {
		out[i] = c
		if loosely(c) || op == " or " && outside(c, " and ") {
			out[i] = "(" + c + ")"
		}
	}
	return strings.Join(out, op)
}

// sigmaItem translates field|modifiers: values.
func sigmaItem(t *translation, key string, node *yaml.Node, fields map[string]sigmaField) (string, error) {
	parts := strings.Split(key, "|")
	f, ok := fields[parts[0]]
	if !ok {
		if parts[0] == "" {
			return "", fmt.Errorf("keywords without a field")
		}
		return "", fmt.Errorf("field %s", oneLine(parts[0], 40))
	}
	if f.lost != "" {
		t.lose("%s", f.lost)
	}
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	op, op2, cased := "", " or ", false
	for _, m := range parts[1:] {
		switch m {
		case "contains", "startswith", "endswith", "re", "cidr", "lt", "lte", "gt", "gte":
			op = m
		case "all":
			op2 = " and "
		case "cased":
			cased = true
		case "i":
		default:
			return "", fmt.Errorf("modifier %s", oneLine(m, 30))
		}
	}
	insensitive := slices.Contains(parts[1:], "i")
	var conds []string
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			return "", fmt.Errorf("an empty value, or one that is no scalar")
		}
		c, err := sigmaValue(f, op, n.Value, cased, insensitive)
		if err != nil {
			return "", err
		}
		conds = append(conds, c)
	}
	if len(conds) == 0 {
		return "", fmt.Errorf("a field without a value")
	}
	return join(sigmaMerge(conds, op2), op2), nil
}

// sigmaMerge makes one condition of those that differ in the text on their right alone, where one of them is to hold.
func sigmaMerge(conds []string, op string) []string {
	if op != " or " || len(conds) < 2 {
		return conds
	}
	var head string
	var texts []string
	for _, c := range conds {
		i := strings.Index(c, " '")
		if i < 0 || !strings.HasSuffix(c, "'") || strings.HasSuffix(c[:i], "matches") || head != "" && c[:i] != head || strings.Contains(c, " and ") || strings.Contains(c, " or ") {
			return conds
		}
		head = c[:i]
		texts = append(texts, c[i+1:])
	}
	if h, ok := strings.CutSuffix(head, " =="); ok {
		head = h + " in"
	}
	return []string{head + " [" + strings.Join(texts, ", ") + "]"}
}

func sigmaValue(f sigmaField, op, value string, cased, insensitive bool) (string, error) {
	switch f.kind {
	case "ip":
		if _, err := netip.ParsePrefix(value); err != nil {
			if _, err := netip.ParseAddr(value); err != nil || op != "" && op != "cidr" {
				return "", fmt.Errorf("an address with modifiers")
			}
		}
		return fmt.Sprintf("%s in ['%s']", f.field, value), nil
	case "type":
		n, ok := recordTypes[strings.ToUpper(value)]
		if !ok || op != "" {
			return "", fmt.Errorf("a DNS type that is not known")
		}
		return fmt.Sprintf("%s == %d", f.field, n), nil
	case "number":
		n, err := strconv.Atoi(value)
		sign := map[string]string{"": "==", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[op]
		if err != nil || sign == "" {
			return "", fmt.Errorf("a number with modifiers")
		}
		return fmt.Sprintf("%s %s %d", f.field, sign, n), nil
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) {
		return "", fmt.Errorf("a value with control characters")
	}
	if op == "re" {
		if insensitive {
			value = "(?i)" + value
		}
		if _, err := syntax.Parse(value, syntax.Perl); err != nil {
			return "", fmt.Errorf("a regular expression that RE2 has not")
		}
		if strings.Contains(value, "`") {
			return f.field + " matches " + exprText(value), nil
		}
		return f.field + " matches `" + value + "`", nil
	}
	// In other values * and ? are wildcards, unless a backslash is before them.
	var pieces []string
	var piece strings.Builder
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && i+1 < len(value) && strings.IndexByte(`*?\`, value[i+1]) >= 0:
			i++
			piece.WriteByte(value[i])
		case c == '*':
			pieces = append(pieces, piece.String())
			piece.Reset()
		case c == '?' && f.kind != "part":
			return "", fmt.Errorf("a wildcard for one character")
		default:
			piece.WriteByte(c)
		}
	}
	pieces = append(pieces, piece.String())
	start, end := op == "" || op == "startswith", op == "" || op == "endswith"
	if len(pieces) > 1 {
		if pieces[0] == "" {
			start, pieces = false, pieces[1:]
		}
		if n := len(pieces); n > 1 && pieces[n-1] == "" {
			end, pieces = false, pieces[:n-1]
		}
	}
	if len(pieces) != 1 || pieces[0] == "" {
		return "", fmt.Errorf("wildcards within a value")
	}
	if f.kind == "part" {
		start, end = false, false
	}
	field, text := f.field, pieces[0]
	if !cased && strings.ToLower(text) != strings.ToUpper(text) {
		if op == "" && methods[text] {
			return field + " == " + exprText(text), nil
		}
		field, text = "lower("+field+")", strings.ToLower(text)
	}
	verb := " contains "
	switch {
	case start && end:
		verb = " == "
	case start:
		verb = " startsWith "
	case end:
		verb = " endsWith "
	}
	return field + verb + exprText(text), nil
}

// sigmaCondition translates a condition on selections: and, or, not, brackets, "1 of x*", "all of them".
func sigmaCondition(text string, selections map[string]string) (string, error) {
	p := &sigmaParser{words: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", "|", " | ").Replace(text)), selections: selections}
	out, err := p.or(0)
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("a condition with %s", oneLine(p.words[0], 30))
	}
	return out, err
}

type sigmaParser struct {
	words      []string
	selections map[string]string
}

func (p *sigmaParser) next(word string) bool {
	if len(p.words) > 0 && strings.EqualFold(p.words[0], word) {
		p.words = p.words[1:]
		return true
	}
	return false
}

func (p *sigmaParser) or(depth int) (string, error)  { return p.series(depth, "or", p.and) }
func (p *sigmaParser) and(depth int) (string, error) { return p.series(depth, "and", p.not) }

func (p *sigmaParser) series(depth int, op string, part func(int) (string, error)) (string, error) {
	var conds []string
	for {
		c, err := part(depth)
		if err != nil {
			return "", err
		}
		conds = append(conds, c)
		if !p.next(op) {
			return join(conds, " "+op+" "), nil
		}
	}
}

func (p *sigmaParser) not(depth int) (string, error) {
	if depth > 50 {
		return "", fmt.Errorf("a condition that is nested too deep")
	}
	if p.next("not") {
		c, err := p.not(depth + 1)
		return "not (" + c + ")", err
	}
	if p.next("(") {
		c, err := p.or(depth + 1)
		if err == nil && !p.next(")") {
			err = fmt.Errorf("a condition with a bracket that is not closed")
		}
		return c, err
	}
	op := ""
	if len(p.words) > 2 && strings.EqualFold(p.words[1], "of") {
		switch strings.ToLower(p.words[0]) {
		case "1", "any":
			op = " or "
		case "all":
			op = " and "
		}
	}
	if op == "" {
		if len(p.words) == 0 {
			return "", fmt.Errorf("a condition that ends too early")
		}
		word := p.words[0]
		c, ok := p.selections[word]
		if !ok {
			return "", fmt.Errorf("a condition with %s", oneLine(word, 30))
		}
		p.words = p.words[1:]
		return c, nil
	}
	pattern := p.words[2]
	p.words = p.words[3:]
	var conds []string
	for _, name := range sortedNames(p.selections) {
		prefix, wild := strings.CutSuffix(pattern, "*")
		if strings.EqualFold(pattern, "them") && !strings.HasPrefix(name, "_") || wild && strings.HasPrefix(name, prefix) || name == pattern {
			conds = append(conds, p.selections[name])
		}
	}
	if len(conds) == 0 {
		return "", fmt.Errorf("a condition on selections that are not there")
	}
	return join(conds, op), nil
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
