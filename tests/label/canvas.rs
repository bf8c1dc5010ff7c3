//! Paper under test: dots that are dark or not.

use armoury_hardware::symbol::GreyFrame;

/// Dots of a label or a sheet; grey once a lens was out of focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canvas {
    pub width: u32,
    pub height: u32,
    pub grey: Vec<u8>,
}

/// The desk around a label: neither black nor white.
const DESK: u8 = 110;

impl Canvas {
    pub fn blank(width: u32, height: u32) -> Self {
        Self { width, height, grey: vec![u8::MAX; (width * height) as usize] }
    }

    /// A dot; off the paper it is lost, which no label may do.
    pub fn ink(&mut self, x: u32, y: u32) {
        assert!(x < self.width && y < self.height, "a dot at {x}, {y} is off the paper");
        self.grey[(y * self.width + x) as usize] = 0;
    }

    pub fn rectangle(&mut self, x: u32, y: u32, width: u32, height: u32) {
        (y..y + height).for_each(|y| (x..x + width).for_each(|x| self.ink(x, y)));
    }

    fn at(&self, x: u32, y: u32) -> u8 {
        if x < self.width && y < self.height { self.grey[(y * self.width + x) as usize] } else { u8::MAX }
    }

    fn made(width: u32, height: u32, of: impl Fn(u32, u32) -> u8) -> Self {
        let grey = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| of(x, y)).collect();
        Self { width, height, grey }
    }

    /// Heat spreads: every dark dot darkens the ones to its right, below, and between.
    pub fn grown(&self) -> Self {
        Self::made(self.width, self.height, |x, y| {
            let (left, up) = (x.wrapping_sub(1), y.wrapping_sub(1));
            self.at(x, y).min(self.at(left, y)).min(self.at(x, up)).min(self.at(left, up))
        })
    }

    /// Each dot is the mean of those around it.
    pub fn blurred(&self, radius: u32) -> Self {
        let pass = |from: &Self, across: bool| {
            Self::made(from.width, from.height, |x, y| {
                let near = |offset: u32| {
                    let shifted = |at: u32| (at + offset).wrapping_sub(radius);
                    u32::from(if across { from.at(shifted(x), y) } else { from.at(x, shifted(y)) })
                };
                ((0..=2 * radius).map(near).sum::<u32>() / (2 * radius + 1)) as u8
            })
        };
        pass(&pass(self, true), false)
    }

    pub fn turned(&self, quarters: u32) -> Self {
        (0..quarters).fold(self.clone(), |from, _| {
            Self::made(from.height, from.width, |x, y| from.at(y, from.height - 1 - x))
        })
    }

    pub fn enlarged(&self, times: u32) -> Self {
        Self::made(self.width * times, self.height * times, |x, y| self.at(x / times, y / times))
    }

    pub fn shrunk(&self, times: u32) -> Self {
        Self::made(self.width / times, self.height / times, |x, y| self.at(x * times, y * times))
    }

    pub fn cut(&self, left: u32, top: u32, width: u32, height: u32) -> Self {
        assert!(left + width <= self.width && top + height <= self.height, "a label hangs over the paper");
        Self::made(width, height, |x, y| self.at(left + x, top + y))
    }

    /// The label on a desk, as a camera's picture.
    pub fn picture(&self) -> GreyFrame {
        let edge = 12;
        let on_desk = Self::made(self.width + 2 * edge, self.height + 2 * edge, |x, y| {
            let on = (edge..self.width + edge).contains(&x) && (edge..self.height + edge).contains(&y);
            if on { self.at(x - edge, y - edge) } else { DESK }
        });
        GreyFrame::new(on_desk.width, on_desk.height, on_desk.grey).expect("a picture")
    }
}
