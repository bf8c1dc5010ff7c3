//! What each meaning looks like (`ux.md` section 6): four themes, the 16 named colours, never a colour alone.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};

/// How colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Green, red, amber, cyan.
    #[default]
    Standard,
    /// Accepted in blue, for eyes that do not part red from green.
    ColourSafe,
    /// Nothing darker than grey.
    HighContrast,
    /// No colour at all: reverse, bold, underline.
    None,
}

/// A word that names no theme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no theme is called {0:?}: use standard, colour-safe, high-contrast or none")]
pub struct UnknownTheme(String);

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 4] = [Self::Standard, Self::ColourSafe, Self::HighContrast, Self::None];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::ColourSafe => "colour-safe",
            Self::HighContrast => "high-contrast",
            Self::None => "none",
        }
    }

    /// What the surroundings ask for: `NO_COLOR` (no-color.org: present and not empty) and `TERM=dumb` mean none.
    pub fn from_surroundings(no_color: Option<&str>, term: Option<&str>) -> Self {
        if no_color.is_some_and(|value| !value.is_empty()) || term == Some("dumb") {
            Self::None
        } else {
            Self::Standard
        }
    }

    /// How `tone` looks.
    pub fn style(self, tone: Tone) -> Style {
        match self {
            Self::None => plain_style(tone),
            _ => {
                let (ink, ground) = self.colours(tone);
                let style = Style::new().fg(ink).bg(ground);
                if tone.is_bold() { style.add_modifier(Modifier::BOLD) } else { style }
            }
        }
    }

    /// Letter and ground. Grounds stay within the first eight: the bare console has no brighter ones.
    fn colours(self, tone: Tone) -> (Color, Color) {
        let contrast = self == Self::HighContrast;
        match tone {
            Tone::Plain | Tone::Ready if contrast => (Color::White, Color::Black),
            Tone::Plain | Tone::Ready => (Color::Gray, Color::Black),
            Tone::Bright => (Color::White, Color::Black),
            Tone::Dim | Tone::Frame if contrast => (Color::Gray, Color::Black),
            Tone::Dim | Tone::Frame => (Color::DarkGray, Color::Black),
            Tone::StopFrame => (Color::LightRed, Color::Black),
            Tone::Accepted if self == Self::ColourSafe => (Color::White, Color::Blue),
            Tone::Accepted => (Color::Black, Color::Green),
            Tone::Stop | Tone::AlarmNew => (Color::White, Color::Red),
            Tone::Ask => (Color::Black, Color::Yellow),
            Tone::Again => (Color::Black, Color::Cyan),
            Tone::Exercise => (Color::White, Color::Magenta),
            Tone::Selected => (Color::Black, Color::Gray),
        }
    }
}

impl FromStr for Theme {
    type Err = UnknownTheme;

    fn from_str(word: &str) -> Result<Self, UnknownTheme> {
        Self::ALL
            .into_iter()
            .find(|theme| theme.word() == word)
            .ok_or_else(|| UnknownTheme(word.chars().take(40).collect()))
    }
}

/// What something means; a theme says how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// Text that is to be found quickly.
    Bright,
    /// Old, or not to be had now.
    Dim,
    /// Lines around things.
    Frame,
    /// Lines around a refusal.
    StopFrame,
    /// The word READY.
    Ready,
    /// OUT and IN.
    Accepted,
    /// STOP.
    Stop,
    /// ASK, overdue, the road to headquarters is down.
    Ask,
    /// AGAIN and WAIT.
    Again,
    /// An alarm nobody has acknowledged; a device that does not answer.
    AlarmNew,
    /// The word EXERCISE.
    Exercise,
    /// The line the keys act on.
    Selected,
}

impl Tone {
    fn is_bold(self) -> bool {
        matches!(self, Self::Bright | Self::Stop | Self::AlarmNew | Self::Exercise)
    }
}

fn plain_style(tone: Tone) -> Style {
    let modifier = match tone {
        Tone::Plain | Tone::Frame | Tone::Ready => Modifier::empty(),
        Tone::Bright | Tone::StopFrame | Tone::Ask => Modifier::BOLD,
        Tone::Dim => Modifier::DIM,
        Tone::Accepted | Tone::AlarmNew | Tone::Selected => Modifier::REVERSED,
        Tone::Stop | Tone::Exercise => Modifier::REVERSED.union(Modifier::BOLD),
        Tone::Again => Modifier::UNDERLINED,
    };
    Style::new().fg(Color::Reset).bg(Color::Reset).add_modifier(modifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surroundings_can_take_colour_away() {
        assert_eq!(Theme::from_surroundings(Some("1"), Some("xterm")), Theme::None);
        assert_eq!(Theme::from_surroundings(Some(""), Some("xterm")), Theme::Standard);
        assert_eq!(Theme::from_surroundings(None, Some("dumb")), Theme::None);
        assert_eq!(Theme::from_surroundings(None, None), Theme::Standard);
    }

    #[test]
    fn every_theme_is_found_by_its_word() {
        for theme in Theme::ALL {
            assert_eq!(theme.word().parse(), Ok(theme));
        }
        assert!("pink".parse::<Theme>().is_err());
    }
}
