package storetest

import (
	"os/exec"
	"runtime"
	"syscall"
)

// attributes of a process that goes when its parent does.
func attributes(user *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: user, Pdeathsig: syscall.SIGQUIT, Setpgid: true}
}

// run starts a command and waits for its end. The kernel takes the thread that
// started it for the parent, so that it has to stay.
func run(cmd *exec.Cmd, started chan<- error, ended chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait()
		close(ended)
	}
}
