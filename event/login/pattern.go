package login

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// A Pattern finds logins in the messages of a program that the package does not know. NewPattern makes one.
type Pattern struct {
	Name    string
	Program string // the identifier of the program; "" for every line
	Service string // auth.service
	Result  string // packet.AuthSuccess, AuthFailure or AuthProbe
	Method  string
	Reason  string

	regexp *regexp.Regexp
	groups [len(patternGroups)]int // of each name, -1 for none
}

// patternGroups are the names of groups that a Pattern may have.
var patternGroups = [...]string{"user", "ip", "port", "dst_ip", "dst_port", "method", "reason", "host"}

const (
	groupUser = iota
	groupIP
	groupPort
	groupDstIP
	groupDstPort
	groupMethod
	groupReason
	groupHost
)

// PatternGroups returns the names of groups that an expression of a Pattern may have.
func PatternGroups() []string { return slices.Clone(patternGroups[:]) }

// NewPattern compiles the expression of a pattern (RE2), whose named groups say what is what: those of PatternGroups. The
// error is about the expression.
func NewPattern(p Pattern, expr string) (*Pattern, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	for i := range p.groups {
		p.groups[i] = -1
	}
	for i, name := range re.SubexpNames() {
		if name == "" {
			continue
		}
		at := slices.Index(patternGroups[:], name)
		if at < 0 {
			return nil, fmt.Errorf("there is no group %q; the groups are %s", name, strings.Join(patternGroups[:], ", "))
		}
		if p.groups[at] >= 0 {
			return nil, fmt.Errorf("there are two groups %q", name)
		}
		p.groups[at] = i
	}
	if p.groups[groupUser] < 0 && p.groups[groupIP] < 0 {
		return nil, fmt.Errorf("it has neither a group (?P<user>…) nor a group (?P<ip>…), so that a login would tell nothing")
	}
	p.regexp = re
	return &p, nil
}

// match reads a message.
func (p *Pattern) match(l *Line) (attempt, bool) {
	if p.Program != "" && p.Program != l.Program && p.Program != programName(l.Program) {
		return attempt{}, false
	}
	m := p.regexp.FindStringSubmatch(l.Text)
	if m == nil {
		return attempt{}, false
	}
	group := func(i int, otherwise string) string {
		if g := p.groups[i]; g >= 0 && m[g] != "" {
			return m[g]
		}
		return otherwise
	}
	a := attempt{
		service: p.Service, result: p.Result, user: group(groupUser, ""), method: group(groupMethod, p.Method), reason: group(groupReason, p.Reason),
		src: parseEnd(group(groupIP, ""), group(groupPort, "")),
		dst: parseEnd(group(groupDstIP, ""), group(groupDstPort, "")),
	}
	if a.result == packet.AuthSuccess {
		a.reason = ""
	}
	l.Host = group(groupHost, l.Host)
	return a, true
}
