//! The logic above the kernel's calls, over a stand-in. What the calls themselves do was never run here: it needs a device.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;

use super::device::{
    Answer, Card, Device, Filled, FourCc, GREY, MJPG, Range, Shape, Size, YUYV, control, listed,
};
use super::stream::{SPOILED_MAX, Stream};
use super::{offer, problem, unpack};
use crate::camera::feed::{Arrival, Feed};
use crate::camera::{CameraControls, CameraError, CameraSettings, CameraSource, PixelFormat};

const NO_TIME: Duration = Duration::ZERO;

/// What the stand-in's driver does next when it is asked for a frame.
#[derive(Debug, Clone)]
enum Next {
    Frame(Vec<u8>),
    Damaged(Vec<u8>),
    /// A frame of which the driver says more bytes than the buffer has.
    Boasting(Vec<u8>),
    Pause,
    Fails(Errno),
}

/// A camera that does what a test tells it.
struct StandIn {
    streams: bool,
    offered: Vec<FourCc>,
    /// What becomes of a wish.
    makes: fn(Shape) -> Answer<Shape>,
    controls: Vec<(u32, Range)>,
    set: Vec<(u32, i32)>,
    script: VecDeque<Next>,
    ready: VecDeque<Next>,
    buffers: Vec<Vec<u8>>,
    dequeued: Vec<u32>,
    wished: Vec<FourCc>,
}

fn packed(wish: Shape) -> Answer<Shape> {
    let row_bytes = match wish.format {
        YUYV => wish.width * 2,
        GREY => wish.width,
        _ => 0,
    };
    Ok(Shape { row_bytes, frame_bytes: wish.width * wish.height * 2, ..wish })
}

impl StandIn {
    fn new(offered: &[FourCc]) -> Self {
        Self {
            streams: true,
            offered: offered.to_vec(),
            makes: packed,
            controls: Vec::new(),
            set: Vec::new(),
            script: VecDeque::new(),
            ready: VecDeque::new(),
            buffers: vec![Vec::new(); 4],
            dequeued: Vec::new(),
            wished: Vec::new(),
        }
    }

    fn showing(mut self, script: impl IntoIterator<Item = Next>) -> Self {
        self.script.extend(script);
        self
    }
}

impl Device for StandIn {
    fn card(&self) -> Answer<Card> {
        Ok(Card { name: "Stand-in".into(), driver: "none".into(), streams: self.streams })
    }

    fn format(&self, index: u32) -> Answer<FourCc> {
        self.offered.get(index as usize).copied().ok_or(Errno::INVAL)
    }

    fn size(&self, _format: FourCc, index: u32) -> Answer<Size> {
        if index == 0 { Ok(Size::One(640, 480)) } else { Ok(Size::UpTo(1280, 720)) }
    }

    fn shape(&mut self, wish: Shape) -> Answer<Shape> {
        self.wished.push(wish.format);
        (self.makes)(wish)
    }

    fn range(&self, control: u32) -> Answer<Range> {
        self.controls.iter().find(|(id, _)| *id == control).map(|(_, range)| *range).ok_or(Errno::INVAL)
    }

    fn set(&mut self, control: u32, value: i32) -> Answer<()> {
        self.range(control)?;
        self.set.push((control, value));
        Ok(())
    }

    fn start(&mut self, _buffers: u32) -> Answer<u32> {
        Ok(self.buffers.len() as u32)
    }

    /// A step of the script becomes ready for each wait; frames that are ready together stand in a row without a pause.
    fn wait(&mut self, _patience: Duration) -> Answer<bool> {
        loop {
            match self.script.pop_front() {
                None | Some(Next::Pause) => return Ok(!self.ready.is_empty()),
                Some(Next::Fails(errno)) if self.ready.is_empty() => return Err(errno),
                Some(failure @ Next::Fails(_)) => {
                    self.script.push_front(failure);
                    return Ok(true);
                }
                // A driver without an empty buffer drops what comes.
                Some(frame) if self.ready.len() + self.dequeued.len() < self.buffers.len() => {
                    self.ready.push_back(frame);
                }
                Some(_) => {}
            }
        }
    }

    fn dequeue(&mut self) -> Answer<Option<Filled>> {
        let Some(next) = self.ready.pop_front() else { return Ok(None) };
        let index =
            (0..).find(|index| !self.dequeued.contains(index)).expect("there are more numbers than buffers");
        assert!((index as usize) < self.buffers.len(), "more buffers are held than there are");
        let (frame, more, damaged) = match next {
            Next::Frame(frame) => (frame, 0, false),
            Next::Damaged(frame) => (frame, 0, true),
            Next::Boasting(frame) => (frame, 1_000_000, false),
            Next::Pause | Next::Fails(_) => unreachable!("never made ready"),
        };
        let bytes = frame.len() as u32 + more;
        self.buffers[index as usize] = frame;
        self.dequeued.push(index);
        Ok(Some(Filled { index, bytes, damaged }))
    }

    fn bytes(&self, index: u32) -> &[u8] {
        assert!(self.dequeued.contains(&index), "the driver may be writing into it");
        &self.buffers[index as usize]
    }

    fn requeue(&mut self, index: u32) -> Answer<()> {
        let held = self
            .dequeued
            .iter()
            .position(|&other| other == index)
            .expect("only what was taken is given back");
        self.dequeued.remove(held);
        Ok(())
    }
}

fn settings(width: u32, height: u32) -> CameraSettings {
    CameraSettings {
        name: "lens".into(),
        source: CameraSource::V4l2("/dev/video9".into()),
        format: PixelFormat::Grey,
        width,
        height,
        controls: CameraControls::default(),
    }
}

fn started(device: StandIn, width: u32, height: u32) -> Result<Stream<StandIn>, CameraError> {
    Stream::start(device, Path::new("/dev/video9"), &settings(width, height))
}

/// The grey value of the next frame, and how many were passed over for it.
fn next_frame(stream: &mut Stream<StandIn>) -> (u8, u64) {
    match stream.next(NO_TIME) {
        Arrival::Frame(frame, passed_over) => (frame.pixels[0], passed_over),
        Arrival::Nothing => panic!("nothing came"),
        Arrival::Over(end) => panic!("over: {}", end.why),
    }
}

fn over(stream: &mut Stream<StandIn>) -> CameraError {
    match stream.next(NO_TIME) {
        Arrival::Over(end) => end.why,
        Arrival::Frame(..) => panic!("a frame came"),
        Arrival::Nothing => panic!("nothing came, and it goes on"),
    }
}

fn grey(value: u8) -> Next {
    Next::Frame(vec![value; 32 * 16])
}

#[test]
fn the_cheapest_format_that_gives_the_size_is_taken() {
    let what = |offered: &[FourCc], width, height| {
        started(StandIn::new(offered), width, height)
            .map(|stream| stream.what())
            .map_err(|error| error.to_string())
    };
    let all = [MJPG, YUYV, GREY];
    assert!(what(&all, 640, 480).is_ok_and(|what| what.starts_with("640 x 480 GREY from Stand-in")));
    assert!(what(&[MJPG, YUYV], 640, 480).is_ok_and(|what| what.contains("YUYV")));
    assert!(
        what(&[MJPG, YUYV], 1280, 720).is_ok_and(|what| what.contains("MJPG")),
        "YUYV is slow at that size"
    );
    let refused = what(&[FourCc(*b"H264"), FourCc(*b"pRAA")], 640, 480).expect_err("neither is read");
    assert!(refused.contains("offers H264, pRAA") && refused.contains("YUYV"), "{refused}");
    assert!(what(&[], 640, 480).expect_err("nothing").contains("no format"));
    assert!(what(&all, 0, 480).expect_err("no size").contains("set width and height"));
}

#[test]
fn a_size_the_camera_does_not_have_becomes_its_nearest_and_is_remarked_on() {
    let mut device = StandIn::new(&[GREY, YUYV]);
    device.makes = |wish| {
        let (width, height) = if wish.format == GREY { (160, 120) } else { (640, 360) };
        packed(Shape { width, height, ..wish })
    };
    let mut stream = started(device, 640, 480).expect("near enough");
    assert!(stream.what().starts_with("640 x 360 YUYV"), "{}", stream.what());
    let [(what, why)] = stream.remarks().try_into().expect("one remark");
    assert!(what == "size" && why.contains("640 x 360 instead of 640 x 480"), "{why}");
    assert!(stream.remarks().is_empty(), "said once");
}

#[test]
fn what_a_driver_agrees_to_is_checked() {
    let lies: [fn(Shape) -> Answer<Shape>; 5] = [
        |wish| packed(Shape { width: 0, ..wish }),
        |wish| Ok(Shape { width: 65_000, height: 65_000, row_bytes: 130_000, ..wish }),
        |wish| Ok(Shape { row_bytes: wish.width - 1, ..wish }),
        |wish| Ok(Shape { frame_bytes: u32::MAX, ..packed(wish)? }),
        |_| Err(Errno::INVAL),
    ];
    for (nth, makes) in lies.into_iter().enumerate() {
        let mut device = StandIn::new(&[GREY, YUYV]);
        device.makes = makes;
        let refused = started(device, 640, 480).err().map(|error| error.to_string());
        assert!(
            refused.as_deref().is_some_and(|refused| refused.contains("none of which is read")),
            "{nth}: {refused:?}"
        );
    }
    let mut endless = StandIn::new(&[]);
    endless.offered = vec![FourCc(*b"????"); 1_000_000];
    assert_eq!(listed(32, |index| endless.format(index)).map(|list| list.len()), Ok(32));
}

#[test]
fn only_the_newest_frame_is_looked_at() {
    let mut stream = started(
        StandIn::new(&[GREY]).showing([grey(1), grey(2), grey(3), Next::Pause, grey(4), Next::Pause]),
        32,
        16,
    )
    .expect("started");
    assert_eq!(next_frame(&mut stream), (3, 2));
    assert_eq!(next_frame(&mut stream), (4, 0));
    assert!(matches!(stream.next(NO_TIME), Arrival::Nothing));
}

#[test]
fn when_every_buffer_was_full_even_the_newest_is_old() {
    let late = (1..=9).map(grey).chain([Next::Pause, grey(20), Next::Pause]);
    let mut stream = started(StandIn::new(&[GREY]).showing(late), 32, 16).expect("started");
    assert_eq!(next_frame(&mut stream), (20, 4), "the driver had four buffers and dropped what came after");
}

#[test]
fn a_camera_that_is_pulled_out_is_over_at_once_and_says_what_to_do() {
    for pulled in [Errno::NODEV, Errno::NXIO] {
        let script = [grey(1), Next::Pause, Next::Fails(pulled)];
        let mut stream = started(StandIn::new(&[GREY]).showing(script), 32, 16).expect("started");
        assert_eq!(next_frame(&mut stream).0, 1);
        let why = over(&mut stream);
        assert!(
            matches!(why, CameraError::Gone { .. }) && why.to_string().contains("check its plug"),
            "{why}"
        );
    }
    let mut stream =
        started(StandIn::new(&[GREY]).showing([Next::Fails(Errno::IO)]), 32, 16).expect("started");
    assert!(over(&mut stream).to_string().contains("cannot give a picture"));
}

#[test]
fn what_the_kernel_says_becomes_what_to_do() {
    let says = |errno| problem(Path::new("/dev/video9"), "be opened", errno).to_string();
    for (errno, advice) in [
        (Errno::NOENT, "plug it in"),
        (Errno::ACCESS, "group video"),
        (Errno::BUSY, "end the other program"),
        (Errno::NOTTY, "no camera"),
        (Errno::NOMEM, "cannot be opened"),
    ] {
        assert!(says(errno).contains(advice), "{}", says(errno));
    }
    let mut device = StandIn::new(&[GREY]);
    device.streams = false;
    assert!(matches!(started(device, 32, 16).err(), Some(CameraError::NotACamera { .. })));
    let mut device = StandIn::new(&[GREY]);
    device.makes = |_| Err(Errno::BUSY);
    assert!(matches!(started(device, 32, 16).err(), Some(CameraError::Busy { .. })));
}

#[test]
fn damaged_frames_are_dropped_and_too_many_in_a_row_open_the_camera_again() {
    let cut = || Next::Frame(vec![9; 100]);
    let script = [cut(), Next::Pause, Next::Damaged(vec![9; 512]), Next::Pause, grey(7), Next::Pause];
    let many = (0..SPOILED_MAX).flat_map(|_| [cut(), Next::Pause]);
    let mut stream =
        started(StandIn::new(&[GREY]).showing(script.into_iter().chain(many)), 32, 16).expect("started");
    assert!(matches!(stream.next(NO_TIME), Arrival::Nothing));
    assert!(matches!(stream.next(NO_TIME), Arrival::Nothing));
    assert_eq!(next_frame(&mut stream), (7, 0), "a whole one begins the count anew");
    for _ in 1..SPOILED_MAX {
        assert!(matches!(stream.next(NO_TIME), Arrival::Nothing));
    }
    let why = over(&mut stream).to_string();
    assert!(why.contains("100 of 512 bytes") && why.contains("check its cable"), "{why}");
}

#[test]
fn a_driver_that_says_more_bytes_than_there_are_is_not_believed() {
    let script = [Next::Boasting(vec![5; 512]), Next::Pause, Next::Boasting(vec![5; 511]), Next::Pause];
    let mut stream = started(StandIn::new(&[GREY]).showing(script), 32, 16).expect("started");
    assert_eq!(next_frame(&mut stream).0, 5);
    assert!(matches!(stream.next(NO_TIME), Arrival::Nothing), "one byte is missing");
}

/// A shape as a driver agrees to it, rows padded by `padding` bytes.
fn shape(format: FourCc, padding: u32) -> Shape {
    let agreed = packed(Shape::asked(format, 32, 16)).expect("always");
    Shape { row_bytes: agreed.row_bytes + padding, ..agreed }
}

#[test]
fn grey_and_yuyv_are_unpacked_with_their_padding() {
    let pixel = |x: usize, y: usize| (x * 5 + y) as u8;
    let expected: Vec<u8> = (0..16).flat_map(|y| (0..32).map(move |x| pixel(x, y))).collect();
    let rows = |bytes_a_pixel: usize, padding: usize| -> Vec<u8> {
        let row = |y| {
            let pixels = (0..32).flat_map(move |x| [pixel(x, y), 128].into_iter().take(bytes_a_pixel));
            pixels.chain(std::iter::repeat_n(0xEE, padding))
        };
        (0..16).flat_map(row).collect()
    };
    for padding in [0_usize, 24] {
        for (format, bytes_a_pixel) in [(GREY, 1), (YUYV, 2)] {
            let shape = shape(format, padding as u32);
            let bytes = rows(bytes_a_pixel, padding);
            assert_eq!(unpack::grey(&shape, &bytes).map(|frame| frame.pixels).as_ref(), Ok(&expected));
            let half = unpack::grey(&shape, &bytes[..bytes.len() / 2]).expect_err("half a frame");
            assert!(half.ends_with("bytes came"), "{half}");
        }
    }
}

/// A grey JPEG, and the same without its Huffman tables, as cameras send it.
fn jpeg() -> (Vec<u8>, Vec<u8>) {
    let pixels: Vec<u8> = (0..32 * 16).map(|nth: u32| (nth % 32 * 8) as u8).collect();
    let mut whole = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut whole, 95)
        .encode(&pixels, 32, 16, image::ExtendedColorType::L8)
        .expect("encoded");
    let mut bare = whole[..2].to_vec();
    let mut at = 2;
    while whole[at + 1] != 0xDA {
        let next = at + 2 + usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]]));
        if whole[at + 1] != 0xC4 {
            bare.extend(&whole[at..next]);
        }
        at = next;
    }
    bare.extend(&whole[at..]);
    (whole, bare)
}

#[test]
fn motion_jpeg_is_read_also_without_its_tables_and_not_when_it_is_cut() {
    let (whole, bare) = jpeg();
    assert!(bare.len() + 100 < whole.len(), "there were tables to leave out");
    let read = unpack::grey(&shape(MJPG, 0), &whole).expect("a picture");
    assert_eq!(unpack::grey(&shape(MJPG, 0), &bare).as_ref(), Ok(&read), "the tables are always the same");
    let padded = [&bare[..], &[0; 64]].concat();
    assert_eq!(unpack::grey(&shape(MJPG, 0), &padded).as_ref(), Ok(&read), "drivers fill up with zeros");
    for length in 0..bare.len() {
        let cut = unpack::grey(&shape(MJPG, 0), &bare[..length]);
        assert!(cut.is_err(), "{length} of {} bytes are no picture", bare.len());
    }
    let other = Shape { width: 64, ..shape(MJPG, 0) };
    assert!(
        unpack::grey(&other, &whole).expect_err("another size").contains("it is 32 x 16, agreed was 64 x 16")
    );
}

fn with_controls() -> StandIn {
    let mut device = StandIn::new(&[GREY]);
    let range = |least, most, usual| Range { least, most, usual };
    device.controls = vec![
        (control::EXPOSURE_AUTO, range(0, 3, 3)),
        (control::EXPOSURE, range(1, 5_000, 157)),
        (control::FOCUS_AUTO, range(0, 1, 1)),
        (control::FOCUS, range(0, 250, 0)),
    ];
    device
}

fn held(mut device: StandIn, exposure_us: Option<u32>, focus: Option<u32>) -> (Vec<(u32, i32)>, Vec<String>) {
    let remarks = super::agree::hold(&mut device, CameraControls { exposure_us, focus });
    (device.set, remarks.into_iter().map(|(key, why)| format!("{key}: {why}")).collect())
}

#[test]
fn exposure_and_focus_are_held_where_the_driver_offers_them() {
    let (set, remarks) = held(with_controls(), Some(8_000), Some(30));
    let by_hand = [
        (control::EXPOSURE_AUTO, control::MANUAL),
        (control::EXPOSURE, 80),
        (control::FOCUS_AUTO, 0),
        (control::FOCUS, 30),
    ];
    assert_eq!((set.as_slice(), remarks.len()), (by_hand.as_slice(), 0));
    let (set, remarks) = held(with_controls(), None, None);
    assert_eq!(set, [(control::EXPOSURE_AUTO, 3), (control::FOCUS_AUTO, 1)], "given back to the camera");
    assert!(remarks.is_empty());
    let (set, remarks) = held(with_controls(), Some(2_000_000), Some(u32::MAX));
    assert!(set.contains(&(control::EXPOSURE, 5_000)) && set.contains(&(control::FOCUS, 250)), "{set:?}");
    assert!(remarks[0].contains("takes 100 to 500000; 500000 is used"), "{remarks:?}");
    let (set, remarks) = held(StandIn::new(&[GREY]), Some(8_000), Some(1));
    assert!(
        set.is_empty() && remarks.iter().all(|remark| remark.contains("does not offer it")),
        "{remarks:?}"
    );
    assert_eq!(remarks.len(), 2);
}

#[test]
fn what_a_camera_offers_is_listed_and_its_lists_end() {
    let offer = offer::of(&with_controls(), Path::new("/dev/video9")).expect("a camera");
    assert_eq!(
        (offer.card.as_str(), offer.exposure_us, offer.focus),
        ("Stand-in", Some((100, 500_000)), Some((0, 250)))
    );
    assert_eq!((offer.formats[0].name.as_str(), offer.formats[0].sizes.len()), ("GREY", 64));
    assert_eq!(offer.formats[0].sizes[..2], ["640x480", "up to 1280x720"]);
}
