package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// maxResident is what a program may hold in memory at rest, in KiB. The desk has the
// station's jobs besides its pages; the courier has no pages, and clients of the
// systems its community is connected to.
var maxResident = map[string]int{"portal": 40 << 10, "desk": 48 << 10, "courier": 40 << 10}

// process is a process of a pod as the kernel has it.
type process struct {
	pid    int
	name   string
	status map[string]string
}

// processes of a pod, the one that holds its network namespace left out.
func processes(t *testing.T, pod *corev1.Pod) []process {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var out []process
	for _, dir := range dirs {
		cgroup, err := os.ReadFile(filepath.Join(dir, "cgroup"))
		if err != nil || !strings.Contains(string(cgroup), "pod"+string(pod.UID)) {
			continue // it ended, or is somebody else's
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		status, err := os.ReadFile(filepath.Join(dir, "status"))
		if err != nil {
			continue
		}
		p := process{pid: pid, status: map[string]string{}}
		for line := range strings.Lines(string(status)) {
			if key, value, ok := strings.Cut(line, ":"); ok {
				p.status[key] = strings.TrimSpace(value)
			}
		}
		if p.name = p.status["Name"]; p.name != "pause" {
			out = append(out, p)
		}
	}
	return out
}

// killProcesses ends a pod's processes as a crash would.
func killProcesses(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	found := processes(t, pod)
	if len(found) == 0 {
		t.Fatalf("pod %s has no process", pod.Name)
	}
	for _, p := range found {
		if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
}

func TestProgramsRunRestrictedAndSmall(t *testing.T) {
	settled(t)
	biggest := map[string]int{}
	for _, c := range district(t).Communities.Items {
		ns := &corev1.Namespace{}
		get(t, "", c.Status.Namespace, ns)
		if level := ns.Labels["pod-security.kubernetes.io/enforce"]; level != "restricted" {
			t.Errorf("%s enforces %q, want restricted", ns.Name, level)
		}
		for _, component := range []string{"portal", "desk", "courier"} {
			running, err := pods(t.Context(), c.Status.Namespace, component)
			if err != nil || len(running) != 1 {
				t.Fatalf("%s: %d pods of %s, %v; want one", c.Name, len(running), component, err)
			}
			found := processes(t, &running[0])
			if len(found) != 1 {
				t.Fatalf("pod %s has %d processes, want one", running[0].Name, len(found))
			}
			for _, problem := range confined(found[0]) {
				t.Errorf("%s of %s: %s", component, c.Name, problem)
			}
			resident := atRest(t, &running[0], maxResident[component])
			if resident > maxResident[component] {
				t.Errorf("%s of %s holds %d kB, want at most %d", component, c.Name, resident, maxResident[component])
			}
			biggest[component] = max(biggest[component], resident)
		}
	}
	t.Logf("the biggest hold, in KiB: %v", biggest)
}

// atRest is what a pod's program holds in memory, in KiB, once it was left alone: it
// gives back every minute what a visit touched.
func atRest(t *testing.T, pod *corev1.Pod, most int) int {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); ; time.Sleep(2 * time.Second) {
		found := processes(t, pod)
		if len(found) != 1 {
			t.Fatalf("pod %s has %d processes, want one", pod.Name, len(found))
		}
		resident, err := strconv.Atoi(strings.TrimSuffix(found[0].status["VmRSS"], " kB"))
		if err != nil {
			t.Fatal(err)
		}
		if resident <= most || time.Now().After(end) {
			return resident
		}
	}
}

// confined says what a process may do that it should not, whatever its pod's
// manifest says.
func confined(p process) []string {
	var problems []string
	for key, want := range map[string]string{
		"Uid": "65532\t65532\t65532\t65532", "NoNewPrivs": "1", "Seccomp": "2",
		"CapEff": "0000000000000000", "CapPrm": "0000000000000000", "CapBnd": "0000000000000000",
	} {
		if got := p.status[key]; got != want {
			problems = append(problems, fmt.Sprintf("%s is %q, want %q", key, got, want))
		}
	}
	root := filepath.Join("/proc", strconv.Itoa(p.pid), "root")
	if _, err := os.Stat(filepath.Join(root, "var/run/secrets/kubernetes.io")); err == nil {
		problems = append(problems, "it has a ServiceAccount token")
	}
	mounts, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "mounts"))
	if err != nil {
		return append(problems, err.Error())
	}
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if len(fields) > 3 && fields[1] == "/" && !strings.HasPrefix(fields[3], "ro") {
			problems = append(problems, "its root file system can be written to")
		}
	}
	return problems
}

// The home refuses what is not restricted, whoever asks.
func TestHomeRefusesAPrivilegedPod(t *testing.T) {
	settled(t)
	privileged := true
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "privileged", Namespace: community(t, "anding").Status.Namespace},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "x", Image: "shequ.io/station:dev", SecurityContext: &corev1.SecurityContext{Privileged: &privileged},
		}}},
	}
	err := cluster.Client.Create(t.Context(), pod, client.DryRunAll)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "restricted") {
		t.Errorf("a privileged pod was not refused as such: %v", err)
	}
}

// Staff see their own community and nobody else's.
func TestAccessOfStaff(t *testing.T) {
	settled(t)
	own, other := community(t, "anding"), community(t, "xiwuyuan")
	group := ""
	for _, a := range own.Spec.Access {
		if a.Role == v1alpha1.AccessWorker {
			group = a.Group
		}
	}
	for namespace, want := range map[string]string{own.Status.Namespace: "yes", other.Status.Namespace: "no"} {
		out, err := cluster.KubeOutput(t.Context(), "auth", "can-i", "get", "pods", "--as=somebody", "--as-group="+group, "-n", namespace)
		if want == "yes" && (err != nil || out != "yes") || want == "no" && err == nil {
			t.Errorf("a worker of %s asks for pods in %s: %q, %v; want %s", own.Name, namespace, out, err, want)
		}
	}
}
