//! What must hold of any bytes whatever: the bodies of the fuzz targets, and of the test that replays their corpus.

use armoury_hardware::reader::{DecodeCounts, Family, TagRead, tag_reads};

/// A reader's decoder: no panic, nothing altered by where the line cut the bytes, nothing that is not a whole EPC, no
/// byte unaccounted for.
///
/// The first byte says where the rest is cut.
pub fn reader(family: &str, input: &[u8]) {
    let family = Family::named(family).expect("a family's name");
    let Some((&cut, bytes)) = input.split_first() else { return };
    let at = bytes.len() * usize::from(cut) / 256;
    let mut whole = Vec::new();
    let counts = tag_reads(family, &[bytes], &mut |read| whole.push(read));
    let mut pieces = Vec::new();
    let again = tag_reads(family, &[&bytes[..at], &bytes[at..]], &mut |read| pieces.push(read));
    assert_eq!(whole, pieces, "cut after {at} bytes");
    assert_eq!(steady(family, counts), steady(family, again), "cut after {at} bytes");
    assert!(counts.skipped_bytes + counts.frame_bytes == bytes.len() as u64, "{counts:?} of {}", bytes.len());
    whole.iter().for_each(plausible);
}

/// What may not depend on the cut. Where no mark begins a frame, a false beginning is given up as soon as its content
/// cannot be; the same bytes all at once fail by their checksum and count as a refused frame.
fn steady(family: Family, counts: DecodeCounts) -> DecodeCounts {
    match family {
        Family::Uhfreader18 => DecodeCounts { refused_frames: 0, ..counts },
        _ => counts,
    }
}

fn plausible(read: &TagRead) {
    assert!(read.epc.len() <= 62, "the PC has five bits for the words: {read:?}");
    assert!(read.antenna >= 1, "antennas count from 1: {read:?}");
}
