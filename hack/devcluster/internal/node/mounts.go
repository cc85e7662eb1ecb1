package node

import (
	"slices"
	"strconv"
	"strings"
)

// mount is a line of /proc/self/mountinfo.
type mount struct{ point, kind string }

// parseMounts reads mountinfo; see proc(5).
func parseMounts(mountinfo string) []mount {
	var mounts []mount
	for line := range strings.Lines(mountinfo) {
		left, right, ok := strings.Cut(line, " - ")
		fields, kind := strings.Fields(left), strings.Fields(right)
		if ok && len(fields) >= 5 && len(kind) > 0 {
			mounts = append(mounts, mount{unescape(fields[4]), kind[0]})
		}
	}
	return mounts
}

// unescape undoes the octal escapes of blanks and backslashes.
func unescape(path string) string {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+3 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(path[i])
	}
	return out.String()
}

// mountsBelow returns the mount points below any of the directories, the last
// mounted first, which is the order to unmount them in.
func mountsBelow(mountinfo string, dirs ...string) []string {
	var points []string
	for _, m := range parseMounts(mountinfo) {
		for _, dir := range dirs {
			if m.point == dir || strings.HasPrefix(m.point, dir+"/") {
				points = append(points, m.point)
				break
			}
		}
	}
	slices.Reverse(points)
	return points
}

// cgroupMounts returns the mount points of the cgroup hierarchies: those of
// version 1 where there are any with a controller, else that of version 2.
func cgroupMounts(mountinfo string) (v1, v2 []string) {
	for _, m := range parseMounts(mountinfo) {
		switch m.kind {
		case "cgroup":
			v1 = append(v1, m.point)
		case "cgroup2":
			v2 = append(v2, m.point)
		}
	}
	return v1, v2
}
