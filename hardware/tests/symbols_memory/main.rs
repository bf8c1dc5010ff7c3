//! Memory of the symbol readers, in a process of its own: the figure is the process's peak.

use armoury_hardware::symbol::{GreyFrame, SymbolReader, inspect_image};

/// What loading and reading one picture may take.
const LIMIT_KIB: u64 = 256 * 1024;

#[test]
fn the_largest_picture_is_loaded_and_read_within_its_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.png");
    // Checks everywhere: each reader finds something to trace in it.
    let pixels = (0..8000_u32).flat_map(|y| (0..8000).map(move |x| ((x / 4 + y / 4) % 2 * 200 + 20) as u8));
    let frame = GreyFrame::new(8000, 8000, pixels.collect()).expect("the largest that is looked at");
    frame.save_png(&path).expect("written");
    drop(frame);
    let mut reader = SymbolReader::new();
    for _ in 0..4 {
        let inspected = inspect_image(path.to_str().expect("a plain name"), &mut reader);
        assert!(inspected.codes.is_empty(), "{inspected:?}");
        println!("{:.0} ms, {:?}, peak {} MiB", inspected.ms, inspected.reason, peak_kib() / 1024);
    }
    assert!(peak_kib() <= LIMIT_KIB, "the peak was {} KiB", peak_kib());
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number of kB")
}
