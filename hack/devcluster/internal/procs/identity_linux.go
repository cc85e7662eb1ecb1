package procs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

var errGone = errors.New("no such process")

// startOf returns a token that differs for any two processes that ever had
// this pid: the boot of the machine and the tick the process started at.
func startOf(pid int) (string, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", errGone
	}
	ticks, err := parseStat(stat)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(boot)) + "/" + ticks, nil
}

// parseStat returns the start time out of /proc/PID/stat. The command name in
// it may contain anything, so fields count from its closing parenthesis.
func parseStat(stat []byte) (string, error) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return "", errors.New("malformed stat")
	}
	fields := strings.Fields(string(stat[end+1:]))
	// These are fields 3 (state) and 22 (starttime) of proc(5).
	if len(fields) < 20 {
		return "", errors.New("malformed stat")
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "", errGone
	}
	return fields[19], nil
}

// Strays returns the running processes whose program lies in dir and whose
// command line names mark: those of ours that a crash left without a pid file.
func Strays(dir, mark string) ([]Process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var list []Process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		exe, err := os.Readlink(filepath.Join("/proc", entry.Name(), "exe"))
		if err != nil || !strings.HasPrefix(exe, dir+string(filepath.Separator)) {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err != nil || !bytes.Contains(line, []byte(mark)) {
			continue
		}
		start, err := startOf(pid)
		if err != nil {
			continue
		}
		list = append(list, Process{Name: filepath.Base(exe), PID: pid, Start: start, Path: exe})
	}
	return list, nil
}
