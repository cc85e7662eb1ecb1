package show

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/plan"
)

// number groups thousands.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// count is a number, and nothing where there is none.
func count[N int | int64](n N) string {
	if n == 0 {
		return ""
	}
	return number(int64(n))
}

// hours is working time in hours to one decimal, rounded up, so that time is
// never shown as none.
func hours(minutes int64) string {
	tenths := minutes / 6
	if minutes%6 > 0 {
		tenths++
	}
	return fmt.Sprintf("%s.%d", number(tenths/10), tenths%10)
}

// money groups the thousands of an amount.
func money(d v1alpha1.Decimal) string {
	if d == "" {
		return ""
	}
	whole, fraction, ok := strings.Cut(string(d), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return string(d)
	}
	if ok {
		return number(n) + "." + fraction
	}
	return number(n)
}

func percent(n *int64) string {
	if n == nil {
		return ""
	}
	return number(*n) + "%"
}

func name(ref plan.Ref) string { return ref.Namespace + "/" + ref.Name }

func title(t v1alpha1.LocalizedText) string { return cmp.Or(t.ZH, t.EN) }

// part is a figure of a whole; the figure alone where there is no limit.
func part(n int64, of *int64) string {
	if of == nil {
		return number(n)
	}
	return number(n) + "/" + number(*of)
}

// ratio is a share in whole percent, rounded up; over 100 where there is more
// than there may be.
func ratio(n int64, of *int64) string {
	if of == nil {
		return ""
	}
	if *of == 0 {
		if n == 0 {
			return "0%"
		}
		return "over"
	}
	share := n * 100 / *of
	if n*100%*of > 0 {
		share++
	}
	return number(share) + "%"
}

// left is what remains of a whole.
func left(n int64, of *int64) string {
	if of == nil {
		return ""
	}
	return number(*of - n)
}

// Changes words what would put a finding out of the way: one text for each way,
// of which one is enough.
func Changes(f *admission.Finding) []string {
	var out, together []string
	for i := range f.Changes {
		c := &f.Changes[i]
		if c.Together {
			together = append(together, change(c))
			continue
		}
		out = append(out, change(c))
	}
	if len(together) > 0 {
		out = append(out, strings.Join(together, "; and "))
	}
	return out
}

func change(c *admission.Change) string {
	object := string(c.Object)
	if c.Name != "" {
		object += " " + c.Name
	}
	switch {
	case c.How == admission.Add && c.To == "":
		return fmt.Sprintf("%s: add %s", object, c.Field)
	case c.How == admission.Add:
		return fmt.Sprintf("%s: %s + %s", object, c.Field, c.To)
	case c.How == admission.Remove:
		return strings.TrimSpace(fmt.Sprintf("%s: %s without %s", object, c.Field, c.To))
	case c.To == "":
		return fmt.Sprintf("%s: %s", object, c.Field)
	default:
		return fmt.Sprintf("%s: %s = %s", object, c.Field, c.To)
	}
}
