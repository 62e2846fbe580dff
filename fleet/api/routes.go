package api

import (
	"github.com/ruleids/ruleids/fleet/inbox"
	"github.com/ruleids/ruleids/fleet/roster"
	"github.com/ruleids/ruleids/fleet/share"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
)

// A Param is a parameter of a request, in its path or its query.
type Param struct {
	Name, In, Doc, Example string
}

// A Route is one thing that can be asked.
type Route struct {
	Method, Path string
	Role         state.Role // the least that may; "" for everybody
	Summary      string
	Params       []Param
	Body         any    // an example of what it takes; nil for nothing
	Type         string // of the body where that is not JSON
	Reply        any    // a value of the type of the answer; nil where that is not JSON
	ReplyType    string // of an answer that is not JSON
	Created      bool   // the answer is 201
	Stream       bool   // the answer has no end in time
	handle       func(*call) (any, error)
}

// taking returns a handler of a handler that takes the body of a request; without is what that has where something is left out.
func taking[T any](without T, handle func(*call, *T) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		body := without
		if err := c.read(&body); err != nil {
			return nil, err
		}
		return handle(c, &body)
	}
}

func q(name, doc, example string) Param { return Param{name, "query", doc, example} }
func p(name, doc, example string) Param { return Param{name, "path", doc, example} }

// search are the parameters of what finds alerts.
func search(more ...Param) []Param {
	return append([]Param{
		q("q", "Words and terms, all of which must hold: rule:, severity:, category:, agent:, src:, dst:, ip:, sport:, dport:, port:, proto:, attack:, since:, until:. Values with commas between are alternatives; - before a term turns it around.", "rule:port_scan src:198.51.100.0/24"),
		q("since", "From this time on: RFC 3339, a date, seconds since 1970, or a duration before now as 2h or 7d.", "7d"),
		q("until", "Before this time.", ""),
		q("severity", "Severities with commas between; high+ is high and those above it.", "high,critical"),
		q("agent", "Names of agents with commas between.", ""),
		q("rule", "Names of rules with commas between.", ""),
		q("category", "Categories with commas between.", ""),
	}, more...)
}

// Routes returns all routes.
func (a *API) Routes() []Route {
	return []Route{
		{Method: "GET", Path: "/api/v1/alerts", Role: state.Viewer, Summary: "Alerts, the newest first", Params: search(q("limit", "Alerts on a page: 100 where it is left out, at most 1000.", "10"), q("cursor", "What the page before gave as next.", "")),
			Reply: AlertPage{}, handle: (*call).alerts},
		{Method: "GET", Path: "/api/v1/alerts/{id}", Role: state.Viewer, Summary: "One alert", Params: []Param{p("id", "Its id.", "{alert}")}, Reply: &store.Stored{}, handle: (*call).alert},
		{Method: "GET", Path: "/api/v1/alerts/{id}/evidence", Role: state.Analyst, Summary: "The packets around an alert, as a pcapng file, which the agent brings: of an alert with ruleids.evidence; 503 while the agent is not connected",
			Params: []Param{p("id", "The alert's id.", "{alert}")}, ReplyType: pcapngType, handle: (*call).evidence},
		{Method: "GET", Path: "/api/v1/stats", Role: state.Viewer, Summary: "Counts of alerts, by severity, category, rule, agent, source and time; of the last 24 hours where no time is given",
			Params: search(q("step", "Step of the timeline, from 1m on; one that suits where it is left out.", "1h"), q("top", "Entries of each list, 10 where it is left out.", "5")), Reply: store.Stats{}, handle: (*call).stats},
		{Method: "GET", Path: "/api/v1/export", Role: state.Viewer, Summary: "All alerts of a query as a file, the newest first", Params: search(q("format", "json: an object a line; csv.", "json"), q("limit", "At most this many.", "10")),
			ReplyType: "application/x-ndjson", Stream: true, handle: (*call).export},
		{Method: "GET", Path: "/api/v1/stream", Role: state.Viewer, Summary: "What happens, as server-sent events: alert, agent, decision and ruleset, each with an array as data; resync where something was missed",
			Params: []Param{q("last_event_id", "Go on behind this event; so does the header Last-Event-ID.", "")}, ReplyType: "text/event-stream", Stream: true, handle: (*call).stream},
		{Method: "POST", Path: "/api/v1/ingest", Role: state.Analyst, Summary: "Bring EVE JSON, an event a line: alerts of this program, of Suricata, or of what writes as that does",
			Type: "application/x-ndjson", Body: exampleEVE, Reply: Ingested{}, Stream: true, handle: (*call).bring},

		{Method: "GET", Path: "/api/v1/inbox", Role: state.Viewer, Summary: "Alerts grouped by rule and key, with what people made of them; of the last 24 hours where no time is given",
			Params: search(q("status", "open, acknowledged, escalated or closed; any where it is left out.", "open"), q("limit", "Groups: 100 where it is left out, at most 1000.", "10"), q("look", "true: what came until now is seen from now on.", "true")), Reply: InboxPage{}, handle: (*call).inbox},
		{Method: "POST", Path: "/api/v1/inbox/act", Role: state.Analyst, Summary: "Acknowledge, escalate, close, open again or comment groups of alerts", Body: InboxAct{All: true, Q: "severity:low", Status: "open", Action: "closed", Reason: "benign", Until: "7d", Text: "the monitoring"},
			Reply: InboxDone{}, handle: taking(InboxAct{}, (*call).actInbox)},
		{Method: "POST", Path: "/api/v1/exceptions/preview", Role: state.Analyst, Summary: "What an exception would have done to the alerts of a rule", Body: ExceptionRequest{"port_scan", "ip.src == '203.0.113.7'", 7},
			Reply: inbox.Preview{}, handle: taking(ExceptionRequest{}, (*call).previewException)},

		{Method: "GET", Path: "/api/v1/agents", Role: state.Viewer, Summary: "Agents, by name", Params: []Param{q("all", "true: revoked ones, too.", "true"), q("history", "true: with their last heartbeats.", "true")}, Reply: AgentList{}, handle: (*call).agents},
		{Method: "GET", Path: "/api/v1/agents/{agent}", Role: state.Viewer, Summary: "One agent", Params: []Param{p("agent", "Its name, or its identity.", "{agent}")}, Reply: &roster.Agent{}, handle: (*call).agent},
		{Method: "PATCH", Path: "/api/v1/agents/{agent}", Role: state.Admin, Summary: "Give an agent other labels", Params: []Param{p("agent", "Its name, or its identity.", "{agent}")},
			Body: AgentChange{state.Labels{"site": "berlin"}}, Reply: &roster.Agent{}, handle: (*call).labelAgent},
		{Method: "DELETE", Path: "/api/v1/agents/{agent}", Role: state.Admin, Summary: "Revoke an agent: it is cut off at once, for good", Params: []Param{p("agent", "Its name, or its identity.", "{agent}")}, Reply: &roster.Agent{}, handle: (*call).revokeAgent},
		{Method: "GET", Path: "/api/v1/models", Role: state.Viewer, Summary: "What models of agents have learned to be usual, how far that has drifted, and what was odd; of the last 7 days where no time is given", Params: search(),
			Reply: ModelList{}, handle: (*call).models},
		{Method: "GET", Path: "/api/v1/assets", Role: state.Viewer, Summary: "Hosts and services that agents have learned of, by address", Params: []Param{q("agent", "Names of agents with commas between.", ""), q("ip", "An address, or a network.", "10.0.0.0/8"),
			q("q", "Words, each of which is in the address, a name, the hardware, the system or a service.", "ssh"), q("local", "true: only hosts on the networks of agents.", "true"), q("limit", "Hosts: 1000 where it is left out, at most 5000.", "100")},
			Reply: AssetPage{}, handle: (*call).assets},
		{Method: "GET", Path: "/api/v1/near", Role: state.Viewer, Summary: "How close keys came to the thresholds of rules in the last seven days, over all agents", Reply: NearList{}, handle: (*call).near},
		{Method: "GET", Path: "/api/v1/logins", Role: state.Viewer, Summary: "Logins that logs of agents told of: counts by result, user, address and time, and the newest; of the last 24 hours where no time is given",
			Params: []Param{q("q", "Text that one of the texts of a login holds.", "root"), q("since", "From this time on, as for alerts.", "7d"), q("until", "Before this time.", ""), q("limit", "Logins: 100 where it is left out, at most 1000.", "10")}, Reply: LoginPage{LoginCounts: &state.LoginCounts{}}, handle: (*call).logins},
		{Method: "GET", Path: "/api/v1/tokens", Role: state.Admin, Summary: "Tokens that agents can join with", Reply: TokenList{}, handle: (*call).tokens},
		{Method: "POST", Path: "/api/v1/tokens", Role: state.Admin, Summary: "Make a token to join with", Body: TokenRequest{"1h", 1, state.Labels{"site": "berlin"}}, Reply: NewToken{}, Created: true, handle: taking(TokenRequest{For: "1h", Uses: 1}, (*call).makeToken)},
		{Method: "DELETE", Path: "/api/v1/tokens/{token}", Role: state.Admin, Summary: "Make a token worthless", Params: []Param{p("token", "The part of it before the dot.", "{token}")}, Reply: struct{}{}, handle: (*call).removeToken},
		{Method: "POST", Path: "/api/v1/join", Summary: "Become an agent, by a token", Body: JoinRequest{"{join}", "oslo", "{request}"}, Reply: JoinAnswer{}, Created: true, handle: (*call).join},

		{Method: "GET", Path: "/api/v1/decisions", Role: state.Viewer, Summary: "Decisions for all that hold, the newest first", Reply: DecisionList{}, handle: (*call).decisions},
		{Method: "POST", Path: "/api/v1/decisions", Role: state.Analyst, Summary: "Keep an address or a prefix out, at all agents or at those with a label", Body: share.Request{Target: "203.0.113.7", For: "1h", Reason: "scans us every night"},
			Reply: Decision{&state.Decision{}, nil}, Created: true, handle: taking(share.Request{}, (*call).decide)},
		{Method: "DELETE", Path: "/api/v1/decisions/{target...}", Role: state.Analyst, Summary: "Release an address or a prefix", Params: []Param{p("target...", "The address or prefix.", "203.0.113.7")}, Reply: Decision{&state.Decision{}, nil}, handle: (*call).lift},

		{Method: "GET", Path: "/api/v1/rules", Role: state.Viewer, Summary: "Shipped rules, and those of the newest rule set that is on its way or with all, with what each costs; analysts see those of rule sets", Reply: RuleList{}, handle: (*call).rules},
		{Method: "GET", Path: "/api/v1/rules/{rule}", Role: state.Viewer, Summary: "What is written of a rule: its text, overrides of it, and its page", Params: []Param{p("rule", "Its name.", "port_scan")}, Reply: RuleText{}, handle: (*call).rule},
		{Method: "GET", Path: "/api/v1/rulesets", Role: state.Viewer, Summary: "Rule sets that were given to agents, the newest first", Reply: RulesetList{}, handle: (*call).rulesets},
		{Method: "GET", Path: "/api/v1/rulesets/{number}", Role: state.Analyst, Summary: "One rule set, with its files as the operator signed them", Params: []Param{p("number", "Its number.", "1")}, Reply: RulesetBundle{&state.Ruleset{}, ""}, handle: (*call).ruleset},
		{Method: "POST", Path: "/api/v1/rulesets", Role: state.Admin, Summary: "Give a rule set to agents, to a few first", Body: RulesetPush{"{bundle}", 0.1, "30m", ""}, Reply: &state.Ruleset{}, Created: true, handle: (*call).pushRuleset},
		{Method: "POST", Path: "/api/v1/rulesets/rollback", Role: state.Admin, Summary: "Take the newest rule set back", Body: RulesetRollback{"too many alerts"}, Reply: &state.Ruleset{}, handle: taking(RulesetRollback{}, (*call).rollBack)},
		{Method: "PUT", Path: "/api/v1/operator-key", Role: state.Admin, Summary: "Set the public key that agents pin when they join", Body: OperatorKey{"{operator}"}, Reply: OperatorKey{}, handle: taking(OperatorKey{}, (*call).setOperatorKey)},

		{Method: "POST", Path: "/api/v1/login", Summary: "Begin a session", Body: Login{"admin", "{password}"}, Reply: Identity{}, handle: (*call).login},
		{Method: "POST", Path: "/api/v1/logout", Summary: "End the session", Body: struct{}{}, Reply: struct{}{}, handle: (*call).logout},
		{Method: "GET", Path: "/api/v1/me", Role: state.Viewer, Summary: "Who asks", Reply: Identity{}, handle: (*call).me},
		{Method: "POST", Path: "/api/v1/password", Role: state.Viewer, Summary: "Give one's own account another password, which ends its sessions", Body: PasswordChange{"{password}", "another password"}, Reply: struct{}{}, handle: (*call).password},
		{Method: "GET", Path: "/api/v1/accounts", Role: state.Admin, Summary: "Accounts", Reply: AccountList{}, handle: (*call).accounts},
		{Method: "POST", Path: "/api/v1/accounts", Role: state.Admin, Summary: "Make an account, or give it another password and role", Body: AccountRequest{"lee", "correct horse battery", state.Analyst}, Reply: state.Account{}, Created: true, handle: taking(AccountRequest{}, (*call).setAccount)},
		{Method: "DELETE", Path: "/api/v1/accounts/{account}", Role: state.Admin, Summary: "Remove an account and end its sessions", Params: []Param{p("account", "Its name.", "lee")}, Reply: struct{}{}, handle: (*call).removeAccount},
		{Method: "GET", Path: "/api/v1/keys", Role: state.Admin, Summary: "API keys", Reply: KeyList{}, handle: (*call).keys},
		{Method: "POST", Path: "/api/v1/keys", Role: state.Admin, Summary: "Make an API key, which is shown this once", Body: KeyRequest{"siem", state.Viewer}, Reply: NewKey{}, Created: true, handle: taking(KeyRequest{}, (*call).makeKey)},
		{Method: "DELETE", Path: "/api/v1/keys/{key}", Role: state.Admin, Summary: "Make an API key worthless", Params: []Param{p("key", "Its name.", "siem")}, Reply: struct{}{}, handle: (*call).removeKey},
		{Method: "GET", Path: "/api/v1/audit", Role: state.Admin, Summary: "What was changed, when and by whom; the newest first", Params: []Param{q("limit", "Lines on a page.", "10"), q("before", "What the page before gave as next.", "")}, Reply: AuditPage{}, handle: (*call).audit},

		{Method: "GET", Path: "/api/v1/openapi.json", Summary: "This description", Reply: map[string]any{}, handle: (*call).openAPI},
		{Method: "GET", Path: "/healthz", Summary: "Whether the server works", Reply: Health{}, handle: (*call).health},
		{Method: "GET", Path: "/metrics", Role: state.Viewer, Summary: "Metrics for Prometheus", ReplyType: "text/plain", handle: (*call).metrics},
	}
}

const exampleEVE = `{"timestamp":"2026-11-29T12:00:00.000000+0000","event_type":"alert","src_ip":"198.51.100.7","src_port":40000,"dest_ip":"192.0.2.10","dest_port":22,"proto":"TCP","host":"suricata-1","alert":{"action":"allowed","gid":1,"signature_id":2001219,"signature":"ET SCAN Potential SSH Scan","category":"Attempted Information Leak","severity":2}}` + "\n"
