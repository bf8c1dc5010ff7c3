//! The outputs of a Raspberry Pi's header.

use rppal::gpio::{Error, Gpio, OutputPin};

use super::player::{Outputs, Player};
use super::rhythm::Shown;
use super::{Panel, PanelError, Signal};

/// GPIO 0 and 1 belong to the board's identity chip; the header ends at 27.
const HEADER: std::ops::RangeInclusive<u8> = 2..=27;

/// Which pin does what, by BCM number. All are active high. What has no pin is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GpioPins {
    /// The red lamp, on top.
    pub red: Option<u8>,
    /// The amber lamp.
    pub amber: Option<u8>,
    /// The green lamp.
    pub green: Option<u8>,
    /// The buzzer.
    pub buzzer: Option<u8>,
    /// The relay of the lock: high opens.
    pub lock: Option<u8>,
}

impl GpioPins {
    /// The pins of the first kit, as `hardware/README.md` wires them. All of them are pulled low while a Pi starts.
    pub const KIT: Self =
        Self { red: Some(17), amber: Some(27), green: Some(22), buzzer: Some(23), lock: Some(24) };

    /// Says which pins are not on the header or used twice. The configuration asks this without a Pi.
    ///
    /// # Errors
    /// [`PanelError::NoSuchPin`] and [`PanelError::PinUsedTwice`].
    pub fn check(&self) -> Result<(), PanelError> {
        let pins: Vec<(&'static str, u8)> = self.given().collect();
        for (i, &(output, pin)) in pins.iter().enumerate() {
            if !HEADER.contains(&pin) {
                return Err(PanelError::NoSuchPin { output, pin });
            }
            if let Some(&(first, _)) = pins[..i].iter().find(|(_, other)| *other == pin) {
                return Err(PanelError::PinUsedTwice { first, second: output, pin });
            }
        }
        Ok(())
    }

    /// The outputs that have a pin.
    fn given(&self) -> impl Iterator<Item = (&'static str, u8)> {
        self.named().into_iter().filter_map(|(output, pin)| Some((output, pin?)))
    }

    const fn named(&self) -> [(&'static str, Option<u8>); 5] {
        [
            ("the red lamp", self.red),
            ("the amber lamp", self.amber),
            ("the green lamp", self.green),
            ("the buzzer", self.buzzer),
            ("the lock", self.lock),
        ]
    }
}

/// Lamps, buzzer and lock on the header. Dropping it leaves them dark, silent and locked.
#[derive(Debug)]
pub struct GpioPanel(Player);

impl GpioPanel {
    /// Takes the pins, sets all low and plays the self-test.
    ///
    /// # Errors
    /// [`PanelError`]; [`PanelError::NotAPi`] off a Raspberry Pi.
    pub fn open(pins: GpioPins) -> Result<Self, PanelError> {
        pins.check()?;
        let gpio = Gpio::new().map_err(header)?;
        let mut taken = Vec::new();
        for (output, pin) in pins.named() {
            let Some(pin) = pin else {
                taken.push(None);
                continue;
            };
            let free = gpio.get(pin).map_err(|source| PanelError::Pin { output, pin, source })?;
            taken.push(Some(free.into_output_low()));
        }
        Player::start(Header(taken)).map(Self)
    }
}

impl Panel for GpioPanel {
    fn show(&mut self, signal: Signal) -> Result<(), PanelError> {
        self.0.show(signal)
    }
}

fn header(source: Error) -> PanelError {
    match source {
        Error::UnknownModel => PanelError::NotAPi,
        Error::PermissionDenied(detail) => PanelError::NoAccess { detail },
        source => PanelError::Header { source },
    }
}

/// The five pins in the order of [`GpioPins::named`].
struct Header(Vec<Option<OutputPin>>);

impl Outputs for Header {
    fn set(&mut self, shown: Shown) -> Result<(), PanelError> {
        let Shown { red, amber, green, buzzer, open } = shown;
        for (pin, high) in self.0.iter_mut().zip([red, amber, green, buzzer, open]) {
            if let Some(pin) = pin {
                pin.write(high.into());
            }
        }
        Ok(())
    }
}
