// Package sketch draws a community's grids from their public outlines, as a map
// for orientation that needs neither script nor network. It also tells which
// point of the world a place on the drawing is, so that residents can point at it.
//
// The outlines are simplified: which grid a case belongs to is for the desk to
// say, by the exact boundaries.
package sketch
