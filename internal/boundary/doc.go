// Package boundary reads the GeoJSON geometry of a grid's boundary, checks it,
// measures it, and compares it with its siblings' and its parent's.
//
// Positions are rounded to 1e-7 degrees (about a centimetre) and are integers
// from there on. Whether edges cross or touch is decided exactly on those
// integers, never within an epsilon. Edges are straight in longitude and
// latitude, as RFC 7946 says they are; they are not geodesics, so a neighbour
// that puts one more vertex on a shared edge still shares it. Areas are on the
// CGCS2000 ellipsoid (WGS84's differs by less than a millimetre).
//
// It is pure: no client, no files, and time bounded by the limits on size.
// Reading, structure and comparisons are its own because the geometry libraries
// do not offer them (orb fills up short positions silently and has no polygon
// intersection; s2 in Go neither finds self-intersections nor measures
// overlaps); orb simplifies outlines, and s2 is the second opinion in tests.
//
// It does not know grids, levels or households, and keeps nothing.
package boundary
