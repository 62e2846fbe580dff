package application

import "encoding/binary"

// Types of DNS records that have fields (IANA, DNS Parameters).
const (
	RecordA     = 1
	RecordNS    = 2
	RecordCNAME = 5
	RecordPTR   = 12
	RecordTXT   = 16
	RecordOPT   = 41 // RFC 6891: no record but an extension of the header
	RecordAAAA  = 28
)

const dnsHeader = 12

// A Record is one of a DNS message, in any of its sections (RFC 1035 section 4.1.3).
type Record struct {
	Type, Class uint16
	TTL         uint32
	Length      uint16
	Owner       int // where its name is in the message
	At          int // and its data
}

// Records walks the records of a DNS message. Use Next until it is false.
type Records struct {
	message []byte
	at      int
	left    int
}

// RecordsOf returns a walk over the records of a message.
func RecordsOf(message []byte) Records {
	if len(message) < dnsHeader {
		return Records{}
	}
	word := func(i int) int { return int(binary.BigEndian.Uint16(message[i:])) }
	r := Records{message: message, at: dnsHeader, left: word(6) + word(8) + word(10)}
	for range word(4) {
		end := skipName(message, r.at)
		if end == 0 || end+4 > len(message) {
			return Records{}
		}
		r.at = end + 4
	}
	return r
}

// Next sets rec to the next record; false behind the last, and where the message is broken or cut short.
func (r *Records) Next(rec *Record) bool {
	if r.left == 0 {
		return false
	}
	r.left--
	at := skipName(r.message, r.at)
	if at == 0 || at+10 > len(r.message) {
		r.left = 0
		return false
	}
	rec.Owner = r.at
	b := r.message[at:]
	rec.Type, rec.Class = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	rec.TTL, rec.Length = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint16(b[8:])
	rec.At = at + 10
	r.at = rec.At + int(rec.Length)
	if r.at > len(r.message) {
		r.left = 0
		return false
	}
	return true
}

// skipName returns the offset behind a name, which is not looked into; 0 where there is none.
func skipName(message []byte, at int) int {
	for at < len(message) {
		n := int(message[at])
		switch n >> 6 {
		case 0:
			at += 1 + n
			if n == 0 {
				return at
			}
		case 3:
			if at+2 > len(message) {
				return 0
			}
			return at + 2
		default:
			return 0
		}
	}
	return 0
}

// NextText returns the character string at an offset of the data of a TXT record, which ends at end, and the offset of
// the one after it.
func NextText(message []byte, at, end int) (text []byte, next int, ok bool) {
	if at >= end || end > len(message) || at+1+int(message[at]) > end {
		return nil, at, false
	}
	next = at + 1 + int(message[at])
	return message[at+1 : next], next, true
}
