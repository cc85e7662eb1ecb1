package boundary

// Contains reports whether a position, in WGS84 degrees times ten million, lies
// inside the boundary or on it. It is exact. A position on a hole's border is
// inside, too: neighbours share their common border, and who is asked about it
// must say so.
func (b *Boundary) Contains(longitude, latitude int64) bool {
	p := point{longitude, latitude}
	if p.x < b.box.minX || p.x > b.box.maxX || p.y < b.box.minY || p.y > b.box.maxY {
		return false
	}
	inside := false
	for _, e := range b.edges {
		if e.carries(p) {
			return true
		}
		// An edge is crossed by the ray to the east when it leads over the ray's
		// height and meets it east of the point; its lower end belongs to it and its
		// upper one does not, so that a vertex counts once.
		if (e.a.y > p.y) == (e.b.y > p.y) {
			continue
		}
		low, high := e.a, e.b
		if low.y > high.y {
			low, high = high, low
		}
		if side(low, high, p) > 0 {
			inside = !inside
		}
	}
	return inside
}

// carries reports whether a point lies on the edge.
func (e edge) carries(p point) bool {
	return p.x >= e.minX() && p.x <= e.maxX() &&
		p.y >= min(e.a.y, e.b.y) && p.y <= max(e.a.y, e.b.y) && side(e.a, e.b, p) == 0
}
