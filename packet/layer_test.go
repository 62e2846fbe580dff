package packet

import "testing"

func TestNeeds(t *testing.T) {
	for l, want := range map[Layer]Layer{
		LayerFrame:    LayerFrame,
		LayerDNSQuery: LayerDNSQuery | LayerDNS | LayerPorts | LayerPayload | LayerIP,
		LayerTCP:      LayerTCP | LayerPorts | LayerPayload | LayerIP,
		LayerPorts:    LayerPorts | LayerIP,
		LayerARPIPv4:  LayerARPIPv4 | LayerARP,
		LayerAlert:    LayerAlert,
	} {
		if got := l.Needs(); got != want {
			t.Errorf("%v needs %v, want %v", l, got, want)
		}
	}
}

func TestNever(t *testing.T) {
	const dns, apps = dnsParts | recordParts, HeadLayers | dhcpParts
	arp := LayerARP | LayerARPIPv4
	other := LayerHoneypot | LayerAlert | LayerAuth | LayerConnection | LayerModel
	for l, want := range map[Layer]Layer{
		LayerFrame: 0,
		LayerIP:    arp,
		LayerTCP:   LayerUDP | LayerICMP | LayerICMPv6 | LayerICMPEcho | neighborParts | LayerQUIC | dhcpParts | arp | other,
		LayerICMP:  LayerTCP | LayerUDP | LayerICMPv6 | neighborParts | LayerPorts | LayerConn | dns | apps | arp | other,
		LayerARP:   LayerIP | LayerTCP | LayerUDP | LayerICMP | LayerICMPv6 | LayerPorts | LayerPayload | LayerFlow | LayerConn | LayerICMPEcho | neighborParts | dns | apps | other,
	} {
		if got := l.Never(); got != want {
			t.Errorf("%v is never with %v, want %v", l, got, want)
		}
	}
	for i := range layers {
		l := layers[i].layer
		if l&l.Never() != 0 {
			t.Errorf("%v is never with itself", l)
		}
		for j := range layers {
			if m := layers[j].layer; l&m.Never() != 0 != (m&l.Never() != 0) {
				t.Errorf("%v and %v do not agree whether both can be", l, m)
			}
		}
	}
}

// The table of kinds of event, that of classes and that of fields agree.
func TestEvents(t *testing.T) {
	for _, e := range Events() {
		if got, ok := EventByWord(e.String()); !ok || got != e {
			t.Errorf("%q is %v", e, got)
		}
		has, may := e.Layers()
		for _, f := range Fields() {
			if f.On(e) && (has|may)&f.Layer != f.Layer {
				t.Errorf("events of kind %q have %s, but cannot have its layer %v", e, f.Name, f.Layer)
			}
		}
	}
	if e, ok := EventByWord("packets"); ok {
		t.Errorf("\"packets\" is %v", e)
	}
	for c := range Class(NumClasses) {
		has, may := c.Layers()
		if has.Needs() != has || has&has.Never() != 0 || may&has.Never() != 0 && c.Event() == EventPacket {
			t.Errorf("class %d: has %v and may have %v", c, has, may)
		}
		eventHas, eventMay := c.Event().Layers()
		if has&eventHas != eventHas || (has|may)&^(eventHas|eventMay) != 0 {
			t.Errorf("class %d has %v and may have %v, which does not fit %q", c, has, may, c.Event())
		}
	}
}
