package node

import (
	"slices"
	"testing"
)

//nolint:dupword // the kernel repeats words
const mountinfo = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
50 27 0:40 / /state/my\040dir/a rw - overlay overlay rw
51 50 0:41 / /state/my\040dir/a/b rw - tmpfs tmpfs rw
52 27 0:42 / /state/my rw - tmpfs tmpfs rw
broken line
`

func TestMountsBelow(t *testing.T) {
	got := mountsBelow(mountinfo, "/state/my dir", "/elsewhere")
	if want := []string{"/state/my dir/a/b", "/state/my dir/a"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := mountsBelow(mountinfo, "/state/m"); got != nil {
		t.Errorf("a name that only begins alike was taken for a directory: %q", got)
	}
}

func TestCgroupMounts(t *testing.T) {
	v1, v2 := cgroupMounts(mountinfo)
	if !slices.Equal(v1, []string{"/sys/fs/cgroup/cpu,cpuacct"}) || !slices.Equal(v2, []string{"/sys/fs/cgroup/unified"}) {
		t.Errorf("got %q and %q", v1, v2)
	}
}
