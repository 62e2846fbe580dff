package packet

import (
	"encoding/binary"

	"github.com/ruleids/ruleids/packet/application"
)

// records notes which records a DNS message has. They are read when their fields are, from the message itself.
func (p *Packet) records(message []byte) {
	const header = 12
	if len(message) < header || binary.BigEndian.Uint64(message[header-8:])<<16 == 0 { // it has questions alone, as most that ask
		return
	}
	p.texts().dns = message
	walk := application.RecordsOf(message)
	var r application.Record
	for walk.Next(&r) {
		p.Layers |= LayerDNSRecords
		if r.Type != application.RecordOPT { // which has more of the header there (RFC 6891)
			p.Layers |= LayerDNSTTL
		}
		switch r.Type {
		case application.RecordA:
			if r.Length == 4 {
				p.Layers |= LayerDNSA
			}
		case application.RecordAAAA:
			if r.Length == 16 {
				p.Layers |= LayerDNSAAAA
			}
		case application.RecordTXT:
			if r.Length > 0 && int(message[r.At]) < int(r.Length) {
				p.Layers |= LayerDNSTXT
			}
		case application.RecordCNAME, application.RecordNS:
			l := LayerDNSCNAME
			if r.Type == application.RecordNS {
				l = LayerDNSNS
			}
			if p.Layers&l == 0 {
				var name [MaxName]byte
				if _, end, _ := dnsName(message, r.At, &name); end != 0 {
					p.Layers |= l
				}
			}
		}
	}
}

// Many says which values a field with several walks.
type Many uint8

// What a Cursor walks: names of ALPN, and of the records of a DNS message their data, their time to live or the length of
// their data.
const (
	ManyALPN Many = iota
	ManyA
	ManyAAAA
	ManyCNAME
	ManyNS
	ManyTXT
	ManyTTL
	ManyLength

	NumMany = iota
)

// A Cursor walks the values of a field with StoreMany, in the order in which the packet has them. It reads the packet
// alone and keeps what a value needs in itself, so that several goroutines may read one packet; it is not to be copied
// while Bytes is in use.
type Cursor struct {
	Int   int64  // of a field of KindInt
	Addr  Addr   // of a field of KindIP
	Bytes []byte // of a field of KindString; valid until the next call

	many    Many
	message []byte // or the list of ALPN names
	walk    application.Records
	at, end int
	name    [MaxName]byte
}

// Begin goes before the first value. The packet must have the field's layer.
func (c *Cursor) Begin(f *Field, p *Packet) {
	c.many = Many(f.Offset)
	c.at, c.end = 0, 0
	if c.many == ManyALPN {
		c.message = p.heads.alpn
		return
	}
	c.message = p.heads.dns
	c.walk = application.RecordsOf(c.message)
}

// Next goes to the next value; false where there is none.
func (c *Cursor) Next() (ok bool) {
	if c.many == ManyALPN {
		c.Bytes, c.at, ok = application.NextALPN(c.message, c.at)
		return ok
	}
	if c.many == ManyTXT && c.at < c.end {
		if c.Bytes, c.at, ok = application.NextText(c.message, c.at, c.end); ok {
			return true
		}
	}
	var r application.Record
	for c.walk.Next(&r) {
		switch c.many {
		case ManyTTL:
			c.Int = int64(r.TTL)
			if r.Type != application.RecordOPT {
				return true
			}
		case ManyLength:
			c.Int = int64(r.Length)
			return true
		case ManyA:
			if r.Type == application.RecordA && r.Length == 4 {
				c.Addr = AddrFrom4([4]byte(c.message[r.At:]))
				return true
			}
		case ManyAAAA:
			if r.Type == application.RecordAAAA && r.Length == 16 {
				b := c.message[r.At:]
				c.Addr = fromHalves(binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]))
				return true
			}
		case ManyTXT:
			if r.Type == application.RecordTXT {
				c.at, c.end = r.At, r.At+int(r.Length)
				if c.Bytes, c.at, ok = application.NextText(c.message, c.at, c.end); ok {
					return true
				}
				c.end = 0
			}
		default:
			if r.Type == application.RecordCNAME && c.many == ManyCNAME || r.Type == application.RecordNS && c.many == ManyNS {
				if n, end, _ := dnsName(c.message, r.At, &c.name); end != 0 {
					c.Bytes = c.name[:n]
					return true
				}
			}
		}
	}
	return false
}
