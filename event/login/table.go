package login

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// maxRows bounds a table of logins, which is held in memory to be sorted.
const maxRows = 1_000_000

// tableColumns are the names that the columns of a table of logins may have, by what they hold. The first of each is what
// `timestamp,username,ip_address,status` has.
var tableColumns = [...][]string{
	{"timestamp", "time", "date"},
	{"username", "user", "account"},
	{"ip_address", "ip", "src_ip", "source_ip"},
	{"status", "result", "success"},
	{"service", "program"},
	{"host", "hostname"},
	{"method"},
	{"reason"},
	{"port", "src_port"},
}

const (
	columnTime = iota
	columnUser
	columnIP
	columnStatus
	columnService
	columnHost
	columnMethod
	columnReason
	columnPort

	columnsNeeded = columnStatus + 1
)

// tableHeader returns the place of each column in the header of a table, -1 for one that is not there; ok is false where the line
// is not the header of a table of logins.
func tableHeader(line string) (at [len(tableColumns)]int, ok bool) {
	names, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return at, false
	}
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSpace(names[i]))
	}
	for i, words := range tableColumns {
		at[i] = slices.IndexFunc(names, func(name string) bool { return slices.Contains(words, name) })
		if i < columnsNeeded && at[i] < 0 {
			return at, false
		}
	}
	return at, true
}

// readTable reads the rows of a table behind its header, and returns them in the order of their times. What is wrong with rows
// is told of all together; the others are returned.
func readTable(r io.Reader, at [len(tableColumns)]int, f *Format) ([]packet.Auth, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.ReuseRecord, in.LazyQuotes = -1, true, true
	var out []packet.Auth
	var faults []error
	bad := 0
	fault := func(line int, format string, args ...any) {
		if bad++; bad <= 3 {
			faults = append(faults, fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...)))
		}
	}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := in.FieldPos(0)
		line++ // the header
		if pe := (*csv.ParseError)(nil); errors.As(err, &pe) {
			fault(pe.Line+1, "%v", pe.Err)
			continue
		} else if err != nil {
			return out, err
		}
		if len(out) == maxRows {
			return out, fmt.Errorf("line %d: the table has more than %d rows; split it", line, maxRows)
		}
		cell := func(c int) string {
			if i := at[c]; i >= 0 && i < len(row) {
				return strings.Clone(strings.TrimSpace(row[i]))
			}
			return ""
		}
		when, _, ok := f.stamp(cell(columnTime) + " ")
		if !ok {
			fault(line, "%q is no time; write it as 2026-11-29 10:00:00", cell(columnTime))
			continue
		}
		result := tableResult(cell(columnStatus))
		if result == "" {
			fault(line, "%q is no status; write success or failed", cell(columnStatus))
			continue
		}
		a := packet.Auth{
			Time: when.UnixNano(), User: cut(cell(columnUser)), Src: parseEnd(cell(columnIP), cell(columnPort)), Result: result,
			Service: cut(cell(columnService)), Host: cut(cell(columnHost)), Method: cut(cell(columnMethod)), Reason: cut(cell(columnReason)),
		}
		if a.Reason == "" && result == packet.AuthFailure {
			a.Reason = reasonCredential
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b packet.Auth) int { return cmp.Compare(a.Time, b.Time) })
	if bad > len(faults) {
		faults = append(faults, fmt.Errorf("and %d more lines", bad-len(faults)))
	}
	return out, errors.Join(faults...)
}

// tableResult returns what a status says, "" for what says nothing.
func tableResult(status string) string {
	switch strings.ToLower(status) {
	case "success", "successful", "succeeded", "accepted", "ok", "true", "1", "yes", "pass", "passed", "allowed":
		return packet.AuthSuccess
	case "failure", "failed", "fail", "denied", "rejected", "refused", "error", "invalid", "false", "0", "no", "blocked":
		return packet.AuthFailure
	case "probe":
		return packet.AuthProbe
	}
	return ""
}
