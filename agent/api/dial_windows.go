package api

import (
	"context"
	"net"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// who may ask where the pipe says no.
const who = "an administrator"

// access is what a client needs of a pipe. GENERIC_WRITE would be more: to make instances of it, which is for its server alone.
const access = windows.FILE_GENERIC_READ | windows.FILE_WRITE_DATA | windows.FILE_WRITE_ATTRIBUTES

// dial connects to a pipe, whose server may learn who asks but not act for them.
func dial(ctx context.Context, socket string) (net.Conn, error) {
	return winio.DialPipeAccessImpLevel(ctx, socket, access, winio.PipeImpLevelIdentification)
}
