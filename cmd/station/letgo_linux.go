package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// letGo gives back the pages of the program's own file that starting and rendering
// touched, and returns how many bytes of the file that concerns. They are code and
// constants, so that nothing is lost: what is used again is mapped again, from the page
// cache. Of a program that is many in one, most of what was touched is never used again.
func letGo() int64 {
	own, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return 0
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return 0
	}
	var sum int64
	for line := range strings.Lines(string(maps)) {
		// 00400000-00ef2000 r-xp 00000000 00:36 1234567    /station
		f := strings.Fields(line)
		if len(f) < 6 || strings.Join(f[5:], " ") != own || f[1] != "r-xp" && f[1] != "r--p" {
			continue
		}
		first, last, _ := strings.Cut(f[0], "-")
		from, wrong := strconv.ParseUint(first, 16, 64)
		to, bad := strconv.ParseUint(last, 16, 64)
		if wrong != nil || bad != nil || to <= from {
			continue
		}
		if _, _, errno := syscall.Syscall(syscall.SYS_MADVISE, uintptr(from), uintptr(to-from), syscall.MADV_DONTNEED); errno == 0 {
			sum += int64(to - from) //nolint:gosec // a part of a file
		}
	}
	return sum
}
