package community

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/district"
)

// A chain is confirmed as long as it is seen to go on from the head that is published;
// from then on the time stands still.
func TestConfirmed(t *testing.T) {
	published, seen := time.Unix(1000, 0), time.Unix(9000, 0)
	head := func(length int64, fill byte) *district.Head {
		return &district.Head{Length: length, Hash: bytes.Repeat([]byte{fill}, 32)}
	}
	was := &v1alpha1.AuditHead{Length: 5, Hash: strings.Repeat("ab", 32), PublishedAt: metav1.NewTime(published)}
	for name, tc := range map[string]struct {
		was  *v1alpha1.AuditHead
		is   *district.Head
		want time.Time
	}{
		"no chain":              {nil, nil, time.Time{}},
		"a new chain":           {nil, head(0, 0), seen},
		"the same":              {was, head(5, 0xab), seen},
		"longer":                {was, head(6, 0xcd), seen},
		"never read":            {was, nil, published},
		"shorter":               {was, head(4, 0xab), published},
		"another of its length": {was, head(5, 0xcd), published},
	} {
		if got := confirmed(tc.was, tc.is, seen); !got.Equal(tc.want) {
			t.Errorf("%s: confirmed at %v, want %v", name, got, tc.want)
		}
	}
}

// The series of a chain goes with it, and all of a community's with the community.
func TestMetricsForget(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	one, two := &v1alpha1.Community{}, &v1alpha1.Community{}
	one.Namespace, one.Name, two.Namespace, two.Name = "street", "one", "street", "two"
	for _, c := range []*v1alpha1.Community{one, two} {
		m.confirmed(c, chainAudit, time.Unix(7, 0))
		m.confirmed(c, chainDeliveries, time.Unix(8, 0))
	}
	if got := testutil.ToFloat64(m.heads.WithLabelValues("street", "one", chainAudit)); got != 7 {
		t.Errorf("it shows %v", got)
	}
	m.confirmed(one, chainDeliveries, time.Time{})
	m.forget("street", "two")
	if n := testutil.CollectAndCount(m.heads); n != 1 {
		t.Errorf("%d series are left, want 1", n)
	}
}
