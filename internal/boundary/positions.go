package boundary

import (
	"fmt"
	"math"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// China lies between these longitudes and latitudes, in degrees. The box is
// used for one thing only: to tell that axes are swapped where swapped positions
// are on Earth too.
const (
	chinaWest, chinaEast   = 73, 136
	chinaSouth, chinaNorth = 3, 54
)

func inChina(lon, lat float64) bool {
	return lon >= chinaWest && lon <= chinaEast && lat >= chinaSouth && lat <= chinaNorth
}

func onEarth(lon, lat float64) bool {
	return math.Abs(lon) <= 180 && math.Abs(lat) <= 90
}

// checkPositions refuses positions that are nowhere on Earth, and those that
// are only sensible with the latitude first.
func checkPositions(polygons [][][]position) error {
	type place struct {
		name string
		at   int
		position
	}
	var first, off *place
	swappedOnEarth, china, swappedChina := true, true, true
	for i, p := range polygons {
		for j, r := range p {
			for k, pos := range r {
				lon, lat := pos.lon(), pos.lat()
				here := &place{ringName(i, len(polygons), j), k + 1, pos}
				if first == nil {
					first = here
				}
				if off == nil && !onEarth(lon, lat) {
					off = here
				}
				swappedOnEarth = swappedOnEarth && onEarth(lat, lon)
				china = china && inChina(lon, lat)
				swappedChina = swappedChina && inChina(lat, lon)
			}
		}
	}
	switch {
	case first == nil:
		return unreadable("the boundary has no positions; %s", nesting("Polygon"))
	case off != nil && swappedOnEarth, !china && swappedChina:
		return &Error{v1alpha1.ReasonAxesSwapped, fmt.Sprintf(
			"coordinates look like latitude first; GeoJSON wants longitude first: write %s, not %s",
			written(first.lat(), first.lon()), written(first.lon(), first.lat()))}
	case off != nil && math.Abs(off.lon()) > 360 && math.Abs(off.lat()) > 360:
		return unreadable("%s, position %d, %s, looks like metres of a projection; convert the boundary to degrees of longitude and latitude",
			off.name, off.at, written(off.lon(), off.lat()))
	case off != nil:
		return unreadable("%s, position %d, %s, is nowhere on Earth; longitude is within ±180 and latitude within ±90 degrees",
			off.name, off.at, written(off.lon(), off.lat()))
	}
	return nil
}

// written shows a position as it may have been written, without reading more
// into it than 7 decimals.
func written(lon, lat float64) string {
	if math.Abs(lon) > 1e9 || math.Abs(lat) > 1e9 {
		return fmt.Sprintf("[%g, %g]", lon, lat)
	}
	return point{toUnits(lon), toUnits(lat)}.String()
}
