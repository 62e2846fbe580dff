// Package place says where a system keeps the files of the program: settings, state, logs, and the socket of the daemon.
package place
