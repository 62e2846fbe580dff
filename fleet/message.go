package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/scale"
)

// An agent with the identity ID sends requests to SubjectAlerts+ID and so on, and to no others; it is told things at
// SubjectTell+ID and SubjectTellAll, and gets answers below InboxOf(ID). The server holds it to that.
const (
	SubjectAlerts  = "alerts."
	SubjectBeat    = "beat."
	SubjectAsk     = "ask."  // ask.ID.WHAT
	SubjectTell    = "tell." // tell.ID
	SubjectTellAll = "tellall"
)

// JoinName is the name by which whoever joins asks for the certificate of the server's own CA, whatever the page has.
const JoinName = "join.ruleids.invalid"

// What an agent can ask for, behind its identity.
const (
	AskDecisions = "decisions" // the answer is a DecisionSet
	AskRenew     = "renew"     // a Renewal; the answer is one, too
	AskRules     = "rules"     // the answer is a RuleSet
	AskEvidence  = "evidence"  // an EvidencePart, which brings what was told to be brought; the answer is an EvidenceAnswer
	AskAssets    = "assets"    // an AssetBatch, which the server takes; the answer is an AssetAnswer
)

// InboxOf is the prefix of the subjects at which an agent gets answers.
func InboxOf(id string) string { return "_INBOX_" + id }

// SplitSubject returns the identity in the subject of a request, and what stands behind it.
func SplitSubject(subject string) (id, what string) {
	_, rest, _ := strings.Cut(subject, ".")
	id, what, _ = strings.Cut(rest, ".")
	return id, what
}

const (
	// MaxBatch and MaxBatchBytes bound a batch of alerts.
	MaxBatch      = 200
	MaxBatchBytes = 256 << 10
	// MaxMessage bounds every message.
	MaxMessage = 4 << 20
	// MaxEvidence bounds a file of evidence that an agent brings, and MaxEvidencePart what it brings of it at a time.
	MaxEvidence     = 32 << 20
	MaxEvidencePart = 256 << 10
)

// A Batch is alerts of an agent, in the order in which they were raised.
type Batch struct {
	Boot   uint64    `json:"boot"`
	Alerts []Spooled `json:"alerts"`
}

// A Spooled alert waits for the server.
type Spooled struct {
	Seq      uint64          `json:"seq"` // from 1, of the boot
	Severity scale.Severity  `json:"severity"`
	Alert    json.RawMessage `json:"alert"`
}

// A BatchAnswer says what is on the server's disk.
type BatchAnswer struct {
	Stored uint64 `json:"stored"` // all up to this one of the batch's boot
	Error  string `json:"error"`  // why not all; "" where all are
}

// A BeatAnswer is what the server says to a heartbeat.
type BeatAnswer struct {
	Time      time.Time `json:"time"`      // by the server's clock
	Decisions string    `json:"decisions"` // digest of the decisions for all that the agent should have
	Limit     int       `json:"limit"`     // alerts in Span
	Span      float64   `json:"span"`      // seconds
	Set       string    `json:"set"`       // digest of the rule set that the agent should run; "" for that of its own files
	Managed   bool      `json:"managed"`   // Set says something; else the agent keeps what it has
	Servers   []string  `json:"servers"`   // host:port of each where several share the work: an agent may connect to any
}

// A Decision is one for all, as an agent is told.
type Decision struct {
	Target string    `json:"target"`
	Kind   string    `json:"kind"`
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	Lifted bool      `json:"lifted"`
}

// A DecisionSet is all that an agent is to know: decisions that hold, and tombstones of those that were lifted.
type DecisionSet struct {
	Digest    string     `json:"digest"`
	Decisions []Decision `json:"decisions"`
	Error     string     `json:"error"`
}

// A Renewal asks for another certificate, or brings it.
type Renewal struct {
	Request     []byte `json:"request"`     // PKCS #10, DER
	Certificate string `json:"certificate"` // PEM
	Error       string `json:"error"`
}

// A Told is what the server tells unasked: a decision, that there is another rule set, or that evidence is to be brought.
type Told struct {
	Decision *Decision      `json:"decision,omitempty"`
	Rules    bool           `json:"rules,omitempty"`
	Evidence *EvidenceOrder `json:"evidence,omitempty"`
}

// An EvidenceOrder has an agent bring a file of evidence.
type EvidenceOrder struct {
	Ticket string `json:"ticket"` // which the parts have
	File   string `json:"file"`   // its name, without directories
}

// An EvidencePart is a part of a file of evidence. Parts come in order, each after the answer to the one before.
type EvidencePart struct {
	Ticket string `json:"ticket"`
	Data   []byte `json:"data"`
	Last   bool   `json:"last"`
	Error  string `json:"error"` // why there is none; "" where there is
}

// An EvidenceAnswer says whether the agent is to go on.
type EvidenceAnswer struct {
	More bool `json:"more"`
}

// A RuleSet is the bundle of a rule set; package rollout says what is in it.
type RuleSet struct {
	Bundle []byte `json:"bundle"`
	Error  string `json:"error"`
}

// Digest returns the digest of the decisions of a list that hold, whatever its order.
func Digest(list iter.Seq[Decision], now time.Time) string {
	var sum [sha256.Size]byte
	for d := range list {
		if d.Lifted || !d.Until.IsZero() && !d.Until.After(now) {
			continue
		}
		one := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", d.Target, d.Kind, d.Until.UnixMilli()))
		for i := range sum {
			sum[i] ^= one[i]
		}
	}
	return hex.EncodeToString(sum[:8])
}
