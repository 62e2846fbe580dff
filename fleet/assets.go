package fleet

import "encoding/json"

// Bounds of what agents tell of their maps of hosts and services.
const (
	// MaxAssets is how many hosts a batch has at most.
	MaxAssets = 50
	// MaxAssetServices is how many services of a host it tells of.
	MaxAssetServices = 64
	// AssetRounds is how many batches an agent sends with a heartbeat at most.
	AssetRounds = 20
)

// An AssetBatch is hosts of an agent's map of which something was learned, in the order in which it was.
type AssetBatch struct {
	Map   uint64            `json:"map"`   // another number is another map, which begins with nothing
	Since uint64            `json:"since"` // the change up to which the server has the map, as the agent believes
	Seq   uint64            `json:"seq"`   // and up to which with this batch
	Hosts []json.RawMessage `json:"hosts"` // as package assets has them
}

// An AssetAnswer says up to which change of a map the server has it.
type AssetAnswer struct {
	Map   uint64 `json:"map"`
	Seq   uint64 `json:"seq"`
	Error string `json:"error"` // why the batch was not taken; "" where it was
}
