package api

import (
	"context"
	"net"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// who may ask where the pipe says no.
const who = "an administrator"

// dial connects to a pipe, whose server may learn who asks but not act for them.
func dial(ctx context.Context, socket string) (net.Conn, error) {
	return winio.DialPipeAccessImpLevel(ctx, socket, windows.GENERIC_READ|windows.GENERIC_WRITE, winio.PipeImpLevelIdentification)
}
