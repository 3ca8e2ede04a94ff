// How sheets of images are laid out: a grid of enlarged images with gaps, as the program draws them.

// Small images are enlarged until they have at least so many pixels a side, and so many white pixels are between them.
const LEAST_TILE = 64;
const GAP = 2;

// How many pixels of a sheet one pixel of an image covers, each way. `data` is the run's; points are drawn as plots.
export const enlarged = (data) => (data?.size > 1 ? Math.ceil(LEAST_TILE / data.size) : 1);

// The width in pixels of the first `columns` images of a sheet.
export const widthOf = (data, columns) => columns * (data.size * enlarged(data) + GAP) - GAP;
