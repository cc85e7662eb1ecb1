package admission

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// termsHeader keeps a digest of these terms from ever being one of something
// else, or of the same terms in another version.
const termsHeader = "shequ.io/v1alpha1 AdmittedTask terms\n"

// Digest is the sha256 of a task's canonical terms. An approval is for exactly
// one digest.
func Digest(spec *v1alpha1.AdmittedTaskSpec) v1alpha1.TaskDigest {
	sum := sha256.Sum256(append([]byte(termsHeader), Terms(spec)...))
	return v1alpha1.TaskDigest("sha256:" + hex.EncodeToString(sum[:]))
}

// Terms are a task's canonical terms: its spec without suspend, as JSON with
// sorted keys and no white space. Defaults are written out and lists that are
// sets or maps are sorted, so that a file, the API server's copy of it and
// anybody's reordering of it have the same terms.
func Terms(spec *v1alpha1.AdmittedTaskSpec) []byte {
	s := canonical(spec)
	s.Suspend = nil
	// By way of a map, whose keys are written in order: the order of the Go
	// type's fields is nobody's terms.
	var tree any
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	data, err := json.Marshal(s)
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		err = dec.Decode(&tree)
	}
	if err == nil {
		err = enc.Encode(tree)
	}
	if err != nil {
		// A spec is strings, integers and lists of them: there is nothing that
		// JSON can't hold.
		panic(fmt.Sprintf("encode a task's terms: %v", err))
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// canonical is a copy of a spec with its defaults and its lists in order.
func canonical(spec *v1alpha1.AdmittedTaskSpec) *v1alpha1.AdmittedTaskSpec {
	s := spec.DeepCopy()
	setDefaults(s)
	sortLists(s)
	return s
}

// setDefaults does what the API server does to a task that is applied.
func setDefaults(s *v1alpha1.AdmittedTaskSpec) {
	if w := s.Workload; w != nil {
		w.Ledgers = cmp.Or(w.Ledgers, ptr.To(int64(0)))
		if w.Visits != nil {
			w.Visits.Combinable = cmp.Or(w.Visits.Combinable, ptr.To(false))
		}
		if w.Reports != nil {
			w.Reports.Indicators = cmp.Or(w.Reports.Indicators, ptr.To(int64(0)))
		}
	}
	if s.Funding != nil {
		s.Funding.Periods = cmp.Or(s.Funding.Periods, v1alpha1.PeriodsYearly)
	}
	if s.Service != nil {
		s.Service.OnlineApplication = cmp.Or(s.Service.OnlineApplication, v1alpha1.OnlineCounterOnly)
	}
}

// sortLists sorts the lists whose order means nothing.
func sortLists(s *v1alpha1.AdmittedTaskSpec) {
	slices.SortFunc(s.LegalBasis, func(a, b v1alpha1.LegalBasis) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Data, func(a, b v1alpha1.TaskData) int { return cmp.Compare(a.Element, b.Element) })
	slices.SortFunc(s.Target.Communities, compareRefs)
	if s.Scope != nil {
		slices.Sort(s.Scope.Verbs)
		if s.Scope.Authority != nil {
			slices.Sort(s.Scope.Authority.Verbs)
		}
	}
	for i := range s.Deliveries {
		slices.Sort(s.Deliveries[i].Elements)
		slices.SortFunc(s.Deliveries[i].Mapping, func(a, b v1alpha1.FieldMapping) int { return cmp.Compare(a.Field, b.Field) })
	}
}

func compareRefs(a, b v1alpha1.NamespacedReference) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}
