package login

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

// A Format takes lines of one log apart, in the order in which the log has them. It knows syslog as RFC 3164 and RFC 5424 have
// it and as daemons write it to files, the journal as JSON, the files that programs of Programs write themselves, and the
// access logs of web servers. It must not be used by two goroutines at once.
type Format struct {
	// Location is the zone of times that name none; nil for UTC.
	Location *time.Location
	// Reference is a time shortly after the newest line, for times without a year: that of a file, or now.
	Reference time.Time
	// Program is whose log it is, where its lines do not say; "" to find out from each line.
	Program string

	dated bool      // the line had a time
	last  time.Time // of the line before
	of    string    // program of the line before, for messages of several lines
}

var (
	rfc5424Head  = lazyregexp.New(`^<\d{1,3}>1 (\S+) (\S+) (\S+) (\S+) \S+ `)
	priority     = lazyregexp.New(`^<\d{1,3}>`)
	facility     = lazyregexp.New(`^(?:auth|authpriv|cron|daemon|ftp|kern|lpr|mail|news|syslog|user|uucp|local\d|security)\.[a-z]+$`)
	syslogTag    = lazyregexp.New(`^\[?([A-Za-z_][\w./@+-]*)\]?(?:\([^()]*\))?(?:\[(\d+)\])?:$`)
	bareTag      = lazyregexp.New(`^\[([A-Za-z_][\w./@+-]*)\]$`) // of "[sshd] text"
	solarisID    = lazyregexp.New(`^\[ID \d+ [\w.]+\] `)
	proftpdFile  = lazyregexp.New(`^(\S+) proftpd\[(\d+)\]:? (.*)$`)
	repeatedFile = lazyregexp.New(`^(?:(\S+) )?((?:--- )?last message repeated \d+ times?(?: ---)?)$`)
	nginxFile    = lazyregexp.New(`^\[\w+\] \d+#\d+: `)
	sambaHead    = lazyregexp.New(`^, +\d+(?:, [^\]]*)?\] +\S+\([^)]*\)\s*(.*)$`)
	pgProcess    = lazyregexp.New(`\[(\d+)(?:-\d+)?\]`)
	vncMessage   = lazyregexp.New(`^ (?:VNCSConnST|SConnection|Connections): `)
	sambaNext    = lazyregexp.New(`^ +(?:Auth: |check_ntlm_password: |\{"timestamp")`)
)

// Parse takes a line apart. One without a time has that of the line before, the first one Reference. Parse keeps what no program's message can be found in as the text of no program.
func (f *Format) Parse(raw string) Line {
	if f.Location == nil {
		f.Location = time.UTC
	}
	if len(raw) > MaxLine {
		raw = raw[:MaxLine]
	}
	l := f.parse(strings.TrimRight(raw, "\r\n"))
	if f.last.IsZero() {
		f.last = f.Reference
	}
	if f.dated = !l.Time.IsZero(); !f.dated {
		l.Time = f.last
	}
	if f.Program != "" && !known(l.Program) {
		l.Program = f.Program
	}
	f.last, f.of = l.Time, l.Program
	l.Text = strings.TrimSuffix(l.Text, "\n")
	return l
}

// Dated reports whether the line that Parse took apart last had a time of its own.
func (f *Format) Dated() bool { return f.dated }

func (f *Format) parse(raw string) Line {
	if strings.HasPrefix(raw, "{") {
		if l, ok := parseJournal(raw); ok {
			return l
		}
		if l, ok := parseUnified(raw); ok {
			return l
		}
		if m := sambaRecord.FindStringSubmatch(raw); m != nil {
			at, _ := time.Parse("2006-01-02T15:04:05.999999-0700", m[1])
			return Line{Time: at, Program: "samba", Text: raw}
		}
	}
	if strings.HasPrefix(raw, "<Event") {
		if l, ok := parseEvent(raw); ok {
			return l
		}
	}
	if m := rfc5424Head.FindStringSubmatch(raw); m != nil {
		return f.rfc5424(m, raw[len(m[0]):])
	}
	s := raw[len(priority.FindString(raw)):]
	if m := accessLine.FindStringSubmatch(s); m != nil {
		l := Line{Text: s, Program: "access"}
		l.Time, _ = time.Parse("02/Jan/2006:15:04:05 -0700", m[3])
		return l
	}
	inner, bracket := strings.CutPrefix(s, "[")
	if bracket {
		if at, rest, ok := f.stamp(inner); ok {
			return f.bracketed(at, rest)
		}
	}
	at, rest, dated := f.stamp(s)
	l := Line{Time: at, Text: strings.TrimLeft(rest, " ")}
	if dated && f.file(&l) {
		return l
	}
	switch {
	case !dated && vncMessage.MatchString(s):
		l.Program = "vncserver"
	case !dated && sambaNext.MatchString(s) && f.of == "samba":
		l.Program = "samba"
	case f.syslog(&l), dated && f.lateFile(&l):
	}
	return l
}

// rfc5424 takes the rest of a message of RFC 5424 apart: structured data, and the text (sections 6.3 and 6.4).
func (f *Format) rfc5424(m []string, rest string) Line {
	nilValue := func(s string) string {
		if s == "-" {
			return ""
		}
		return s
	}
	l := Line{Host: nilValue(m[2]), Program: nilValue(m[3]), PID: nilValue(m[4])}
	l.Time, _, _ = f.stamp(m[1])
	if after, ok := strings.CutPrefix(rest, "-"); ok {
		rest = after
	} else {
		for strings.HasPrefix(rest, "[") {
			end, quoted := -1, false
			for i := 1; i < len(rest) && end < 0; i++ {
				switch c := rest[i]; {
				case c == '\\' && quoted:
					i++
				case c == '"':
					quoted = !quoted
				case c == ']' && !quoted:
					end = i
				}
			}
			if end < 0 {
				break
			}
			rest = rest[end+1:]
		}
	}
	l.Text = strings.TrimPrefix(strings.TrimPrefix(rest, " "), "\ufeff")
	return l
}

// bracketed takes a line apart whose time is in brackets: of Apache, or of Samba.
func (f *Format) bracketed(at time.Time, rest string) Line {
	if m := sambaHead.FindStringSubmatch(rest); m != nil {
		return Line{Time: at, Program: "samba", Text: m[1]}
	}
	text := strings.TrimPrefix(strings.TrimPrefix(rest, "]"), " ")
	if apacheError.MatchString(text) {
		return Line{Time: at, Program: "apache2", Text: text}
	}
	return Line{Time: at, Text: text}
}

// syslog takes "HOST TAG[PID]: text" apart, with the facility of busybox and OpenWrt or without, without the host too.
func (f *Format) syslog(l *Line) bool {
	rest := l.Text
	host := ""
	for i := range 3 {
		word, after, _ := strings.Cut(rest, " ")
		if m := bareTag.FindStringSubmatch(word); m != nil && known(m[1]) {
			l.Host, l.Program, l.Text = host, m[1], after
			return true
		}
		if m := syslogTag.FindStringSubmatch(word); m != nil {
			l.Host, l.Program, l.PID = host, m[1], m[2]
			l.Text = after[len(solarisID.FindString(after)):]
			return true
		}
		switch {
		case word == "" || word[0] == '[' || strings.HasSuffix(word, ":"):
			return false
		case facility.MatchString(word):
		case i == 0 && utf8.ValidString(word):
			host = word
		default:
			return false
		}
		rest = strings.TrimLeft(after, " ")
	}
	return false
}

// file finds the program of a line in a file of its own, where that could be taken for syslog's.
func (f *Format) file(l *Line) bool {
	if openvpnLine.MatchString(l.Text) {
		l.Program = "openvpn"
		return true
	}
	if m := repeatedFile.FindStringSubmatch(l.Text); m != nil {
		l.Host, l.Text = m[1], m[2]
		return true
	}
	if m := proftpdFile.FindStringSubmatch(l.Text); m != nil {
		l.Program, l.Host, l.PID, l.Text = "proftpd", m[1], m[2], m[3]
		return true
	}
	return false
}

// lateFile finds the program of a line that is not syslog's.
func (f *Format) lateFile(l *Line) bool {
	switch {
	case strings.HasPrefix(l.Text, "[pid "), vsftpdLogin.MatchString(l.Text):
		l.Program = "vsftpd"
	case nginxFile.MatchString(l.Text):
		l.Program = "nginx"
		_, l.Text, _ = strings.Cut(l.Text, "] ")
	case mysqlDenied.MatchString(l.Text):
		l.Program = "mysqld"
	case vncFailed.MatchString(l.Text):
		l.Program = "x11vnc"
	case pgLevel.MatchString(l.Text) && pgProcess.MatchString(l.Text):
		l.Program, l.PID = "postgres", pgProcess.FindStringSubmatch(l.Text)[1]
	default:
		return false
	}
	return true
}
