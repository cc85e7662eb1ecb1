package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
)

// surveyed is what the survey says of one community.
type surveyed struct {
	name                  string // the object's name
	index                 int    // from 1, in the order of the table
	zh, en                string
	households, residents int64
	owned, leased         int64 // m² of office area
	staff                 int64
	cases                 int64 // a year
}

// names of the communities, by the survey's English ones.
var names = map[string]string{
	"Qingnian Road No.1": "qingnianlu-1",
	"Qingnian Road No.2": "qingnianlu-2",
	"Qingnian Road No.3": "qingnianlu-3",
	"Lianhu Road No.1":   "lianhulu-1",
	"Lianhu Road No.2":   "lianhulu-2",
	"Lianhu Road No.4":   "lianhulu-4",
	"Tangfang Street":    "tangfangjie",
	"East Yaowangdong":   "dongyaowangdong",
	"West Yaowangdong":   "xiyaowangdong",
	"Xiwuyuan":           "xiwuyuan",
	"Xibei No.1 Road":    "xibeiyilu",
	"Anding":             "anding",
}

func readSurvey(path string) ([]surveyed, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var out []surveyed
	for i, row := range rows[1:] {
		c, err := readRow(row, column)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, i+2, err)
		}
		c.index = i + 1
		out = append(out, c)
	}
	return out, nil
}

func readRow(row []string, column map[string]int) (surveyed, error) {
	var firstErr error
	text := func(name string) string {
		i, ok := column[name]
		if !ok && firstErr == nil {
			firstErr = fmt.Errorf("there is no column %s", name)
		}
		if !ok {
			return ""
		}
		return row[i]
	}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(text(name), 10, 64)
		if err != nil && firstErr == nil {
			firstErr = fmt.Errorf("%s: %w", name, err)
		}
		return n
	}
	c := surveyed{
		zh: text("community_zh"), en: text("community_en"),
		households: number("households"), residents: number("resident_population"),
		owned: number("office_area_owned_m2"), leased: number("office_area_leased_m2"),
		staff: number("staff_total"), cases: number("annual_cases"),
	}
	c.name = names[c.en]
	if c.name == "" && firstErr == nil {
		firstErr = fmt.Errorf("no object name is known for %q", c.en)
	}
	return c, firstErr
}
