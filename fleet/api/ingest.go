package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/scale"
)

const (
	maxIngest    = 16 << 20 // bytes of a body
	maxLine      = 256 << 10
	maxRejected  = 100 // that an answer tells of
	maxField     = 1024
	ingestAtOnce = 1000
)

// Ingested says what became of events.
type Ingested struct {
	Accepted int        `json:"accepted"` // alerts that are stored
	Skipped  int        `json:"skipped"`  // events that are no alerts
	Cut      int        `json:"cut"`      // fields that were too long
	Rejected []Rejected `json:"rejected"` // lines that cannot be used; the first hundred
	Count    int        `json:"rejected_count"`
}

// A Rejected line cannot be used.
type Rejected struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

// bring takes EVE JSON, one event a line.
func (c *call) bring() (any, error) {
	now := c.api.opt.Now().UTC()
	out := &Ingested{Rejected: []Rejected{}}
	in := bufio.NewReaderSize(http.MaxBytesReader(c.w, c.r.Body, maxIngest), 64<<10)
	var entries []*store.Entry
	flush := func() error {
		if len(entries) == 0 {
			return nil
		}
		if err := c.api.opt.Ingest(c.ctx(), entries); err != nil {
			return err
		}
		out.Accepted += len(entries)
		entries = entries[:0:0]
		return nil
	}
	for n := 1; ; n++ {
		line, long, err := readLine(in)
		if most, ok := errors.AsType[*http.MaxBytesError](err); ok {
			if err := flush(); err != nil {
				return nil, err
			}
			return nil, fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("a body has at most %d bytes; the lines before line %d are stored", most.Limit, n)}
		}
		if err != nil && err != io.EOF {
			return nil, bad("the body cannot be read: %v", err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 || long {
			if !c.api.ingest.take(c.who.Kind+" "+c.who.Name, 1, now) {
				if err := flush(); err != nil {
					return nil, err
				}
				return nil, fault{http.StatusTooManyRequests, fmt.Sprintf("over %d events a second; the %d lines before line %d are stored", c.api.opt.IngestLimit, n-1, n)}
			}
			e, cut, why := c.event(line, long, now)
			out.Cut += cut
			switch {
			case why != "":
				if out.Count++; len(out.Rejected) < maxRejected {
					out.Rejected = append(out.Rejected, Rejected{n, why})
				}
			case e == nil:
				out.Skipped++
			default:
				entries = append(entries, e)
			}
		}
		if len(entries) >= ingestAtOnce || err == io.EOF {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		if err == io.EOF {
			return out, nil
		}
	}
}

// readLine reads a line; long says that it has more than maxLine bytes, which are skipped.
func readLine(in *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			long = true
		} else {
			line = append(line, part...)
		}
		if err != bufio.ErrBufferFull {
			return line, long, err
		}
	}
}

// event makes an entry of a line; nil for what is no alert. why says what is wrong with it.
func (c *call) event(line []byte, long bool, now time.Time) (e *store.Entry, cut int, why string) {
	if long {
		return nil, 0, fmt.Sprintf("the line has over %d bytes", maxLine)
	}
	var head struct {
		EventType string `json:"event_type"`
		Host      string `json:"host"`
		Ruleids   *struct {
			Agent string `json:"agent"`
		} `json:"ruleids"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, 0, "the line is not a JSON object: " + err.Error()
	}
	if head.EventType != "alert" {
		if head.EventType == "" {
			return nil, 0, "the event has no event_type"
		}
		return nil, 0, ""
	}
	a := &alert.Alert{}
	name := head.Host
	if head.Ruleids != nil {
		if err := json.Unmarshal(line, a); err != nil {
			return nil, 0, err.Error()
		}
		name = head.Ruleids.Agent
	} else if err := readEVE(line, a); err != nil {
		return nil, 0, err.Error()
	}
	cut = cutFields(a)
	// Alerts cannot be brought in the name of an agent that joined.
	if state.ValidName(name) != nil || c.api.opt.Roster.Has(name) {
		name = c.who.Name
	}
	return store.NewEntry(a, store.Origin{Agent: "ingest:" + c.who.Name}, name, now), cut, ""
}

// readEVE reads an alert of Suricata. Its rule is called suricata:GID:SID.
func readEVE(line []byte, a *alert.Alert) error {
	var e struct {
		Alert *struct {
			GID       int    `json:"gid"`
			SID       int    `json:"signature_id"`
			Signature string `json:"signature"`
			Category  string `json:"category"`
			Severity  int    `json:"severity"`
			Metadata  map[string][]string
		} `json:"alert"`
		Timestamp string `json:"timestamp"`
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	if e.Alert == nil {
		return errors.New("the alert has no key alert")
	}
	if e.Timestamp == "" {
		return errors.New("the alert has no timestamp")
	}
	severity := scale.SeverityLow
	for _, s := range scale.Severities() {
		if s.EVE() == e.Alert.Severity {
			severity = s
		}
	}
	// What it has in common with alerts of this program is read as those are.
	var common map[string]json.RawMessage
	if err := json.Unmarshal(line, &common); err != nil {
		return err
	}
	at, err := time.Parse("2006-01-02T15:04:05.999999999-0700", e.Timestamp)
	if err != nil {
		if at, err = time.Parse(time.RFC3339Nano, e.Timestamp); err != nil {
			return fmt.Errorf("timestamp: %w", err)
		}
	}
	rule := "suricata:" + strconv.Itoa(max(e.Alert.GID, 1)) + ":" + strconv.Itoa(e.Alert.SID)
	ours := map[string]any{
		"timestamp": at.UTC().Format("2006-01-02T15:04:05.000000-0700"), "event_type": "alert",
		"alert":   map[string]any{"signature": e.Alert.Signature, "category": e.Alert.Category},
		"ruleids": map[string]any{"rule": rule, "severity": severity.String(), "message": e.Alert.Signature, "attack": attackOf(e.Alert.Metadata)},
	}
	for _, key := range []string{"src_ip", "src_port", "dest_ip", "dest_port", "proto", "icmp_type", "icmp_code", "pcap_cnt"} {
		if v, ok := common[key]; ok {
			ours[key] = v
		}
	}
	if proto, ok := common["proto"]; ok {
		ours["proto"] = strings.ToUpper(strings.Trim(string(proto), `"`))
		if ours["proto"] == "IPV6-ICMP" {
			ours["proto"] = "ICMPv6"
		}
	}
	for _, key := range []string{"src_ip", "dest_ip"} {
		if v, ok := common[key]; ok {
			if _, err := netip.ParseAddr(strings.Trim(string(v), `"`)); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	text, err := json.Marshal(ours)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, a)
}

// attackOf finds ATT&CK ids in the metadata of a signature, as Emerging Threats has them.
func attackOf(metadata map[string][]string) []string {
	var out []string
	for _, id := range metadata["mitre_technique_id"] {
		if len(out) < 16 && len(id) < 16 {
			out = append(out, id)
		}
	}
	return out
}

// cutFields cuts texts that are too long, and returns how many were.
func cutFields(a *alert.Alert) int {
	n := 0
	cut := func(s *string) {
		if len(*s) <= maxField {
			return
		}
		n++
		*s = (*s)[:maxField]
		for !utf8.ValidString(*s) && len(*s) > maxField-utf8.UTFMax {
			*s = (*s)[:len(*s)-1]
		}
	}
	for _, s := range []*string{&a.Rule, &a.Description, &a.Category, &a.Message, &a.Agent} {
		cut(s)
	}
	for _, list := range [][]alert.Named{a.Key, a.Values} {
		for i := range list {
			cut(&list[i].Name)
			if s, ok := list[i].Value.(string); ok {
				cut(&s)
				list[i].Value = s
			}
		}
	}
	for _, list := range [][]string{a.Attack, a.References} {
		for i := range list {
			cut(&list[i])
		}
	}
	const most = 64
	for _, list := range []*[]string{&a.Attack, &a.References} {
		if len(*list) > most {
			*list, n = (*list)[:most], n+1
		}
	}
	for _, list := range []*[]alert.Named{&a.Key, &a.Values} {
		if len(*list) > most {
			*list, n = (*list)[:most], n+1
		}
	}
	if len(a.Actions) > most {
		a.Actions, n = a.Actions[:most], n+1
	}
	return n
}
