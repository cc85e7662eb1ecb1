//go:build unix && !linux

package storetest

import (
	"os/exec"
	"syscall"
)

func attributes(user *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: user, Setpgid: true}
}

// run starts a command and waits for its end.
func run(cmd *exec.Cmd, started chan<- error, ended chan<- struct{}) {
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait()
		close(ended)
	}
}
