package packet

// An Asset is what the map of hosts and services knew of the two sides of an event, before it.
type Asset struct {
	Src                Addr    // who sent it: of ARP the address that the sender claims; with LayerAssetSrc
	SrcKnown, DstKnown bool    // something came from the address before
	SrcAge, DstAge     float64 // seconds since then; 0 for an unknown one
	SrcMAC             MAC     // the hardware address that had the source address; with LayerAssetSrcMAC
	DstService         Service // what the destination port is known to speak
	Watched            float64 // seconds since the map began
}
