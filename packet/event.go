package packet

// Event says what kind of event a Packet describes: a rule's `on`.
type Event uint8

// The kinds of event. EventPacket is the zero value.
const (
	EventPacket Event = iota
	EventHoneypot
	EventAlert
	EventAuth
	EventConnection
	EventModel

	numEvents = iota
)

// events is the table of kinds of event: the word of `on`, what events of the kind are called, the class that all of
// them have, and what they have and may have besides time. Their fields are those in Fields that are On the kind.
var events = [numEvents]struct {
	word, plural string
	class        Class // of all events but packets
	has, may     Layer
}{
	EventPacket:   {word: "packet", plural: "packets"},
	EventHoneypot: {"honeypot", "events of a honeypot", ClassHoneypot, LayerFrame | LayerHoneypot, LayerIP | LayerPorts | AssetLayers},
	EventAlert:    {"alert", "alerts", ClassAlert, LayerFrame | LayerAlert, LayerIP | LayerPorts},
	EventAuth:     {"auth", "logins", ClassAuth, LayerFrame | LayerAuth, LayerIP | LayerPorts | AssetLayers},

	EventModel:      {"model", "samples of a model", ClassModel, LayerFrame | LayerModel, LayerIP | LayerPorts | LayerEth | LayerVLAN | LayerAuth},
	EventConnection: {"connection", "conversations", ClassConnection, LayerFrame | LayerConnection | LayerIP | LayerPorts, AssetLayers},
}

// Events returns the kinds of event, EventPacket first.
func Events() []Event {
	return []Event{EventPacket, EventHoneypot, EventAlert, EventAuth, EventConnection, EventModel}
}

// EventWords returns the words of `on`, in the order of Events.
func EventWords() []string {
	var out []string
	for _, e := range Events() {
		out = append(out, e.String())
	}
	return out
}

// EventByWord returns the kind of event that a word of `on` stands for; ok is false where there is none.
func EventByWord(word string) (e Event, ok bool) {
	for _, e := range Events() {
		if e.String() == word {
			return e, true
		}
	}
	return 0, false
}

// String returns the word of `on`.
func (e Event) String() string { return events[e].word }

// Plural returns what events of the kind are called: "packets", "alerts".
func (e Event) Plural() string { return events[e].plural }

// Layers returns the layers that every event of the kind has, and those that one may have besides. Of packets their
// class says more.
func (e Event) Layers() (has, may Layer) {
	if e == EventPacket {
		return LayerFrame, onlyPackets.Needs() | LayerARPIPv4 | dnsParts | AssetLayers
	}
	return events[e].has, events[e].may
}

// LayerEvents returns the kinds of event that can have a layer.
func LayerEvents(l Layer) []Event {
	var out []Event
	for _, e := range Events() {
		if has, may := e.Layers(); (has|may)&l == l {
			out = append(out, e)
		}
	}
	return out
}

// Class is what the first look at a packet tells: the protocol and, for TCP, the flags. It is a
// small dense number, so that an engine can index a table with it.
//
// TCP classes are ClassTCP + the low eight flag bits (CWR ECE URG ACK PSH RST SYN FIN) when the
// four bits above them (reserved and AE) are zero, and ClassTCPReserved + the low eight otherwise.
type Class uint16

// The classes of packets and of other events.
const (
	ClassOther       Class = iota // no ARP and no IP, or neither could be decoded
	ClassARP                      // ARP
	ClassIP                       // IP with another protocol, a later fragment, or a broken transport header
	ClassUDP                      // UDP
	ClassICMP                     // ICMP
	ClassICMPv6                   // ICMPv6
	ClassHoneypot                 // an event of a honeypot
	ClassAlert                    // an alert
	ClassAuth                     // a login
	ClassConnection               // what became of a conversation
	ClassModel                    // a sample that a model scored
	ClassTCP         Class = 256
	ClassTCPReserved Class = 512
	NumClasses             = 768
)

// plainClasses is the table of the classes that no flags are part of, in the order in which they are shown: what each
// is called and what packets of it have and may have above the link layer.
var plainClasses = []struct {
	class    Class
	name     string
	has, may Layer
}{
	{ClassARP, "arp", LayerARP, LayerARPIPv4},
	{ClassICMP, "icmp", LayerICMP, LayerICMPEcho},
	{ClassICMPv6, "icmpv6", LayerICMPv6, LayerICMPEcho | neighborParts},
	{ClassIP, "ip, other protocol or fragment", LayerIP, LayerPorts},
	{ClassOther, "other", 0, 0},
	{ClassUDP, "udp", LayerUDP, LayerConn | dnsParts | recordParts | tlsParts | dhcpParts},
	{ClassHoneypot, "honeypot event", events[EventHoneypot].has, events[EventHoneypot].may},
	{ClassAlert, "alert event", events[EventAlert].has, events[EventAlert].may},
	{ClassAuth, "auth event", events[EventAuth].has, events[EventAuth].may},
	{ClassConnection, "connection event", events[EventConnection].has, events[EventConnection].may},
	{ClassModel, "model event", events[EventModel].has, events[EventModel].may},
}

// PlainClasses returns the classes that no TCP flags are part of, in the order in which they are shown.
func PlainClasses() []Class {
	out := make([]Class, len(plainClasses))
	for i := range plainClasses {
		out[i] = plainClasses[i].class
	}
	return out
}

// String says what packets of the class are, "tcp" for all classes of TCP.
func (c Class) String() string {
	for i := range plainClasses {
		if plainClasses[i].class == c {
			return plainClasses[i].name
		}
	}
	return "tcp"
}

// Event returns the kind of event that is of the class.
func (c Class) Event() Event {
	for _, e := range Events() {
		if e != EventPacket && events[e].class == c {
			return e
		}
	}
	return EventPacket
}

// Layers returns the layers that every packet of the class has, and those that one may have besides. LayerFlow is in
// neither: whether it is there is up to who computes it.
func (c Class) Layers() (has, may Layer) {
	has, may = LayerTCP.Needs(), LayerConn|dnsParts|recordParts|(HeadLayers&^LayerQUIC)
	for i := range plainClasses {
		if row := &plainClasses[i]; row.class == c {
			has, may = row.has.Needs(), row.may
		}
	}
	has |= LayerFrame
	if c.Event() == EventPacket {
		may |= linkParts | outerParts
		if c != ClassOther {
			may |= AssetLayers
		}
	}
	return has, may
}
