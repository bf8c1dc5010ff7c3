//! Copies of a frame that a reader may find easier: enlarged, reduced, sharpened, black and white.
//!
//! Plain integer arithmetic over whole rows; each function makes one new frame and leaves the old one alone.

use super::frame::GreyFrame;

/// Twice the size, each new pixel from its four neighbours (weights 9-3-3-1): codes of one or two pixels a module gain
/// the room their finders need.
pub(crate) fn enlarged(frame: &GreyFrame) -> GreyFrame {
    let (w, h) = (frame.w(), frame.h());
    let mut pixels = Vec::with_capacity(w * h * 4);
    let mut mixed = vec![0_u16; w];
    for y in 0..h * 2 {
        let (near, far) = neighbours(y, h);
        let (near, far) = (&frame.pixels[near * w..][..w], &frame.pixels[far * w..][..w]);
        for ((mixed, &near), &far) in mixed.iter_mut().zip(near).zip(far) {
            *mixed = 3 * u16::from(near) + u16::from(far);
        }
        for x in 0..w {
            let left = mixed[x.saturating_sub(1)];
            let right = mixed[(x + 1).min(w - 1)];
            pixels.push(((3 * mixed[x] + left + 8) >> 4) as u8);
            pixels.push(((3 * mixed[x] + right + 8) >> 4) as u8);
        }
    }
    GreyFrame::derived(w * 2, h * 2, pixels)
}

/// The two source rows a row of twice the size lies between, nearer one first.
fn neighbours(y: usize, rows: usize) -> (usize, usize) {
    let near = y / 2;
    let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(rows - 1) };
    (near, far)
}

/// A copy smaller by a whole factor, each pixel the mean of a square.
pub(crate) fn reduced(frame: &GreyFrame, factor: usize) -> GreyFrame {
    let factor = factor.clamp(1, frame.w().min(frame.h()));
    let (w, h) = (frame.w() / factor, frame.h() / factor);
    let area = (factor * factor) as u32;
    let mut pixels = Vec::with_capacity(w * h);
    let mut sums = vec![0_u32; w];
    for y in 0..h {
        sums.fill(0);
        for row in frame.pixels[y * factor * frame.w()..].chunks_exact(frame.w()).take(factor) {
            for (sum, square) in sums.iter_mut().zip(row.chunks_exact(factor)) {
                *sum += square.iter().map(|&p| u32::from(p)).sum::<u32>();
            }
        }
        pixels.extend(sums.iter().map(|&sum| ((sum + area / 2) / area) as u8));
    }
    GreyFrame::derived(w, h, pixels)
}

/// The part of a frame inside a rectangle, which is cut to the frame.
pub(crate) fn cropped(frame: &GreyFrame, left: usize, top: usize, width: usize, height: usize) -> GreyFrame {
    let left = left.min(frame.w() - 1);
    let top = top.min(frame.h() - 1);
    let width = width.clamp(1, frame.w() - left);
    let height = height.clamp(1, frame.h() - top);
    let rows = frame.rows().skip(top).take(height);
    let pixels = rows.flat_map(|row| &row[left..left + width]).copied().collect();
    GreyFrame::derived(width, height, pixels)
}

/// Each pixel as a square with sides of three, with a white rim of `rim` squares.
pub(crate) fn magnified(frame: &GreyFrame, rim: usize) -> GreyFrame {
    const SIDE: usize = 3;
    let (w, h) = ((frame.w() + 2 * rim) * SIDE, (frame.h() + 2 * rim) * SIDE);
    let mut pixels = vec![255; w * h];
    for (y, row) in frame.rows().enumerate() {
        for line in 0..SIDE {
            let start = ((y + rim) * SIDE + line) * w + rim * SIDE;
            for (square, &pixel) in pixels[start..].chunks_exact_mut(SIDE).zip(row) {
                square.fill(pixel);
            }
        }
    }
    GreyFrame::derived(w, h, pixels)
}

/// Light and dark exchanged.
pub(crate) fn inverted(frame: &GreyFrame) -> GreyFrame {
    GreyFrame::derived(frame.w(), frame.h(), frame.pixels.iter().map(|p| !p).collect())
}

/// Edges made steeper: the pixel plus `strength` times its distance from the mean of its 5 x 5 surroundings.
pub(crate) fn sharpened(frame: &GreyFrame, strength: i32) -> GreyFrame {
    let mean = box_mean(frame, 2);
    let steep = |(&pixel, &mean): (&u8, &u8)| {
        let (pixel, mean) = (i32::from(pixel), i32::from(mean));
        (pixel + strength * (pixel - mean)).clamp(0, 255) as u8
    };
    let pixels = frame.pixels.iter().zip(&mean).map(steep).collect();
    GreyFrame::derived(frame.w(), frame.h(), pixels)
}

/// Noise and the dots of a peened mark blurred into areas: the mean of the surroundings.
pub(crate) fn smoothed(frame: &GreyFrame, radius: usize) -> GreyFrame {
    GreyFrame::derived(frame.w(), frame.h(), box_mean(frame, radius))
}

/// Black and white by one threshold for the whole picture, after Otsu (IEEE Trans. SMC-9, 1979): the split that makes
/// both sides most alike within themselves.
pub(crate) fn otsu(frame: &GreyFrame) -> GreyFrame {
    let threshold = otsu_threshold(&frame.pixels);
    let pixels = frame.pixels.iter().map(|&p| if p <= threshold { 0 } else { 255 }).collect();
    GreyFrame::derived(frame.w(), frame.h(), pixels)
}

/// Black and white by the mean of each pixel's own surroundings, for shadows across a label.
pub(crate) fn local_threshold(frame: &GreyFrame, radius: usize, below_percent: u32) -> GreyFrame {
    let mean = box_mean(frame, radius);
    let dark = |pixel: u8, mean: u8| u32::from(pixel) * 100 < u32::from(mean) * (100 - below_percent);
    let black_or_white = |(&pixel, &mean): (&u8, &u8)| if dark(pixel, mean) { 0 } else { 255 };
    let pixels = frame.pixels.iter().zip(&mean).map(black_or_white).collect();
    GreyFrame::derived(frame.w(), frame.h(), pixels)
}

/// Modules split into dark and light: by one threshold for all, and by the five modules to each side, which leaves half a
/// finder out of sight but not a shadow.
pub(crate) fn split_modules(modules: &GreyFrame) -> [GreyFrame; 2] {
    [otsu(modules), local_threshold(modules, 5, 0)]
}

fn otsu_threshold(pixels: &[u8]) -> u8 {
    let mut histogram = [0_u64; 256];
    for &pixel in pixels {
        histogram[usize::from(pixel)] += 1;
    }
    let all = pixels.len() as f64;
    let sum: f64 = histogram.iter().enumerate().map(|(grey, &n)| grey as f64 * n as f64).sum();
    let (mut dark, mut dark_sum, mut best, mut threshold) = (0.0, 0.0, -1.0, 0);
    for (grey, &n) in histogram.iter().enumerate().take(255) {
        dark += n as f64;
        dark_sum += grey as f64 * n as f64;
        let light = all - dark;
        if dark == 0.0 || light == 0.0 {
            continue;
        }
        let apart = dark_sum / dark - (sum - dark_sum) / light;
        let between = dark * light * apart * apart;
        if between > best {
            (best, threshold) = (between, grey);
        }
    }
    threshold as u8
}

/// The mean of the square of `2 radius + 1` pixels around each pixel, by two running sums.
pub(crate) fn box_mean(frame: &GreyFrame, radius: usize) -> Vec<u8> {
    let (w, h) = (frame.w(), frame.h());
    let radius = radius.min(w.max(h));
    let mut means = Vec::with_capacity(w * h);
    let mut columns = vec![0_u32; w];
    let add = |columns: &mut [u32], row: &[u8]| {
        columns.iter_mut().zip(row).for_each(|(sum, &p)| *sum += u32::from(p));
    };
    let row = |y: usize| &frame.pixels[y * w..][..w];
    for y in 0..radius.min(h) {
        add(&mut columns, row(y));
    }
    for y in 0..h {
        if y + radius < h {
            add(&mut columns, row(y + radius));
        }
        if y > radius {
            columns.iter_mut().zip(row(y - radius - 1)).for_each(|(sum, &p)| *sum -= u32::from(p));
        }
        let rows = (y + radius).min(h - 1) - y.saturating_sub(radius) + 1;
        push_row_means(&mut means, &columns, radius, rows as u64);
    }
    means
}

fn push_row_means(means: &mut Vec<u8>, columns: &[u32], radius: usize, rows: u64) {
    let w = columns.len();
    let mut sum: u64 = columns.iter().take(radius.min(w)).map(|&c| u64::from(c)).sum();
    for x in 0..w {
        if x + radius < w {
            sum += u64::from(columns[x + radius]);
        }
        if x > radius {
            sum -= u64::from(columns[x - radius - 1]);
        }
        let wide = (x + radius).min(w - 1) - x.saturating_sub(radius) + 1;
        means.push((sum / (wide as u64 * rows)) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: usize, pixels: &[u8]) -> GreyFrame {
        GreyFrame::derived(width, pixels.len() / width, pixels.to_vec())
    }

    #[test]
    fn means_count_only_what_lies_inside_the_picture() {
        let picture = frame(3, &[0, 90, 0, 90, 90, 90, 0, 90, 180]);
        let slow: Vec<u8> = (0..9)
            .map(|i| {
                let (x, y): (i32, i32) = (i % 3, i / 3);
                let near: Vec<u32> = (0..9)
                    .filter(|j| ((j % 3) - x).abs() <= 1 && ((j / 3) - y).abs() <= 1)
                    .map(|j: i32| u32::from(picture.pixels[j as usize]))
                    .collect();
                (near.iter().sum::<u32>() / near.len() as u32) as u8
            })
            .collect();
        assert_eq!(box_mean(&picture, 1), slow);
        assert_eq!(box_mean(&picture, 50), vec![70; 9]);
    }

    #[test]
    fn enlarging_and_reducing_keep_an_even_grey() {
        let even = frame(5, &[77; 35]);
        let large = enlarged(&even);
        assert_eq!((large.width, large.height), (10, 14));
        assert!(large.pixels.iter().all(|&p| p == 77));
        let small = reduced(&large, 3);
        assert_eq!((small.width, small.height), (3, 4));
        assert!(small.pixels.iter().all(|&p| p == 77));
    }

    #[test]
    fn otsu_splits_between_the_two_heaps() {
        let picture = frame(4, &[10, 12, 11, 200, 205, 210, 12, 10]);
        assert_eq!(otsu(&picture).pixels, [0, 0, 0, 255, 255, 255, 0, 0]);
    }

    #[test]
    fn a_crop_is_cut_to_the_picture() {
        let picture = frame(3, &[1, 2, 3, 4, 5, 6]);
        assert_eq!(cropped(&picture, 1, 1, 9, 9).pixels, [5, 6]);
        assert_eq!(cropped(&picture, 9, 9, 1, 1).pixels, [6]);
        assert_eq!(inverted(&picture).pixels[0], 254);
    }

    #[test]
    fn a_shadow_does_not_hide_ink_from_a_local_threshold() {
        // Ink is 40 % darker than its paper, and the paper falls from 250 to 60 across the row.
        let paper = |x: usize| 250 - x * 190 / 99;
        let row: Vec<u8> =
            (0..100).map(|x| if x % 10 < 5 { paper(x) * 6 / 10 } else { paper(x) } as u8).collect();
        let split = local_threshold(&frame(100, &row), 10, 5);
        assert!((10..90).all(|x| (split.pixels[x] == 0) == (x % 10 < 5)));
    }
}
