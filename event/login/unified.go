package login

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"
	"time"
)

// A unifiedEntry is a line of log stream --style ndjson, as far as logins need it (log(1) of macOS).
type unifiedEntry struct {
	Message string `json:"eventMessage"`
	Time    string `json:"timestamp"`
	Image   string `json:"processImagePath"`
	PID     int    `json:"processID"`
	UID     *int   `json:"userID"`
}

// parseUnified reads an entry of the unified log. It is not ok where the line is none.
//
// Path and account are those that the kernel knows of the process. Anybody can have a program that is called sshd, so that
// one of another account than root is no sshd.
func parseUnified(raw string) (l Line, ok bool) {
	var e unifiedEntry
	if json.Unmarshal([]byte(raw), &e) != nil || e.Image == "" {
		return l, false
	}
	at, err := time.Parse("2006-01-02 15:04:05.999999-0700", e.Time)
	if err != nil {
		return l, false
	}
	l = Line{Time: at, Program: path.Base(e.Image), PID: strconv.Itoa(e.PID), Text: strings.TrimRight(e.Message, "\n")}
	if sshdNames[l.Program] && (e.UID == nil || *e.UID != 0) {
		l.Program = ""
	}
	return l, true
}
