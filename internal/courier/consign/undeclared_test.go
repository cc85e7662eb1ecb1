package consign

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/privacy"
)

// What a letter holds beyond its task's declarations stays, by whatever name, and so
// does what nobody may deliver even where task, delivery and system all declare it:
// the last of the places it is refused at. Each is counted, and none is named where
// nothing but a sender ever called it so.
func TestWhatIsNotDeclaredNeverLeaves(t *testing.T) {
	c := worked(t, casework.Application, register)
	for _, code := range []string{
		"ethnic-group", "religion", "political-status", "fingerprint", "location-history", "key-person", "pregnancy",
		"民族", "宗教信仰", "政治面貌", "指纹", "行踪轨迹", "重点人员", "怀孕", "nickname", "小名", "birth-date", "Applicant-Name", "",
	} {
		why := courier.UndeclaredElement
		if _, _, forbidden := privacy.Forbidden(code); forbidden {
			why = courier.Forbidden
		}
		o := occasion(c)
		o.Fields[courier.Code(code)] = "a value of it"
		d := desk()
		d.Tasks[0].Deliveries = d.Tasks[0].Deliveries[:1]
		if got := described(t, must(t, d).Compose(o)); got != strings.Replace(lines(2, toHealth), "NotAccepted:1", counts(why, "NotAccepted:1"), 1) {
			t.Errorf("a letter with %q:\n%s", code, got)
		}
		if why != courier.Forbidden {
			continue
		}
		// Declared everywhere, by whoever got round all the checks before.
		d.Connections[0].Accepts = append(d.Connections[0].Accepts, code)
		d.Tasks[0].Data = append(d.Tasks[0].Data, content.DeskDatum{Element: code, Type: "Text", Purpose: purpose})
		d.Tasks[0].Deliveries[0].Elements = append(d.Tasks[0].Deliveries[0].Elements, code)
		r, err := New(d)
		if err == nil {
			t.Errorf("a delivery of %q compiles", code)
		}
		if got := described(t, r.Compose(o)); got != "family-health family-doctor-appointments v2: (Forbidden:1,NotAccepted:1,NotMapped:2)\n" {
			t.Errorf("%q, declared everywhere:\n%s", code, got)
		}
	}
}

// counts puts one more reason among others, where it belongs.
func counts(why courier.Why, others string) string { return fmt.Sprintf("%s:1,%s", why, others) }
