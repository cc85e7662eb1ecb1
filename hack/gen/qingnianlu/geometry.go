package main

import (
	"fmt"
	"slices"
	"strings"
)

// The drawing starts as a rectangle cut into rows of communities and those into
// cells, all in integers. Then every corner, with some points between corners,
// is moved a little, each always by the same: neighbours keep their common edges
// to the last digit, cells keep filling their community exactly, and nothing
// looks ruled. Units are 1e-7 degrees, longitude first; a thousand are about
// nine metres east and eleven north.
const (
	west, south   = 1_089_190_000, 342_625_000
	width, height = 220_000, 150_000
	perRow        = 3
	leastWeight   = 350    // an area one can see, even for 75 households
	furthest      = 1_500  // how far a corner is moved, at most
	between       = 10_000 // an edge longer than this gets a point in the middle
)

type corner struct{ x, y int64 }

// rect is a cell before it is bent.
type rect struct{ minX, minY, maxX, maxY int64 }

type drawing struct {
	whole       string
	communities []drawnCommunity
}

type drawnCommunity struct {
	whole string
	units []string
}

// draw divides the sub-district into communities of areas by weight, and each
// of those into so many units, and returns their boundaries as GeoJSON.
func draw(weights []int64, counts []int) drawing {
	whole := rect{0, 0, width, height}
	communities := rows(whole, weights)
	cells := make([][]rect, len(communities))
	var all []rect
	for i, r := range communities {
		cells[i] = cut(r, counts[i])
		all = append(all, cells[i]...)
	}
	lattice := latticeOf(all)
	out := drawing{whole: lattice.geojson(whole)}
	for i, r := range communities {
		d := drawnCommunity{whole: lattice.geojson(r)}
		for _, c := range cells[i] {
			d.units = append(d.units, lattice.geojson(c))
		}
		out.communities = append(out.communities, d)
	}
	return out
}

// rows lays rectangles of areas in proportion to their weights, three to a row.
func rows(whole rect, weights []int64) []rect {
	weights = slices.Clone(weights)
	var rowWeights []int64
	for i := range weights {
		weights[i] = max(weights[i], leastWeight)
		if i%perRow == 0 {
			rowWeights = append(rowWeights, 0)
		}
		rowWeights[len(rowWeights)-1] += weights[i]
	}
	var out []rect
	for i, span := range split(whole.minY, whole.maxY, rowWeights) {
		inRow := weights[i*perRow : min((i+1)*perRow, len(weights))]
		for _, side := range split(whole.minX, whole.maxX, inRow) {
			out = append(out, rect{side[0], span[0], side[1], span[1]})
		}
	}
	return out
}

// split cuts a span into parts in proportion to the weights.
func split(from, to int64, weights []int64) [][2]int64 {
	var all, seen int64
	for _, w := range weights {
		all += w
	}
	var out [][2]int64
	start := from
	for _, w := range weights {
		seen += w
		end := from + (to-from)*seen/all
		out = append(out, [2]int64{start, end})
		start = end
	}
	return out
}

// cut divides a rectangle into n cells of about equal area, in the number of
// columns that makes them squarest.
func cut(r rect, n int) []rect {
	columns, best := 1, int64(-1)
	for c := 1; c <= n; c++ {
		// n cells in c columns are as wide as high when width × n = height × c².
		off := (r.maxX-r.minX)*int64(n) - (r.maxY-r.minY)*int64(c)*int64(c)
		if off = max(off, -off); best < 0 || off < best {
			columns, best = c, off
		}
	}
	inColumn := make([]int64, columns)
	for i := range inColumn {
		inColumn[i] = even(int64(n), columns, i)
	}
	var out []rect
	for i, side := range split(r.minX, r.maxX, inColumn) {
		ones := make([]int64, inColumn[i])
		for j := range ones {
			ones[j] = 1
		}
		for _, span := range split(r.minY, r.maxY, ones) {
			out = append(out, rect{side[0], span[0], side[1], span[1]})
		}
	}
	return out
}

// lattice is all corners, and where each of them is moved.
type lattice map[corner]corner

func latticeOf(cells []rect) lattice {
	points := map[corner]bool{}
	for _, r := range cells {
		for _, c := range r.corners() {
			points[c] = true
		}
	}
	for _, r := range cells {
		corners := r.corners()
		for i, a := range corners {
			b := corners[(i+1)%len(corners)]
			if max(b.x-a.x, a.x-b.x, b.y-a.y, a.y-b.y) > between {
				points[corner{(a.x + b.x) / 2, (a.y + b.y) / 2}] = true
			}
		}
	}
	out := lattice{}
	for p := range points {
		// A third of the way to the nearest other corner never tangles edges.
		reach := int64(furthest)
		for q := range points {
			if q != p {
				reach = min(reach, max(p.x-q.x, q.x-p.x, p.y-q.y, q.y-p.y)/3)
			}
		}
		chance := mix(uint64(p.x), uint64(p.y))
		moved := corner{
			p.x + int64(chance%uint64(2*reach+1)) - reach,
			p.y + int64(chance>>32%uint64(2*reach+1)) - reach,
		}
		// A slant, so that streets don't run due north.
		out[p] = corner{west + moved.x + moved.y/9, south + moved.y - moved.x/14}
	}
	return out
}

// corners of a rectangle, counter-clockwise from the south-west.
func (r rect) corners() []corner {
	return []corner{{r.minX, r.minY}, {r.maxX, r.minY}, {r.maxX, r.maxY}, {r.minX, r.maxY}}
}

// around returns the corners of the lattice on a rectangle's border, in the
// order one walks it counter-clockwise from the south-west.
func (l lattice) around(r rect) []corner {
	var sides [4][]corner
	for p := range l {
		if p.x < r.minX || p.x > r.maxX || p.y < r.minY || p.y > r.maxY {
			continue
		}
		switch {
		case p.y == r.minY && p.x < r.maxX:
			sides[0] = append(sides[0], p)
		case p.x == r.maxX && p.y < r.maxY:
			sides[1] = append(sides[1], p)
		case p.y == r.maxY && p.x > r.minX:
			sides[2] = append(sides[2], p)
		case p.x == r.minX && p.y > r.minY:
			sides[3] = append(sides[3], p)
		}
	}
	var out []corner
	for i, side := range sides {
		slices.SortFunc(side, func(a, b corner) int {
			order := int(a.x-b.x) + int(a.y-b.y) // one of the two is constant on a side
			if i >= 2 {
				return -order
			}
			return order
		})
		out = append(out, side...)
	}
	return out
}

// geojson writes a rectangle, bent, as a GeoJSON Polygon.
func (l lattice) geojson(r rect) string {
	border := l.around(r)
	border = append(border, border[0])
	points := make([]string, len(border))
	for i, p := range border {
		points[i] = fmt.Sprintf("[%s,%s]", decimal(l[p].x), decimal(l[p].y))
	}
	return `{"type":"Polygon","coordinates":[[` + strings.Join(points, ",") + `]]}`
}

// decimal writes 1e-7 degrees as degrees.
func decimal(units int64) string {
	s := fmt.Sprintf("%d.%07d", units/10_000_000, units%10_000_000)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}
