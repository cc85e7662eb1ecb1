package communitystandard

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the operator's image has no time zones of its own

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/norms"
	"github.com/shequ-io/shequ/internal/privacy"
)

// maxSaid is how many mistakes a message holds; the others show when these are
// corrected.
const maxSaid = 20

// mistakes are what is wrong with a standard that the API server let through,
// each with its cure. The CRD's rules refuse some of it at the door; a standard
// from before they were there is caught here.
func mistakes(spec *v1alpha1.CommunityStandardSpec) []string {
	out := norms.Check(spec)
	if c := spec.Calendar; c != nil {
		if fault := checkTimeZone(c.TimeZone); fault != "" {
			out = append(out, fault)
		}
	}
	for i := range spec.DataElements {
		e := &spec.DataElements[i]
		if class, term, found := privacy.Forbidden(string(e.Code), e.Title.ZH, e.Title.EN); found {
			out = append(out, fmt.Sprintf("spec.dataElements: %q names %s (%s), which nobody may collect: take it out", e.Code, class, term))
		}
	}
	return out
}

func checkTimeZone(name string) string {
	if name == "" { // the default holds
		return ""
	}
	// Local is wherever the operator happens to run.
	if _, err := time.LoadLocation(name); err != nil || name == time.Local.String() {
		return fmt.Sprintf("spec.calendar.timeZone: there is no time zone %q: give an IANA name such as Asia/Shanghai", name)
	}
	return ""
}

// said puts mistakes into one message.
func said(mistakes []string) string {
	if more := len(mistakes) - maxSaid; more > 0 {
		mistakes = append(mistakes[:maxSaid:maxSaid], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(mistakes, "; ")
}
