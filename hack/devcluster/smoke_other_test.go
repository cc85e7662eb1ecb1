//go:build !linux

package main

import "testing"

// noProcesses cannot tell here: only pid files say what is ours.
func noProcesses(*testing.T) {}
