package imports

// A match is a content or pcre with its modifiers. Numbers are -1, and relative ones nil, where it does not say.
type match struct {
	buffer           string
	negated, nocase  bool
	data             []byte
	offset, depth    int
	starts, ends     bool
	distance, within *int
	pattern          string // of a pcre: flags and all
	relative         bool   // pcre: from the end of the match before
}

// A buffer is a part of the traffic that Suricata looks into, as a field.
type buffer struct {
	field    string
	side     string // "request" or "response" where the field tells
	noun     string // of a list of its values
	suffix   bool   // its values are domain names
	lossless bool
}

// buffers are the sticky buffers that a field stands for, by their names now and before, and "" for the payload.
var buffers = map[string]buffer{
	"":                  {field: "payload"},
	"http.uri":          {field: "http.request.uri", side: "request"},
	"http.uri.raw":      {field: "http.request.uri", side: "request", lossless: true},
	"http.method":       {field: "http.request.method", side: "request", lossless: true},
	"http.host":         {field: "http.host", side: "request", noun: "http_hosts", suffix: true},
	"http.host.raw":     {field: "http.host", side: "request", lossless: true},
	"http.user_agent":   {field: "http.user_agent", side: "request", noun: "user_agents", lossless: true},
	"http.content_type": {field: "http.content_type", lossless: true},
	"http.stat_code":    {field: "http.response.code", side: "response", lossless: true},
	"dns.query":         {field: "dns.qry.name", side: "request", noun: "dns_names", suffix: true, lossless: true},
	"tls.sni":           {field: "tls.handshake.extensions_server_name", side: "request", noun: "tls_names", suffix: true, lossless: true},
	"ja3.hash":          {field: "tls.handshake.ja3", side: "request", noun: "ja3", lossless: true},
	"ja4.hash":          {field: "tls.handshake.ja4", side: "request", noun: "ja4", lossless: true},
}

// sticky are older names of buffers that what follows is looked for in.
var sticky = map[string]string{"dns_query": "dns.query", "tls_sni": "tls.sni", "ja3_hash": "ja3.hash", "pkt_data": "", "http_host": "http.host"}

// modifiers are older names that say where the content before them is looked for.
var modifiers = map[string]string{
	"http_uri": "http.uri", "http_raw_uri": "http.uri.raw", "http_method": "http.method", "http_host": "http.host", "http_raw_host": "http.host.raw",
	"http_user_agent": "http.user_agent", "http_stat_code": "http.stat_code", "http_content_type": "http.content_type",
}

// pcreBuffers are the flags of a pcre that say where it is looked for.
var pcreBuffers = map[rune]string{'U': "http.uri", 'I': "http.uri.raw", 'M': "http.method", 'W': "http.host", 'Z': "http.host.raw", 'V': "http.user_agent", 'S': "http.stat_code"}
