package imports

// A sigmaField is a field of a log source in the rule language.
type sigmaField struct {
	field string
	kind  string // "text", "part" and "extension" of a text, "number", "type" of a DNS record, "ip", "verdict" of a firewall
	lost  string
	text  string // of addresses: the field of values that are none; "" for no such values
}

// errSides is why there is no rule where a request and its response, which are two packets, matter both.
const errSides = "a request and its response in one rule"

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
		"answer": {field: "dns.a", kind: "ip", text: "dns.txt"}, "src_ip": {field: "ip.src", kind: "ip"}, "dst_ip": {field: "ip.dst", kind: "ip"},
	}},
	"dns_query": {layer: "dns", lost: "which program asks is not known", fields: map[string]sigmaField{"QueryName": {field: "dns.qry.name", kind: "text"}}},
	"zeek/dns": {layer: "dns", fields: map[string]sigmaField{
		"query": {field: "dns.qry.name", kind: "text"}, "qtype_name": {field: "dns.qry.type", kind: "type"}, "qtype": {field: "dns.qry.type", kind: "number"},
		"rcode": {field: "dns.flags.rcode", kind: "number"}, "answers": {field: "dns.cname", kind: "text", lost: "answers are CNAME alone"},
		"id.orig_h": {field: "ip.src", kind: "ip"}, "id.resp_h": {field: "ip.dst", kind: "ip"}, "id.resp_p": {field: "dst.port", kind: "number"}, "id.orig_p": {field: "src.port", kind: "number"},
	}},
	"firewall": {where: "new_connection", lost: "accepted or not is not known: each attempt counts", fields: map[string]sigmaField{
		"dst_port": {field: "dst.port", kind: "number"}, "src_port": {field: "src.port", kind: "number"}, "src_ip": {field: "ip.src", kind: "ip"}, "dst_ip": {field: "ip.dst", kind: "ip"}, "action": {kind: "verdict"},
	}},
	"zeek/conn": {where: "new_connection", lost: "TCP alone", fields: map[string]sigmaField{
		"id.orig_h": {field: "ip.src", kind: "ip"}, "id.resp_h": {field: "ip.dst", kind: "ip"}, "id.resp_p": {field: "tcp.dstport", kind: "number"}, "id.orig_p": {field: "tcp.srcport", kind: "number"},
	}},
	"zeek/rdp": {where: "new_connection and tcp.dstport == 3389", lost: "RDP is port 3389", fields: map[string]sigmaField{
		"id.orig_h": {field: "ip.src", kind: "ip"}, "id.resp_h": {field: "ip.dst", kind: "ip"},
	}},
	"zeek/http": {layer: "http", lost: "HTTP that is seen in the clear", fields: map[string]sigmaField{
		"method": {field: "http.request.method", kind: "text"}, "uri": {field: "http.request.uri", kind: "text"}, "host": {field: "http.host", kind: "text"},
		"user_agent": {field: "http.user_agent", kind: "text"}, "c-useragent": {field: "http.user_agent", kind: "text"}, "c-uri": {field: "http.request.uri", kind: "text"}, "status_code": {field: "http.response.code", kind: "number"}, "id.orig_h": {field: "ip.src", kind: "ip"}, "id.resp_h": {field: "ip.dst", kind: "ip"},
	}},
	"proxy":     {layer: "http", lost: oneRequest, fields: webFields},
	"webserver": {layer: "http", lost: oneRequest, fields: webFields},
}

var webFields = map[string]sigmaField{
	"cs-method": {field: "http.request.method", kind: "text"}, "cs-host": {field: "http.host", kind: "text"}, "r-dns": {field: "http.host", kind: "text"},
	"c-uri": {field: "http.request.uri", kind: "text"}, "cs-uri": {field: "http.request.uri", kind: "text"}, "c-useragent": {field: "http.user_agent", kind: "text"},
	"cs-user-agent": {field: "http.user_agent", kind: "text"}, "sc-status": {field: "http.response.code", kind: "number"},
	"cs-uri-query":    {field: "http.request.uri", kind: "part", lost: "a part of the URI looked for in all of it"},
	"cs-uri-stem":     {field: "http.request.uri", kind: "part", lost: "a part of the URI looked for in all of it"},
	"c-uri-query":     {field: "http.request.uri", kind: "part", lost: "a part of the URI looked for in all of it"},
	"c-uri-stem":      {field: "http.request.uri", kind: "part", lost: "a part of the URI looked for in all of it"},
	"c-uri-extension": {field: "http.request.uri", kind: "extension", lost: "a part of the URI looked for in all of it"},
	"cs-content-type": {field: "http.content_type", kind: "text"},
	"src_ip":          {field: "ip.src", kind: "ip"}, "dst_ip": {field: "ip.dst", kind: "ip"}, "c-ip": {field: "ip.src", kind: "ip"},
}

// recordTypes are numbers of DNS types by name (IANA).
var recordTypes = map[string]int{"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "NULL": 10, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "AXFR": 252, "ANY": 255, "*": 255, "HTTPS": 65}
