package honeypot

import (
	"bufio"
	"io"
)

// Bytes of the Telnet protocol: RFC 854; the options ECHO (RFC 857) and SUPPRESS-GO-AHEAD (RFC 858).
const (
	telnetSE   = 240
	telnetEC   = 247 // erase character
	telnetEL   = 248 // erase line
	telnetSB   = 250
	telnetWILL = 251
	telnetWONT = 252
	telnetDO   = 253
	telnetDONT = 254
	telnetIAC  = 255

	optionEcho = 1
)

// maxLine is how many bytes of a line are kept; the rest of it is read and dropped.
const maxLine = 1024

// lines reads lines from a network virtual terminal of RFC 854, which telnet and the control connection of FTP are.
// Commands of the Telnet protocol are taken out; they are no part of the line.
type lines struct {
	r *bufio.Reader
	// negotiate is called for WILL, WONT, DO, DONT; it returns false to stop reading.
	negotiate func(verb, option byte) bool
	// edit makes backspace and delete erase the character before them.
	edit bool

	afterCR bool // the last line ended with CR, which LF or NUL completes
}

// read returns the next line without its end, which is CR LF, CR NUL, or either of CR and LF alone, as clients have it.
// After an error it is what came of the line.
func (l *lines) read() (line string, long bool, err error) {
	var buf []byte
	for {
		c, err := l.r.ReadByte()
		if err != nil {
			return string(buf), long, err
		}
		after := l.afterCR
		l.afterCR = false
		switch {
		case c == telnetIAC:
			literal, erase, err := l.command()
			if err != nil {
				return string(buf), long, err
			}
			switch {
			case literal:
				buf, long = keep(buf, telnetIAC, long)
			case erase == telnetEC && len(buf) > 0:
				buf = buf[:len(buf)-1]
			case erase == telnetEL:
				buf = buf[:0]
			}
		case after && (c == '\n' || c == 0):
		case c == '\r':
			l.afterCR = true
			return string(buf), long, nil
		case c == '\n':
			return string(buf), long, nil
		case l.edit && (c == '\b' || c == 0x7f):
			if len(buf) > 0 {
				buf = buf[:len(buf)-1]
			}
		default:
			buf, long = keep(buf, c, long)
		}
	}
}

func keep(buf []byte, c byte, long bool) ([]byte, bool) {
	if len(buf) >= maxLine {
		return buf, true
	}
	return append(buf, c), long
}

// command reads what follows IAC. It reports whether that was a byte 255 of the line, or a command that erases.
func (l *lines) command() (literal bool, erase byte, err error) {
	c, err := l.r.ReadByte()
	if err != nil {
		return false, 0, err
	}
	switch c {
	case telnetIAC:
		return true, 0, nil
	case telnetEC, telnetEL:
		return false, c, nil
	case telnetWILL, telnetWONT, telnetDO, telnetDONT:
		option, err := l.r.ReadByte()
		if err == nil && l.negotiate != nil && !l.negotiate(c, option) {
			err = io.ErrClosedPipe
		}
		return false, 0, err
	case telnetSB: // until IAC SE; the connection's bytes bound it
		for iac := false; ; {
			c, err := l.r.ReadByte()
			if err != nil || iac && c == telnetSE {
				return false, 0, err
			}
			iac = c == telnetIAC && !iac
		}
	}
	return false, 0, nil // the rest asks for nothing
}
