package boundary

import (
	"cmp"
	"slices"
)

// build turns positions into polygons, each of which is good by itself.
func build(written [][][]position) ([]polygon, error) {
	out := make([]polygon, 0, len(written))
	for i, rings := range written {
		var p polygon
		for j, positions := range rings {
			r, err := buildRing(positions, ringName(i, len(written), j))
			if err != nil {
				return nil, err
			}
			p.rings = append(p.rings, r)
		}
		if err := checkPolygon(p, i, len(written)); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// buildRing checks a ring's form: closed, enough positions, not all on a line.
func buildRing(positions []position, name string) (ring, error) {
	var r ring
	for i, pos := range positions {
		p := point{toUnits(pos.lon()), toUnits(pos.lat())}
		if n := len(r.points); n == 0 || r.points[n-1] != p {
			r.points, r.at = append(r.points, p), append(r.at, i+1)
		}
	}
	if len(positions) < 4 {
		return ring{}, unreadable("%s has %d positions; a ring has at least 4, the last repeating the first", name, len(positions))
	}
	last := len(r.points) - 1
	if r.points[0] != r.points[last] {
		return ring{}, unreadable("%s is not closed: it starts at %s and ends at %s; repeat the first position at the end",
			name, r.points[0], r.points[last])
	}
	if last > 0 {
		r.points, r.at = r.points[:last], r.at[:last]
	}
	if !spans(r.points) {
		return ring{}, unreadable("%s encloses no area: all its positions lie on one line or point, from %s; "+
			"check that it has enough decimals", name, r.points[0])
	}
	if b := boxOf(r.edges(0)); b.maxX-b.minX > 180*unitsPerDegree {
		return ring{}, unreadable("%s spans more than half of the Earth's longitudes; "+
			"cut it at the 180th meridian into a MultiPolygon", name)
	}
	return r, nil
}

// spans reports whether the points are not all on one line.
func spans(points []point) bool {
	for i := 2; i < len(points); i++ {
		for j := 1; j < i; j++ {
			if points[j] != points[0] {
				if side(points[0], points[j], points[i]) != 0 {
					return true
				}
				break
			}
		}
	}
	return false
}

// checkPolygon checks that rings are simple, don't repeat or cross one another,
// and that holes lie inside the outer ring and outside one another.
func checkPolygon(p polygon, index, of int) error {
	name := func(ring int) string { return ringName(index, of, ring) }
	if err := checkRepeated(p, name); err != nil {
		return err
	}
	if err := checkCrossings(p, name); err != nil {
		return err
	}
	return checkHoles(p, name)
}

// checkRepeated refuses rings that are the same, whatever position they start
// at and whichever way they wind.
func checkRepeated(p polygon, name func(int) string) error {
	seen := map[string]int{}
	for i, r := range p.rings {
		points := slices.Clone(r.points)
		slices.SortFunc(points, func(a, b point) int {
			return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y))
		})
		key := make([]byte, 0, 16*len(points))
		for _, q := range points {
			for shift := 0; shift < 64; shift += 8 {
				key = append(key, byte(q.x>>shift), byte(q.y>>shift)) //nolint:gosec // each byte in turn is wanted
			}
		}
		if first, ok := seen[string(key)]; ok {
			return unreadable("%s repeats %s; leave it out", name(i), name(first))
		}
		seen[string(key)] = i
	}
	return nil
}

// checkCrossings looks at every pair of edges whose longitudes overlap. A touch
// is named only when there is nothing worse: crossings and spurs bring touches
// with them.
func checkCrossings(p polygon, name func(int) string) error {
	edges := p.edges()
	following := followers(p)
	order := make([]int, len(edges))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(edges[i].minX(), edges[j].minX()), cmp.Compare(i, j))
	})
	var touch error
	for n, i := range order {
		for _, j := range order[n+1:] {
			if edges[j].minX() > edges[i].maxX() {
				break
			}
			e, f := edges[min(i, j)], edges[max(i, j)]
			how := meet(e, f)
			if how == apart || how == touching && mayTouch(e, f, following[i] == j || following[j] == i) {
				continue
			}
			err := crossingError(e, f, how, name)
			if how != touching {
				return err
			}
			if touch == nil {
				touch = err
			}
		}
	}
	return touch
}

// mayTouch reports whether two edges may meet in a point: those of different
// rings, and those that follow one another in a ring.
func mayTouch(e, f edge, consecutive bool) bool {
	return e.ring != f.ring || consecutive
}

// followers gives, for each edge of the polygon, the index of the next in its
// ring.
func followers(p polygon) []int {
	var out []int
	for _, r := range p.rings {
		start := len(out)
		for i := range r.points {
			out = append(out, start+(i+1)%len(r.points))
		}
	}
	return out
}

func crossingError(e, f edge, how meeting, name func(int) string) error {
	if e.ring != f.ring {
		verb := "crosses"
		if how == covering {
			verb = "runs along"
		}
		return intersects("%s of %s %s %s of %s; a hole must lie inside the outer ring and apart from other holes: "+
			"move it, or cut it out of the outer ring", f, name(f.ring), verb, e, name(e.ring))
	}
	switch how {
	case crossing:
		return intersects("%s crosses itself at %s: %s and %s; check the order of its positions",
			name(e.ring), crossingPoint(e, f), e, f)
	case covering:
		return intersects("%s runs back along itself: %s and %s lie on one another; leave out the positions of the spur",
			name(e.ring), e, f)
	case apart, touching:
	}
	return intersects("%s touches itself: %s and %s meet; split it there into two polygons of a MultiPolygon",
		name(e.ring), e, f)
}

// checkHoles relies on rings that don't cross: a hole is then either wholly
// inside another ring or wholly outside, and half of its area tells which.
func checkHoles(p polygon, name func(int) string) error {
	rings := make([][]edge, len(p.rings))
	boxes := make([]box, len(p.rings))
	areas := make([]float64, len(p.rings))
	for i, r := range p.rings {
		rings[i] = r.edges(i)
		boxes[i], areas[i] = boxOf(rings[i]), areaOf(rings[i])
	}
	common := func(i, j int) float64 {
		return commonArea(rings[i], rings[j], boxes[i].shared(boxes[j]))
	}
	for i := 1; i < len(rings); i++ {
		if areas[i] > areas[0] || common(0, i) < areas[i]/2 {
			return unreadable("%s at %s lies outside the outer ring; leave it out, or make it a polygon of a MultiPolygon",
				name(i), p.rings[i].points[0])
		}
		for j := 1; j < i; j++ {
			if common(i, j) > min(areas[i], areas[j])/2 {
				return unreadable("%s at %s and %s lie in one another; leave the inner one out",
					name(j), p.rings[j].points[0], name(i))
			}
		}
	}
	return nil
}

// checkApart refuses polygons of one boundary that overlap. Ones that share an
// edge are let through: they enclose what they seem to.
func checkApart(polygons []polygon) error {
	boxes := make([]box, len(polygons))
	edges := make([][]edge, len(polygons))
	for i, p := range polygons {
		edges[i] = p.edges()
		boxes[i] = boxOf(edges[i])
	}
	for i := range polygons {
		for j := range i {
			common := commonArea(edges[j], edges[i], boxes[j].shared(boxes[i]))
			if common > tolerated(min(polygons[i].area, polygons[j].area)) {
				return intersects("polygon %d at %s and polygon %d at %s overlap by %.0f m²; join them or move them apart",
					j+1, polygons[j].rings[0].points[0], i+1, polygons[i].rings[0].points[0], common)
			}
		}
	}
	return nil
}
