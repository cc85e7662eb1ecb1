package norms

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// figures is one line of the survey's table.
type figures struct {
	name                         string
	households, residents, staff int64
	owned, leased                int64
}

// qingnianlu reads the twelve communities of Qingnian Road sub-district. The
// same file feeds the sample's generator.
func qingnianlu(t *testing.T) []figures {
	t.Helper()
	file, err := os.Open("../../config/samples/qingnianlu.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var out []figures
	for _, row := range rows[1:] {
		number := func(name string) int64 {
			n, err := strconv.ParseInt(row[column[name]], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		out = append(out, figures{
			name: row[column["community_en"]], households: number("households"),
			residents: number("resident_population"), staff: number("staff_total"),
			owned: number("office_area_owned_m2"), leased: number("office_area_leased_m2"),
		})
	}
	if len(out) != 12 {
		t.Fatalf("%d communities, want 12", len(out))
	}
	return out
}

func (f figures) spec() *v1alpha1.CommunitySpec {
	c := community(f.households, f.residents)
	c.Premises = []v1alpha1.Premises{premises("", f.owned, f.leased)}
	c.Workforce = []v1alpha1.WorkforcePost{{Post: "community-worker", Count: &f.staff}}
	return c
}

func TestQingnianluFloorArea(t *testing.T) {
	var met []string
	for _, f := range qingnianlu(t) {
		if find(Evaluate(Facts{Community: f.spec()}, xian()), RulePremisesArea).Result == v1alpha1.NormMet {
			met = append(met, f.name)
		}
	}
	if len(met) != 2 || met[0] != "Qingnian Road No.2" || met[1] != "Xiwuyuan" {
		t.Errorf("the 300 m² are met by %q, want exactly Qingnian Road No.2 (356) and Xiwuyuan (300)", met)
	}
}

func TestQingnianluGrids(t *testing.T) {
	var least, most, mostOfLarger int64
	for _, f := range qingnianlu(t) {
		lo, hi := GridCountBounds(f.households, gridRule())
		least, most = least+lo, most+hi
		if f.households >= 500 {
			mostOfLarger += hi
		} else if f.name != "Anding" || hi != 1 {
			t.Errorf("%s: at most %d grids, want only Anding below 500 households, as one compound", f.name, hi)
		}
	}
	if least != 45 || most != 57 || mostOfLarger != 56 {
		t.Errorf("grids: %d to %d (%d without Anding), want 45 to 57 (56)", least, most, mostOfLarger)
	}
}

func TestQingnianluSize(t *testing.T) {
	outside := 0
	for _, f := range qingnianlu(t) {
		if find(Evaluate(Facts{Community: f.spec()}, xian()), RuleCommunitySize).Result == v1alpha1.NormNotMet {
			outside++
		}
	}
	if outside != 4 {
		t.Errorf("%d communities outside 1000–3000 households, want 4", outside)
	}
}

func TestQingnianluWorkers(t *testing.T) {
	var residents, employed, wholePosts int64
	for _, f := range qingnianlu(t) {
		residents, employed = residents+f.residents, employed+f.staff
		required, _ := WorkersRequired(f.residents, xian().Workers)
		wholePosts += required.Ceil()
	}
	required, ok := WorkersRequired(residents, xian().Workers)
	if !ok || residents != 81758 || required.String() != "147.1644" || required.Ceil() != 148 {
		t.Errorf("%d residents need %s workers, %d whole posts; want 81758, 147.1644, 148",
			residents, required, required.Ceil())
	}
	if wholePosts != 153 || employed != 141 {
		t.Errorf("%d posts rounded up one by one against %d employed, want 153 against 141", wholePosts, employed)
	}
}

func TestQingnianluServiceArea(t *testing.T) {
	var households int64
	var sum Ratio
	for _, f := range qingnianlu(t) {
		households += f.households
		each, _ := ServiceAreaRequired(f.households, xian().ServiceArea)
		sum = sum.Add(each)
	}
	whole, _ := ServiceAreaRequired(households, xian().ServiceArea)
	if households != 30458 || whole.String() != "9137.4" || sum.Cmp(whole) != 0 {
		t.Errorf("%d households need %s m² (%s one by one), want 30458 and 9137.4 both ways", households, whole, sum)
	}
}
