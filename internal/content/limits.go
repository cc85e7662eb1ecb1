package content

// The limits of a document. They stand well above what the largest community
// of the surveys needs (4,537 households, 162 tasks) and well below what could
// exhaust a small pod: a document beyond them is refused and the last good one
// stays in service.
const (
	// MaxFileBytes is the size up to which Marshal fills one file. A ConfigMap
	// holds 1 MiB with its metadata, so one file per ConfigMap fits.
	MaxFileBytes = 900 << 10
	// maxReadBytes is the size up to which a file is read at all.
	maxReadBytes = 1 << 20

	maxFiles         = 32
	maxItems         = 1000
	maxTasks         = 1000
	maxWindows       = 100
	maxOpenings      = 50
	maxGrids         = 200
	maxOutlinePoints = 5000
	maxNeighbours    = 300
	maxList          = 300 // posts, norms, premises, facilities, budget lines
	maxItemList      = 64  // steps, materials, elements, legal basis, data of one item
	maxTextBytes     = 4096
	maxNameBytes     = 253
	maxURLBytes      = 2048
	maxCount         = 1_000_000_000_000 // households, residents, m², minutes
)
