//! The characters of Code 128: their shapes, how near a blurred row is to one, and a code drawn of them.

use super::frame::GreyFrame;

/// Widths of the bars and spaces of each value, a digit each (ISO/IEC 15417, table 1); the last three are the starts.
#[rustfmt::skip]
pub(crate) const SHAPES: [u32; 106] = [
    212222, 222122, 222221, 121223, 121322, 131222, 122213, 122312, 132212, 221213, 221312, 231212,
    112232, 122132, 122231, 113222, 123122, 123221, 223211, 221132, 221231, 213212, 223112, 312131,
    311222, 321122, 321221, 312212, 322112, 322211, 212123, 212321, 232121, 111323, 131123, 131321,
    112313, 132113, 132311, 211313, 231113, 231311, 112133, 112331, 132131, 113123, 113321, 133121,
    313121, 211331, 231131, 213113, 213311, 213131, 311123, 311321, 331121, 312113, 312311, 332111,
    314111, 221411, 431111, 111224, 111422, 121124, 121421, 141122, 141221, 112214, 112412, 122114,
    122411, 142112, 142211, 241211, 221114, 413111, 241112, 134111, 111242, 121142, 121241, 114212,
    124112, 124211, 411212, 421112, 421211, 212141, 214121, 412121, 111143, 111341, 131141, 114113,
    114311, 411113, 411311, 113141, 114131, 311141, 411131, 211412, 211214, 211232,
];

/// The stop with its final bar.
pub(crate) const STOP: u32 = 2_331_112;

/// Modules of a character, and of the stop.
pub(crate) const CHARACTER: usize = 11;
pub(crate) const STOP_MODULES: usize = 13;

/// Modules before and after a character whose light reaches into it.
pub(crate) const REACH: usize = 2;

/// The value of the first of the three starts.
pub(crate) const FIRST_START: usize = 103;

/// The modules of a shape, 1 for a bar.
pub(crate) fn bits_of(shape: u32) -> [u8; STOP_MODULES] {
    let widths = shape.ilog10() + 1;
    let (mut bits, mut at) = ([0; STOP_MODULES], 0);
    for i in 0..widths {
        let width = (shape / 10_u32.pow(widths - 1 - i) % 10) as usize;
        bits[at..at + width].fill(u8::from(i.is_multiple_of(2)));
        at += width;
    }
    bits
}

/// The code drawn sharp, with quiet zones.
pub(crate) fn drawn(values: &[usize]) -> GreyFrame {
    const QUIET: usize = 12;
    const MODULE_PX: usize = 3;
    const HEIGHT: usize = 48;
    let mut modules = vec![0; QUIET];
    values.iter().for_each(|&value| modules.extend(&bits_of(SHAPES[value])[..CHARACTER]));
    modules.extend(bits_of(STOP));
    modules.extend([0; QUIET]);
    let row: Vec<u8> = modules.iter().flat_map(|&bar| [if bar == 1 { 0 } else { 255 }; MODULE_PX]).collect();
    GreyFrame::derived(row.len(), HEIGHT, row.repeat(HEIGHT))
}

/// Where a character is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub left: f32,
    pub module: f32,
    pub blur: f32,
    pub modules: usize,
}

/// What a shape's distance from the row comes to, prepared for all shapes: the square of a sum of blurred modules.
pub(crate) struct Fit {
    modules: usize,
    pixels: f32,
    rest: f32,
    alone: [f32; STOP_MODULES],
    together: [[f32; STOP_MODULES]; STOP_MODULES],
}

impl Fit {
    /// `darkness` is the row, 0 for paper and 1 for ink; `before` and `after` are that of the modules beside the character.
    pub(crate) fn of(darkness: &[f32], place: Place, before: &[f32; REACH], after: &[f32; REACH]) -> Self {
        let Place { left, module, blur, modules } = place;
        let mut fit = Self {
            modules,
            pixels: 0.0,
            rest: 0.0,
            alone: [0.0; STOP_MODULES],
            together: [[0.0; STOP_MODULES]; STOP_MODULES],
        };
        let (first, last) = (left.max(0.0) as usize, (left + modules as f32 * module).max(0.0) as usize);
        for (x, dark) in darkness.iter().enumerate().take(last).skip(first) {
            let at = (x as f32 + 0.5 - left) / module;
            let mut edge = lit(at + REACH as f32, blur);
            let mut light = [0.0; STOP_MODULES + 2 * REACH];
            for (i, light) in light.iter_mut().enumerate().take(modules + 2 * REACH) {
                let next = lit(at + REACH as f32 - (i + 1) as f32, blur);
                *light = edge - next;
                edge = next;
            }
            let beside = light[0] * before[0]
                + light[1] * before[1]
                + light[modules + REACH] * after[0]
                + light[modules + REACH + 1] * after[1];
            let seen = dark - beside;
            fit.pixels += 1.0;
            fit.rest += seen * seen;
            for i in 0..modules {
                let own = light[REACH + i];
                fit.alone[i] += own * seen;
                for j in 0..=i {
                    fit.together[i][j] += own * light[REACH + j];
                }
            }
        }
        fit
    }

    /// The mean square of the difference between the row and a blurred shape.
    pub(crate) fn distance(&self, shape: u32) -> f32 {
        let bits = bits_of(shape);
        let mut sum = self.rest;
        for i in (0..self.modules).filter(|&i| bits[i] == 1) {
            sum += self.together[i][i] - 2.0 * self.alone[i];
            sum += 2.0 * (0..i).filter(|&j| bits[j] == 1).map(|j| self.together[i][j]).sum::<f32>();
        }
        sum / self.pixels.max(1.0)
    }
}

/// How much of a blurred edge lies behind a point so many modules after it: the logistic curve, which is near the bell's.
fn lit(modules: f32, blur: f32) -> f32 {
    1.0 / (1.0 + (-1.702 * modules / blur).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_are_as_wide_as_the_standard_says_and_all_differ() {
        let all: std::collections::HashSet<u32> = SHAPES.into_iter().collect();
        assert_eq!(all.len(), SHAPES.len());
        for shape in SHAPES {
            let bits = bits_of(shape);
            assert_eq!(bits[CHARACTER - 1..], [0, 0, 0], "{shape} ends with a space after eleven modules");
            // The bars of each character are even in sum (ISO/IEC 15417, 4.3.2).
            assert_eq!(bits.iter().sum::<u8>() % 2, 0, "{shape}");
        }
        assert_eq!(bits_of(STOP), [1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1]);
    }
}
