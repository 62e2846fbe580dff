package telegram

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ruleids/ruleids/actions/decision"
)

// A command is what administrators can write.
type command struct {
	name  string
	alias string
	usage string // what comes behind the name
	help  string // one line; "" for a command that is not listed
	run   func(context.Context, *Bot, call) *page
}

// A call is a command that was given.
type call struct {
	who  string // gave it
	args string // behind the name, without space around
}

// commands are all of them, in the order of /help.
func commands() []command {
	return []command{
		{"block", "", "IP [reason]", "keep an address or prefix away until /unblock", block},
		{"unblock", "", "IP [reason]", "lift a block or quarantine", unblock},
		{"quarantine", "karantina", "IP MINUTES [reason]", "keep an address or prefix away for minutes", quarantine},
		{"status", "", "", "how the sensor is", status},
		{"decisions", "", "[IP]", "what is blocked and in quarantine, or about one address", decisions},
		{"rules", "", "[TEXT]", "the rules that are loaded, or those with a text in their name", rules},
		{"mute", "", "RULE MINUTES", "no messages about a rule for minutes", mute},
		{"help", "start", "", "this list", help},
	}
}

// findCommand returns the command of a name; nil where there is none.
func findCommand(name string) *command {
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return name != "" && (c.name == name || c.alias == name) })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// parseCommand splits a message into a command's name, in lower case, and the rest. The name is "" where the message
// is not a command, or one for another bot ("/block@other"). addressed says that it names this bot.
func parseCommand(text, username string) (name, args string, addressed bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "/") {
		return "", "", false
	}
	head, args := text[1:], ""
	if i := strings.IndexFunc(head, unicode.IsSpace); i >= 0 {
		head, args = head[:i], strings.TrimSpace(head[i:])
	}
	name, to, addressed := strings.Cut(head, "@")
	if addressed && !strings.EqualFold(to, username) {
		return "", "", false
	}
	return strings.ToLower(name), args, addressed
}

// Bounds of what is written behind a command.
const (
	maxReason  = 300        // UTF-16 code units
	maxMinutes = 365 * 1440 // a year
)

// wrong is the answer to what cannot be done.
func wrong(text string) *page { return newPage(maxText).plain("⚠ " + text) }

// misused is the answer to a command with arguments that it does not take.
func misused(name, detail string) *page {
	return wrong(detail + "\n").plain("Write ").code("/" + name + " " + findCommand(name).usage).plain(".")
}

func origin(who string) decision.Origin {
	return decision.Origin{Source: decision.SourceTelegram, Who: who}
}

// quoted writes what somebody wrote for an answer.
func quoted(s string) string { return "“" + clean(s, 64) + "”" }

// readTarget reads the address or prefix at the beginning of arguments. It returns what is behind it, and a sentence
// about what is wrong, or "".
func readTarget(args string) (t decision.Target, rest, fault string) {
	word, rest := cutWord(args)
	if word == "" {
		return t, "", "There is not an IP address."
	}
	t, err := decision.ParseTarget(word)
	if err != nil {
		return t, "", quoted(word) + " is not an IP address or prefix; write one as 198.51.100.7, 198.51.100.0/24 or 2001:db8::7."
	}
	return t, rest, ""
}

// readMinutes reads a number of minutes at the beginning of arguments, like readTarget.
func readMinutes(args string) (d time.Duration, rest, fault string) {
	word, rest := cutWord(args)
	if word == "" {
		return 0, "", "There is not a number of minutes."
	}
	n, err := strconv.ParseUint(word, 10, 32)
	if err != nil || n < 1 || n > maxMinutes {
		return 0, "", fmt.Sprintf("%s is not a number of minutes from 1 to %d.", quoted(word), maxMinutes)
	}
	return time.Duration(n) * time.Minute, rest, ""
}

// readReason reads all that is left, like readTarget.
func readReason(args string) (reason, fault string) {
	if units(args) > maxReason {
		return "", fmt.Sprintf("The reason is longer than %d characters.", maxReason)
	}
	return clean(args, maxReason), ""
}

// cutWord returns the first word, and what is behind it.
func cutWord(s string) (word, rest string) {
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i], strings.TrimSpace(s[i:])
	}
	return s, ""
}
