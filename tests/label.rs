//! What the station prints is what it reads: drawings are rasterised from the document itself, a label printer's
//! language is carried out command by command, sheets are taken apart, and all of it goes back through the reader.

#![cfg(feature = "station")]

#[path = "label/canvas.rs"]
mod canvas;
#[path = "label/command.rs"]
mod command;
#[path = "label/drawing.rs"]
mod drawing;
#[path = "label/enrolment.rs"]
mod enrolment;
#[path = "label/hostile.rs"]
mod hostile;
#[path = "label/printer.rs"]
mod printer;

use std::time::Duration;

use armoury::identity::MarkId;
use armoury::label::{
    Dpi, Label, LabelError, MODULE_MIN_UM, Paper, Placed, Sheet, Size, Stock, TEXT_MIN_UM, svg, zpl,
};
use armoury_hardware::symbol::{Effort, SymbolReader, Symbology};
use canvas::Canvas;

const MATRIX: [Symbology; 2] = [Symbology::Qr, Symbology::DataMatrix];

/// A unique item mark as a maker prints it.
const UNIQUE: &str = "[)>\u{1e}06\u{1d}17V1PWX7\u{1d}1PAC-MSTNGT630022\u{1d}S1391590010156\u{1e}\u{4}";

fn house(code: &str) -> Label {
    let readable = MarkId::from_text(code).to_string();
    Label { code: code.to_owned(), lines: vec![readable], caption: "A1001".to_owned() }
}

fn stock(dpi: u16, symbology: Symbology) -> Stock {
    let dpi = Dpi::from_number(dpi).expect("a printer's");
    Stock { size: Size::of_mm(50, 25), dpi, symbology, module_um: None }
}

fn reader() -> SymbolReader {
    SymbolReader::new().with_patience(Duration::from_secs(30))
}

fn reads(reader: &mut SymbolReader, canvas: &Canvas, code: &str, told: &str) {
    let result = reader.read(&canvas.picture(), Effort::Full, &MATRIX);
    let texts: Vec<&str> = result.codes.iter().map(|code| code.text.as_str()).collect();
    assert_eq!(texts, [code], "{told}: {:?}", result.abandoned);
}

/// As printed, as a printer with too much heat prints it, and as a lens sees it that is not quite sharp; with the
/// five pixels a module that a camera should have, or a few more.
fn worn(canvas: &Canvas, module: u32) -> [(&'static str, Canvas); 3] {
    let times = (module / 5).max(1);
    let seen = canvas.shrunk(times);
    let blurred = seen.blurred((module / times / 3).max(1));
    [("clean", seen), ("grown by a dot", canvas.grown().shrunk(times)), ("blurred", blurred)]
}

#[test]
fn what_is_printed_is_read_back_in_every_format_however_it_is_turned() {
    let mut reader = reader();
    for symbology in MATRIX {
        for dpi in [203, 300, 600] {
            for code in ["A1:9GEYXN25B9T", UNIQUE] {
                let placed = house(code).place(&stock(dpi, symbology)).expect("room");
                let drawn = drawing::rasterised(&svg(&placed));
                let printed = printer::carried_out(&zpl(&placed).expect("letters with dots"));
                let [printed] = printed.as_slice() else { panic!("{} labels", printed.len()) };
                for (format, canvas) in [("svg", &drawn), ("zpl", printed)] {
                    for (wear, canvas) in worn(canvas, placed.module) {
                        // How a symbol lies is a matter of its kind, not of its text.
                        let turned = if code == UNIQUE { 1..2 } else { 0..4 };
                        for turns in turned {
                            let told =
                                format!("{symbology} {format} {dpi} dpi {wear}, {turns} quarter turns");
                            reads(&mut reader, &canvas.turned(turns), code, &told);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_smallest_module_that_is_allowed_is_read_back_as_well() {
    let mut reader = reader();
    for symbology in MATRIX {
        for dpi in [203, 300, 600] {
            let small = Stock { module_um: Some(MODULE_MIN_UM), ..stock(dpi, symbology) };
            let placed = house("A1:9GEYXN25B9T").place(&small).expect("room");
            assert!((250..270).contains(&placed.module_um()), "{} um", placed.module_um());
            // A camera has five pixels a module and more; a printer at its coarsest has two dots.
            let canvas = drawing::rasterised(&svg(&placed));
            for (wear, canvas) in [("clean", canvas.clone()), ("grown by a dot", canvas.grown())] {
                let close = canvas.enlarged(10 / placed.module);
                reads(&mut reader, &close, "A1:9GEYXN25B9T", &format!("{symbology} {dpi} dpi {wear}"));
            }
        }
    }
}

#[test]
fn a_module_is_a_whole_number_of_dots_and_nothing_stands_in_the_quiet_zone_or_the_margin() {
    for symbology in MATRIX {
        for dpi in [203, 300, 600] {
            for (width, height) in [(50, 25), (25, 15), (85, 54), (30, 60)] {
                let stock = Stock { size: Size::of_mm(width, height), ..stock(dpi, symbology) };
                let told = format!("{symbology} {dpi} dpi on {}", stock.size);
                let placed = house("A1:9GEYXN25B9T").place(&stock).expect(&told);
                assert!(placed.module >= 2 && placed.module_um() >= MODULE_MIN_UM, "{told}");
                let (x, y) = placed.symbol;
                let rectangles = placed.rectangles();
                for [left, top, across, down] in &rectangles {
                    let dots = [left - x, top - y, *across, *down];
                    assert!(dots.iter().all(|dots| dots % placed.module == 0), "{told}: {dots:?}");
                }
                stands_apart(&placed, &told);
                // Rectangles and dots are the same symbol.
                let dark: u32 = rectangles.iter().map(|[.., across, down]| across * down).sum();
                let modules = &placed.modules;
                let all = (0..modules.height()).flat_map(|y| (0..modules.width()).map(move |x| (x, y)));
                let expected = all.filter(|(x, y)| modules.is_dark(*x, *y)).count() as u32;
                assert_eq!(dark, expected * placed.module * placed.module, "{told}");
            }
        }
    }
}

/// Letters, symbol and margin keep their distance, and letters can be read.
fn stands_apart(placed: &Placed, told: &str) {
    let quiet = placed.modules.quiet_modules() * placed.module;
    let (x, y) = placed.symbol;
    let (right, bottom) =
        (x + placed.modules.width() * placed.module, y + placed.modules.height() * placed.module);
    let margin = placed.dpi.dots(1000);
    assert!(x >= quiet + margin && y >= quiet + margin, "{told}");
    assert!(right + quiet + margin <= placed.width && bottom + quiet + margin <= placed.height, "{told}");
    assert!(!placed.rows.is_empty(), "{told}: no letters");
    for row in &placed.rows {
        assert!(placed.dpi.length_um(row.letter) >= TEXT_MIN_UM - 10, "{told}: letters of {}", row.letter);
        assert!(row.x >= margin && row.x + row.width() + margin <= placed.width, "{told}: {row:?}");
        assert!(row.y >= margin && row.y + row.letter + margin <= placed.height, "{told}: {row:?}");
        let beside = row.x >= right + quiet || row.x + row.width() + quiet <= x;
        let below = row.y >= bottom + quiet || row.y + row.letter + quiet <= y;
        assert!(beside || below, "{told}: {row:?} stands in the quiet zone");
    }
}

#[test]
fn every_label_of_a_sheet_is_read_and_is_the_same_as_printed_alone() {
    let mut reader = reader();
    for (paper, symbology) in [(Paper::A4, Symbology::Qr), (Paper::Letter, Symbology::DataMatrix)] {
        let stock = stock(300, symbology);
        let sheet = Sheet::new(paper, stock.size, stock.dpi).expect("room");
        let codes: Vec<String> = (0..sheet.labels() + 3).map(code).collect();
        let labels: Vec<Placed> = codes.iter().map(|code| house(code).place(&stock).expect("room")).collect();
        let pages: String = labels.chunks(sheet.labels()).map(|labels| sheet.page(labels)).collect();
        let page = format!("{}{pages}{}", sheet.head(), sheet.foot());
        let found = drawing::labels_of(&page, (labels[0].width, labels[0].height));
        assert_eq!(found.len(), codes.len(), "{paper}");
        for ((code, canvas), label) in codes.iter().zip(&found).zip(&labels) {
            assert!(*canvas == drawing::rasterised(&svg(label)), "{paper}: {code} is not what it is alone");
            reads(&mut reader, canvas, code, &format!("{paper} {symbology}"));
        }
    }
}

/// A house code of that number.
fn code(number: usize) -> String {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    armoury::identity::mark::house::make(bytes)
}

#[test]
fn what_cannot_be_printed_so_that_it_reads_is_refused_with_its_numbers() {
    let says = |refused: Result<Placed, LabelError>, pieces: &[&str]| {
        let said = refused.expect_err("not printable").to_string();
        assert!(pieces.iter().all(|piece| said.contains(piece)), "{said}\nlacks one of {pieces:?}");
    };
    let usual = stock(203, Symbology::Qr);
    let fine = Stock { module_um: Some(150), ..usual };
    says(house("A1:9GEYXN25B9T").place(&fine), &["0.15 mm", "203 dpi", "2 dots of 0.25 mm", "--module-mm"]);
    let coarse = Stock { module_um: Some(1000), ..usual };
    says(
        house("A1:9GEYXN25B9T").place(&coarse),
        &["21 x 21 modules of 1 mm", "30.78", "50 x 25 mm", "--size"],
    );
    let tiny = Stock { size: Size::of_mm(10, 10), ..usual };
    says(house("A1:9GEYXN25B9T").place(&tiny), &["14 letters of 2 mm", "10 x 10 mm", "--size"]);
    let speaking = Label { lines: vec!["Z".repeat(300)], ..house("A1:9GEYXN25B9T") };
    says(speaking.place(&usual), &["300 letters of 2 mm", "50 x 25 mm"]);
    says(house(&"x".repeat(8000)).place(&usual), &["8000"]);
    says(house("").place(&usual), &["no text"]);
    let bars = Stock { symbology: Symbology::Code128, ..usual };
    says(house("A1:9GEYXN25B9T").place(&bars), &["code128", "modules"]);
    let foreign = Label { lines: vec!["Żółć 枪".to_owned()], ..house("A1:9GEYXN25B9T") };
    let placed = foreign.place(&usual).expect("room");
    let said = zpl(&placed).expect_err("no dots").to_string();
    assert!(said.contains("--format") && said.contains("label printer"), "{said}");
    assert!(drawing::texts(&svg(&placed)).concat().contains('枪'), "a drawing has the computer's letters");
    let wide = Sheet::new(Paper::A4, Size::of_mm(200, 40), usual.dpi).expect_err("wider than the paper");
    assert!(wide.to_string().contains("190 x 270 mm"), "{wide}");
    for size in ["50", "50x", "x25", "4x25", "50x301", "-5x25", "5e1x25", "50.0001x25", "٥٠x25"] {
        assert!(size.parse::<Size>().is_err(), "{size}");
    }
    assert_eq!("85.6x54".parse::<Size>().expect("a size").to_string(), "85.6 x 54 mm");
}

#[test]
fn words_stay_whole_where_they_can_and_codes_are_broken_as_seldom_as_they_must() {
    let rows = |text: &str, size: Size| {
        let label = Label { lines: vec![text.to_owned()], ..house("A1:9GEYXN25B9T") };
        let placed = label.place(&Stock { size, ..stock(203, Symbology::Qr) }).expect("room");
        placed.rows.iter().map(|row| row.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(rows("CALL SUPERVISOR", Size::of_mm(85, 54)), ["CALL", "SUPERVISOR"]);
    assert_eq!(rows("OK", Size::of_mm(50, 50)), ["OK"]);
    assert_eq!(rows("A1:9GEYXN25B9T", Size::of_mm(50, 25)), ["A1:9GEY", "XN25B9T"]);
    assert_eq!(rows("AAAAAAAAAAAAAAAAAAAAAAAAAAAAA          B", Size::of_mm(50, 25)).concat().len(), 30);
}

#[test]
fn a_large_symbol_is_sent_in_fields_that_a_printer_takes() {
    let stock = stock(600, Symbology::DataMatrix);
    let large = Stock { size: Size::of_mm(120, 120), module_um: Some(5000), ..stock };
    let placed = house("A1:9GEYXN25B9T").place(&large).expect("room");
    let format = zpl(&placed).expect("letters with dots");
    assert!(format.matches("^GFA").count() > 1 + placed.rows.len(), "one field was enough");
    let printed = printer::carried_out(&format);
    reads(&mut reader(), &printed[0].shrunk(8), "A1:9GEYXN25B9T", "a large label");
}

#[test]
fn one_of_each_is_as_it_was() {
    let stock = Stock { size: Size::of_mm(25, 15), ..stock(203, Symbology::DataMatrix) };
    let placed = house("A1:9GEYXN25B9T").place(&stock).expect("room");
    let sheet = Sheet::new(Paper::A4, stock.size, stock.dpi).expect("room");
    let page = [sheet.head(), sheet.page(std::slice::from_ref(&placed)), sheet.foot().to_owned()].concat();
    insta::assert_snapshot!("svg", svg(&placed));
    insta::assert_snapshot!("zpl", zpl(&placed).expect("letters with dots"));
    insta::assert_snapshot!("sheet", page);
}
