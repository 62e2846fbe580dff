package login

import (
	"cmp"
	"encoding/xml"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// programWindows is the program of lines that are events of Windows' logs, as XML, and serviceWindows what was logged
// in to.
const (
	programWindows = "windows-security"
	serviceWindows = "windows"
)

// A windowsEvent is as much of an event as tells of a login
// (https://learn.microsoft.com/windows/win32/wes/eventschema-schema).
type windowsEvent struct {
	System struct {
		Provider struct {
			Name string `xml:",attr"`
		}
		ID   int `xml:"EventID"`
		Time struct {
			At string `xml:"SystemTime,attr"`
		} `xml:"TimeCreated"`
		Computer string
	}
	Data []struct {
		Name  string `xml:"Name,attr"`
		Value string `xml:",chardata"`
	} `xml:"EventData>Data"`
}

// The events of logins. That a session ended (4634), that this host logged in elsewhere (4648) and that an account was locked
// after failures that are events of their own (4740) are no logins to this host.
const (
	windowsLogon  = 4624
	windowsFailed = 4625
	// A remote desktop that asks for the password before it shows anything tells the address in a log of its own,
	// Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational: user name or password were not correct.
	desktopFailed = 140
)

// providerDesktop writes events with numbers below 1,000, which others have, too.
const providerDesktop = "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS"

// parseEvent takes an event apart into a line whose text is the event.
func parseEvent(raw string) (Line, bool) {
	var e windowsEvent
	if xml.Unmarshal([]byte(raw), &e) != nil || e.System.ID == 0 {
		return Line{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, e.System.Time.At)
	if err != nil {
		at = time.Time{}
	}
	return Line{Time: at, Host: e.System.Computer, Program: programWindows, Text: raw}, true
}

// windowsMethods are the kinds of logons of users; those of services, of scheduled tasks and of the system are left out.
var windowsMethods = map[string]string{
	"2": "interactive", "3": "network", "7": "unlock", "8": "network_cleartext", "10": "remote_interactive", "11": "cached_interactive",
	"12": "cached_remote_interactive", "13": "cached_unlock",
}

// windowsReasons are what status and substatus of a failure say (MS-ERREF, section 2.3.1).
var windowsReasons = map[string]string{
	"0xc000006a": reasonCredential, // STATUS_WRONG_PASSWORD
	"0xc0000064": reasonUser,       // STATUS_NO_SUCH_USER
	"0xc0000072": reasonAllowed,    // STATUS_ACCOUNT_DISABLED
	"0xc0000234": reasonAllowed,    // STATUS_ACCOUNT_LOCKED_OUT
	"0xc0000193": reasonAllowed,    // STATUS_ACCOUNT_EXPIRED
	"0xc000006e": reasonAllowed,    // STATUS_ACCOUNT_RESTRICTION
	"0xc000006f": reasonAllowed,    // STATUS_INVALID_LOGON_HOURS
	"0xc0000070": reasonAllowed,    // STATUS_INVALID_WORKSTATION
	"0xc0000071": reasonAllowed,    // STATUS_PASSWORD_EXPIRED
	"0xc0000224": reasonAllowed,    // STATUS_PASSWORD_MUST_CHANGE
	"0xc000015b": reasonAllowed,    // STATUS_LOGON_TYPE_NOT_GRANTED
	"0xc000006d": reasonCredential, // STATUS_LOGON_FAILURE, which does not tell more
}

// parseWindows reads an event. Names in it are the client's words, which are escaped, so that none can pass for a field.
func parseWindows(text string) (attempt, bool) {
	var e windowsEvent
	if xml.Unmarshal([]byte(text), &e) != nil {
		return attempt{}, false
	}
	data := make(map[string]string, len(e.Data))
	for _, d := range e.Data {
		if _, twice := data[d.Name]; !twice {
			data[d.Name] = strings.TrimSpace(d.Value)
		}
	}
	if e.System.Provider.Name == providerDesktop {
		src := parseEnd(data["IPString"], "")
		if e.System.ID != desktopFailed || !src.IsValid() {
			return attempt{}, false
		}
		return attempt{result: packet.AuthFailure, method: windowsMethods["10"], reason: reasonCredential, src: src}, true
	}
	method, ok := windowsMethods[data["LogonType"]]
	user := data["TargetUserName"]
	if !ok || strings.HasSuffix(user, "$") { // an account of a computer
		return attempt{}, false
	}
	// Windows writes "-" where it knows no address, as of a remote desktop that asks for the password before it shows anything.
	a := attempt{result: packet.AuthSuccess, user: user, method: method, src: parseEnd(data["IpAddress"], data["IpPort"])}
	switch e.System.ID {
	case windowsLogon:
		// The system's own: LocalSystem, LocalService, NetworkService, anonymous, and what draws windows and fonts.
		sid := data["TargetUserSid"]
		if slices.Contains([]string{"S-1-5-18", "S-1-5-19", "S-1-5-20", "S-1-5-7"}, sid) {
			return attempt{}, false
		}
		if strings.HasPrefix(sid, "S-1-5-90-") || strings.HasPrefix(sid, "S-1-5-96-") {
			return attempt{}, false
		}
	case windowsFailed:
		a.result, a.reason = packet.AuthFailure, windowsReasons[strings.ToLower(data["SubStatus"])]
		a.reason = cmp.Or(a.reason, windowsReasons[strings.ToLower(data["Status"])])
	default:
		return attempt{}, false
	}
	return a, true
}
