package imports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

// A scenario is one of CrowdSec as read: https://docs.crowdsec.net/docs/scenarios/format.
type scenario struct {
	Type        string   `yaml:"type"`
	Name        string   `yaml:"name"`
	Description string   `yaml:"description"`
	Filter      string   `yaml:"filter"`
	Condition   string   `yaml:"condition"`
	LeakSpeed   string   `yaml:"leakspeed"`
	Duration    string   `yaml:"duration"`
	Capacity    int      `yaml:"capacity"`
	GroupBy     string   `yaml:"groupby"`
	Distinct    string   `yaml:"distinct"`
	Blackhole   string   `yaml:"blackhole"`
	CancelOn    string   `yaml:"cancel_on"`
	Overflow    string   `yaml:"overflow_filter"`
	References  []string `yaml:"references"`
	Labels      struct {
		Classification []string `yaml:"classification"`
		Behavior       string   `yaml:"behavior"`
		Confidence     int      `yaml:"confidence"`
	} `yaml:"labels"`
}

// CrowdSec reads a file of scenarios, one YAML document each, and adds what they say to the set.
func (s *Set) CrowdSec(f File) {
	documents(s, f, "crowdsec", "scenario", func(c *scenario, t *translation) bool {
		if c.Type == "" && c.Name == "" && c.Filter == "" {
			return false // an empty document
		}
		c.translate(t)
		return true
	})
}

var (
	comparison  = lazyregexp.New(`^\(?\s*evt\.(?:Meta|Parsed)\.([A-Za-z_]+)\s*(==|in|!=|not in)\s*(.+?)\s*\)?$`)
	letName     = lazyregexp.New(`^\(?\s*let ([a-z_]+) = `)
	statusOnly  = lazyregexp.New(`^\(?\s*evt\.(?:Meta|Parsed)\.(?:http_)?status\s`)
	quotedWord  = lazyregexp.New(`["']([^"']*)["']`)
	statusCode  = lazyregexp.New(`(http\.response\.code\s*(?:==|!=|in|not in)\s*)(\[[^\]]*\]|["'][0-9]+["'])`)
	partOfURI   = lazyregexp.New(`(evt\.Parsed\.(?:http_args|file_name)\)?)\s*(?:==|in|startsWith|endsWith)\s+`)
	requestWord = lazyregexp.New(`http_path|Parsed\.request|Parsed\.uri|http_args|file_name|http_user_agent`)
	foreignName = lazyregexp.New(`evt\.[A-Za-z_.]+|\b[A-Z][A-Za-z]+\(`)
)

// requestFields are fields of HTTP by the names that CrowdSec's parsers give.
var requestFields = strings.NewReplacer(
	"evt.Meta.http_path", "http.request.uri", "evt.Parsed.request", "http.request.uri", "evt.Parsed.uri", "http.request.uri",
	"evt.Parsed.http_args", "http.request.uri", "evt.Parsed.file_name", "http.request.uri",
	"evt.Parsed.http_user_agent", "http.user_agent", "evt.Meta.http_user_agent", "http.user_agent",
	"evt.Parsed.verb", "http.request.method", "evt.Meta.http_verb", "http.request.method",
	"evt.Parsed.target_fqdn", "http.host", "evt.Meta.target_fqdn", "http.host",
	"evt.Meta.http_status", "http.response.code", "evt.Parsed.status", "http.response.code",
	"Lower(", "lower(", "Upper(", "upper(", " && ", " and ", " || ", " or ", "&&", " and ", "||", " or ",
)

func (c *scenario) translate(t *translation) {
	t.Title = c.Description
	t.ID = oneLine(c.Name, 100)
	if c.Name != "" {
		t.name = identifier("crowdsec_" + c.Name[strings.LastIndexByte(c.Name, '/')+1:])
	}
	if c.Labels.Behavior != "" {
		t.category = identifier(c.Labels.Behavior)
	}
	if c.Labels.Confidence >= 3 {
		t.severity = "high"
	}
	t.cite(c.References, c.Labels.Classification)
	switch {
	case c.Type != "leaky" && c.Type != "trigger":
		t.reject("type %s", oneLine(c.Type, 30))
	case c.Condition != "" || c.Overflow != "" || c.CancelOn != "":
		t.reject("condition, overflow_filter or cancel_on")
	}
	if t.reason != "" {
		return
	}
	var l logins
	var http bool
	var rest []string
	for _, part := range split(lets(strings.Join(strings.Fields(c.Filter), " ")), "&&", " and ") {
		part = strings.TrimSpace(part)
		name, values, ok := equals(part)
		switch {
		case !ok:
			rest = append(rest, part)
		case name == "static_ressource":
			t.lose("whether a file is static is not known")
		case slices.Contains(kindFields, name) && !slices.ContainsFunc(values, func(v string) bool { return !strings.HasPrefix(v, "http_") && v != "http" }):
			http = true
		case !l.see(name, values):
			rest = append(rest, part)
		}
	}
	switch {
	case l.failed && http && l.plain:
		t.lose("a login that the log of a web server tells of is an answer 401")
		c.request(t, append(rest, "evt.Meta.http_status == '401'"))
	case l.failed && http:
		t.reject("logins that a web server's log tells of")
	case l.failed:
		c.login(t, &l, rest)
	case l.aside != "":
		t.reject("filter on %s", l.aside)
	case l.users != nil:
		t.reject("filter on a user")
	case strings.Contains(strings.Join(rest, " "), "http_") || http:
		c.request(t, rest)
	default:
		t.reject("events that are neither logins nor HTTP")
	}
	if t.reason == "" {
		c.bucket(t)
	}
}

func (c *scenario) request(t *translation, rest []string) {
	if asks := slices.DeleteFunc(slices.Clone(rest), statusAlone); len(asks) < len(rest) && requestWord.MatchString(strings.Join(asks, " ")) {
		// What a client asks for is narrow enough: the status, which is in another packet, says whether it is there.
		rest = asks
		t.lose("the status of the answer is not looked at: each request counts")
	}
	all := strings.Join(rest, " and ")
	for _, name := range []string{"http_args", "file_name"} {
		if strings.Contains(all, name) {
			t.lose("a part of the URI looked for in all of it")
		}
	}
	for _, wrapper := range []string{"PathUnescape", "QueryUnescape"} {
		if strings.Contains(all, wrapper+"(") {
			t.lose("the URI as written, not decoded")
			all = unwrap(all, wrapper+"(")
		}
	}
	if strings.Contains(all, "http_path") {
		t.lose("a path with its query")
	}
	all = partOfURI.ReplaceAllString(all, "$1 contains ")
	where := strings.TrimSpace(requestFields.Replace(all))
	where = statusCode.ReplaceAllStringFunc(where, func(s string) string { return strings.NewReplacer(`"`, "", "'", "").Replace(s) })
	if bad := foreignName.FindString(where); bad != "" {
		t.reject("filter with %s", oneLine(strings.TrimSuffix(bad, "("), 40))
		return
	}
	if strings.ContainsAny(quotedWord.ReplaceAllString(where, ""), "{}#") {
		t.reject("filter with a closure")
		return
	}
	if bothSides(where) {
		t.reject(errSides)
		return
	}
	if !strings.Contains(where, "http.response.") {
		t.and("http.request.method != ''")
	}
	t.and("%s", where)
	t.lose("the log of a server is HTTP that is seen in the clear")
}

// statusAlone says whether a part of a filter is on the status of an answer and on nothing else.
func statusAlone(part string) bool {
	return statusOnly.MatchString(part) && strings.Count(part, "evt.") == 1
}

// maxFilter bounds a filter with what its names stand for, which may double with each name.
const maxFilter = 64 << 10

// lets puts what "let name = value;" names in the place of the name, in what follows.
func lets(filter string) string {
	for at := 0; ; {
		i := strings.Index(filter[at:], "let ")
		if i < 0 || len(filter) > maxFilter {
			return filter
		}
		at += i
		m := letName.FindStringSubmatch(filter[at:])
		end := strings.IndexByte(filter[at:], ';')
		before := strings.TrimRight(filter[:at], " ")
		if m == nil || end < 0 || before != "" && !strings.HasSuffix(before, "(") || strings.Count(before, `"`)%2+strings.Count(before, "'")%2 > 0 {
			at += len("let ")
			continue
		}
		value := strings.TrimSpace(filter[at+len(m[0]) : at+end])
		rest := replaceWord(filter[at+end+1:], m[1], value)
		filter = filter[:at] + strings.TrimSpace(rest)
	}
}

// replaceWord replaces a name outside of strings, where it is no part of another.
func replaceWord(text, name, value string) string {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == '\\' && i+1 < len(text):
			b.WriteByte(c)
			i++
			c = text[i]
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\'' || c == '`'):
			quote = c
		case quote == 0 && strings.HasPrefix(text[i:], name) && (i == 0 || !isWord(text[i-1]) && text[i-1] != '.') && (i+len(name) == len(text) || !isWord(text[i+len(name)])):
			b.WriteString(value)
			i += len(name) - 1
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// unwrap takes a function of one argument off its argument.
func unwrap(text, call string) string {
	for {
		i := strings.Index(text, call)
		if i < 0 {
			return text
		}
		depth, j := 1, i+len(call)
		for ; j < len(text) && depth > 0; j++ {
			switch text[j] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		if depth > 0 {
			return text
		}
		text = text[:i] + text[i+len(call):j-1] + text[j:]
	}
}

// bucket translates capacity, leak, groupby, distinct and blackhole. A bucket of capacity C that leaks one in L
// overflows at the event C+1, and for good at one event in L: so does a window of C times L with more than C events.
func (c *scenario) bucket(t *translation) {
	response := slices.ContainsFunc(t.conds, func(s string) bool { return strings.Contains(s, "http.response.") })
	host := map[bool]string{false: "ip.src", true: "ip.dst"}[response] // who asked
	group := strings.TrimSpace(c.GroupBy)
	for _, part := range strings.Split(group, "+") {
		switch part = strings.TrimSpace(part); part {
		case "evt.Meta.source_ip", "evt.Parsed.source_ip":
			t.by = append(t.by, host)
		case "evt.Meta.user", "evt.Meta.target_user", "evt.Meta.username":
			t.by = append(t.by, "auth.user")
		case "evt.Meta.log_type":
			t.lose("groups by the kind of a line, too")
		case "evt.Meta.service":
			t.by = append(t.by, "auth.service")
		case "evt.Parsed.target_fqdn", "evt.Meta.target_fqdn":
			if response {
				t.lose("groups by host alone")
			} else {
				t.by = append(t.by, "http.host")
			}
		default:
			if part == "" || quotedWord.MatchString(part) {
				continue
			}
			t.reject("groupby %s", oneLine(part, 40))
			return
		}
	}
	t.by = slices.Compact(t.by)
	if c.Blackhole != "" {
		d, err := time.ParseDuration(c.Blackhole)
		if err != nil || d <= 0 {
			t.reject("blackhole that cannot be read")
			return
		}
		t.cooldown = span(d)
	}
	if c.Type == "trigger" {
		return
	}
	leak, err := time.ParseDuration(c.LeakSpeed)
	if err != nil || leak <= 0 || c.Capacity < 1 || c.Capacity > 1_000_000 || leak > 31*24*time.Hour {
		t.reject("capacity or leakspeed that cannot be read, or none")
		return
	}
	window := leak * time.Duration(c.Capacity)
	if window > 7*24*time.Hour {
		t.reject("a window of more than a week")
		return
	}
	count := "count()"
	switch c.Distinct {
	case "":
	case "evt.Meta.username", "evt.Meta.user", "evt.Meta.target_user", "evt.Meta.source_user", "evt.Parsed.dovecot_user":
		count = "distinct(auth.user)"
	case "evt.Meta.source_ip":
		count = "distinct(" + host + ")"
	case "evt.Meta.http_path", "evt.Parsed.request", "evt.Parsed.file_name", "evt.Parsed.http_args":
		if response {
			t.reject(errSides)
			return
		}
		count = "distinct(http.request.uri)"
	case "evt.Parsed.http_user_agent":
		count = "distinct(http.user_agent)"
	default:
		t.reject("distinct %s", oneLine(c.Distinct, 40))
		return
	}
	t.lose("a bucket is a window of as many events")
	t.span, t.aggregates, t.threshold, t.when = span(window), []pair{{"n", count}}, c.Capacity, "n > threshold"
}

// span writes a duration as the rule language has it: in whole seconds, or milliseconds.
func span(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return fmt.Sprintf("%dms", max(d/time.Millisecond, 1))
}
