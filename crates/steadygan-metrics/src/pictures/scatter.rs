//! Scatter plots of points of the plane.

use image::{DynamicImage, Rgb, RgbImage};

/// Height and width in pixels.
const SIDE: u32 = 512;

/// Free space on each side, as a share of half the side of the reals' bounding square.
const MARGIN: f64 = 0.2;

/// The background: always white, so that the plot looks the same on dark and light pages.
const GROUND: Rgb<u8> = Rgb([255; 3]);

/// Colours that colour-blind readers can tell apart too (Okabe and Ito 2008): sky blue and vermilion.
const REAL: Rgb<u8> = Rgb([86, 180, 233]);
const FAKE: Rgb<u8> = Rgb([213, 94, 0]);

/// Radii in pixels; reals are larger, so that a real still shows around a fake that covers it.
const REAL_RADIUS: i64 = 3;
const FAKE_RADIUS: i64 = 1;

/// Draws reals in blue, and fakes in red over them, on white.
///
/// The frame is the square around the reals plus a margin; x grows to the right, y upwards. The fakes do not change the
/// frame: a fake outside is drawn on the edge. Points that are not finite are left out.
pub fn scatter(reals: &[[f32; 2]], fakes: &[[f32; 2]]) -> DynamicImage {
    let frame = Frame::around(reals);
    let mut plot = RgbImage::from_pixel(SIDE, SIDE, GROUND);
    for (points, radius, colour) in [(reals, REAL_RADIUS, REAL), (fakes, FAKE_RADIUS, FAKE)] {
        for &point in points {
            if let Some(pixel) = frame.pixel(point) {
                disc(&mut plot, pixel, radius, colour);
            }
        }
    }
    plot.into()
}

/// A square of the plane.
struct Frame {
    middle: [f64; 2],
    /// Half of the square's side.
    reach: f64,
}

impl Frame {
    fn around(points: &[[f32; 2]]) -> Self {
        let ranges = [0, 1].map(|axis| {
            let finite = points.iter().map(|point| f64::from(point[axis])).filter(|value| value.is_finite());
            finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
        });
        let reach = ranges.map(|(low, high)| (high - low) / 2.0).into_iter().fold(0.0, f64::max);
        if !(reach > 0.0 && reach.is_finite()) {
            return Self { middle: ranges.map(|(low, _)| if low.is_finite() { low } else { 0.0 }), reach: 1.0 };
        }
        Self { middle: ranges.map(|(low, high)| (low + high) / 2.0), reach: reach * (1.0 + MARGIN) }
    }

    /// The column and row of the pixel in which a point lies, or of the nearest pixel if the point is outside; none if
    /// the point is not finite.
    fn pixel(&self, point: [f32; 2]) -> Option<[i64; 2]> {
        let [x, y] = [0, 1].map(|axis| (f64::from(point[axis]) - self.middle[axis]) / self.reach);
        let at = |place: f64| ((place + 1.0) / 2.0 * f64::from(SIDE)).clamp(0.0, f64::from(SIDE - 1)) as i64;
        (x.is_finite() && y.is_finite()).then(|| [at(x), at(-y)])
    }
}

fn disc(plot: &mut RgbImage, [column, row]: [i64; 2], radius: i64, colour: Rgb<u8>) {
    for y in -radius..=radius {
        for x in -radius..=radius {
            // Half a pixel more than the radius makes small discs round.
            let inside = x * x + y * y <= radius * (radius + 1);
            if let [Ok(column), Ok(row)] = [column + x, row + y].map(u32::try_from)
                && let Some(pixel) = plot.get_pixel_mut_checked(column, row)
                && inside
            {
                *pixel = colour;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(reals: &[[f32; 2]], fakes: &[[f32; 2]]) -> RgbImage {
        scatter(reals, fakes).into_rgb8()
    }

    const CORNERS: [[f32; 2]; 2] = [[-5.0, -1.0], [5.0, 1.0]];

    /// The frame reaches 6 to each side of the middle: 512 pixels for 12 units.
    #[test]
    fn points_are_where_they_belong() {
        let seen = plot(&CORNERS, &[[0.0, 3.0], [3.0, 0.0]]);
        assert_eq!(seen.dimensions(), (512, 512));
        for (column, row, colour) in
            [(42, 298, REAL), (469, 213, REAL), (256, 128, FAKE), (384, 256, FAKE), (256, 256, GROUND), (0, 0, GROUND)]
        {
            assert_eq!(seen.get_pixel(column, row), &colour, "{column} {row}");
        }
        // Each fake takes 3 × 3 pixels.
        assert_eq!(seen.pixels().filter(|pixel| **pixel == FAKE).count(), 2 * 9);
    }

    #[test]
    fn fakes_lie_on_the_reals_and_do_not_hide_them() {
        let seen = plot(&CORNERS, &CORNERS);
        assert_eq!((seen.get_pixel(42, 298), seen.get_pixel(42 + 3, 298)), (&FAKE, &REAL));
    }

    #[test]
    fn the_frame_stays_and_what_lies_outside_is_on_its_edge() {
        let (inside, outside) = ([0.0, 3.0], [[9e9, 0.0], [f32::NAN, 0.0], [0.0, f32::INFINITY]]);
        let seen = plot(&CORNERS, &[&outside[..], &[inside]].concat());
        assert_eq!(seen.get_pixel(256, 128), &FAKE);
        assert_eq!(seen.get_pixel(511, 256), &FAKE);
        let of_reals = plot(&CORNERS, &[]);
        assert_eq!(seen.get_pixel(42, 298), of_reals.get_pixel(42, 298));
        assert_eq!(seen.pixels().filter(|pixel| **pixel == FAKE).count(), 9 + 6);
    }

    #[test]
    fn one_real_or_none_has_a_frame_too() {
        assert_eq!(plot(&[[7.0, 7.0]], &[]).get_pixel(256, 256), &REAL);
        assert_eq!(plot(&[], &[[0.0, 0.0]]).get_pixel(256, 256), &FAKE);
    }
}
