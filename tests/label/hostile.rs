//! Texts that try to become commands. The seed is printed; `ARMOURY_SEED` repeats a run or tries another.

use armoury::label::{Label, Paper, Sheet, Size, Stock, svg, zpl};
use armoury_hardware::symbol::Symbology;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use super::{drawing, printer, stock};

/// What has a meaning somewhere, and ordinary letters between.
fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "^",
        "~",
        "^XZ",
        "^XA",
        "~JR",
        "^FS^FO0,0",
        "<",
        ">",
        "&",
        "\"",
        "'",
        "</text>",
        "<script>",
        "]]>",
        "<!--",
        "-->",
        "&lt;",
        "&#0;",
        "\u{0}",
        "\u{1b}[2J",
        "\u{1d}",
        "\u{1e}",
        "\u{4}",
        "\r",
        "\n",
        "\t",
        "\u{7f}",
        "\u{85}",
        "\u{202e}",
        "\u{feff}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{1ffff}",
        "A",
        "1",
        " ",
        "é",
        "枪",
        "%00",
        "\\",
    ];
    vec(select(pieces), 1..8).prop_map(|pieces| pieces.concat())
}

#[test]
fn no_text_breaks_out_of_its_place() {
    let seed: u64 =
        std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_604);
    println!("hostile texts: seed {seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, cases: 300, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    match runner.run(&(text(), text(), text()), |(code, line, caption)| stays(code, line, caption)) {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => panic!("seed {seed}: {reason}\nwith {value:?}"),
        Err(error) => panic!("seed {seed}: {error}"),
    }
}

fn stays(code: String, line: String, caption: String) -> Result<(), TestCaseError> {
    let stock = Stock { size: Size::of_mm(80, 60), ..stock(203, Symbology::DataMatrix) };
    let label = Label { code, lines: vec![line], caption };
    // A symbol that cannot hold such a code refuses it.
    let Ok(placed) = label.place(&stock) else { return Ok(()) };
    let rows: Vec<String> = placed.rows.iter().map(|row| row.text.clone()).collect();
    prop_assert!(rows.iter().flat_map(|row| row.chars()).all(|c| !c.is_control()));
    // The readers of both formats stop at whatever we never write.
    prop_assert_eq!(&drawing::texts(&svg(&placed)), &rows);
    match zpl(&placed) {
        Ok(format) => prop_assert_eq!(printer::carried_out(&format).len(), 1),
        Err(error) => prop_assert!(error.to_string().contains("no dots")),
    }
    let sheet = Sheet::new(Paper::A4, stock.size, stock.dpi).expect("room");
    let page =
        [sheet.head(), sheet.page(&[placed.clone(), placed.clone()]), sheet.foot().to_owned()].concat();
    let texts = drawing::texts(&page);
    let captions = usize::from(!placed.caption.is_empty());
    prop_assert_eq!(texts.len(), 2 * (rows.len() + captions) + 1);
    prop_assert_eq!(&texts[..rows.len()], &rows[..]);
    Ok(())
}
