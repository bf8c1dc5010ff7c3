//! Pictures of an invented station, and a way to write a painted frame down with its colours.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use armoury::domain::armoury::Counts;
use armoury::domain::book::count::Figures;
use armoury::domain::{Mode, Practice, Reason, Role, Verdict};
use armoury::station::view::{
    Alarm, AlarmState, CountView, DeskView, Device, InboxView, ItemView, PersonView, Recent, StationView,
    StoreView, SyncView, View,
};
use armoury::tui::{Lost, Page, Scene, Theme, Ui, render};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::{Color, Modifier};

/// 14 May 2026, 09:41:07 UTC.
pub const NOW_MS: i64 = 1_778_751_667_000;

const MINUTE_MS: i64 = 60_000;

pub fn ui() -> Ui {
    let mut ui = Ui::new(Theme::Standard, false, TimeZone::UTC);
    ui.role = Some(Role::Armourer);
    ui
}

/// An idle, healthy station.
pub fn ready() -> View {
    View {
        station: StationView {
            id: "Bravo armoury".into(),
            practice: Practice::Live,
            version: "0.1.0".into(),
            mode: Mode::Auto,
            wall_ms: NOW_MS,
            clock: "ntp".into(),
            up_ms: 7_265_000,
            purpose: String::new(),
            stand_to: None,
        },
        desk: desk(Verdict::Ready),
        held: vec![],
        recent: vec![
            recent(4709, 36_000, Verdict::In, "A0977", "Pte WONG K.", "left lane · tag"),
            recent(4708, 68_000, Verdict::Stop, "A0310", "Sgt ADEYEMI T.", "range pass ended 3 May"),
            recent(4707, 95_000, Verdict::Out, "A0412", "LCpl NG T.", "left lane · tag and mark"),
            recent(4706, 120_000, Verdict::Again, "N0033", "", "no badge"),
            recent(4705, 240_000, Verdict::Ask, "A7731", "Sgt SINGH R.", "belongs to Alpha armoury"),
            recent(4704, 300_000, Verdict::In, "A0870", "Pte OKAFOR B.", "right lane · tag"),
        ],
        counts: Counts { in_stock: 61, out: 17, elsewhere: 2, ..Counts::default() },
        alarms: vec![],
        devices: vec![
            device("left reader", "reader", "ok", "R2000 · 41 reads/s · 44 °C", Some(1_000)),
            device("right reader", "reader", "ok", "R2000 · 0 reads/s · 43 °C", Some(1_000)),
            device("camera", "camera", "ok", "12 frames/s · 9 ms/frame", Some(400)),
            device("panel", "panel", "ok", "three lamps, buzzer, lock shut", None),
        ],
        sync: SyncView {
            state: "ok".into(),
            detail: "hq.example · sent 09:41:05".into(),
            waiting: 0,
            acknowledged: 4709,
            last_receipt_wall_ms: Some(NOW_MS - 2_000),
            down_since_wall_ms: None,
        },
        store: StoreView {
            state: "ok".into(),
            detail: "disk 61 % used".into(),
            head: 4709,
            head_hash: "5f0c9a1be2d3445566778899aabbccddeeff00112233445566778899aabbccdd".into(),
        },
        inbox: InboxView {
            reads_taken: 48_211,
            longest: 37,
            waiting: 2,
            room: 16_384,
            ..InboxView::default()
        },
        watchers: 2,
        count: None,
    }
}

fn desk(verdict: Verdict) -> DeskView {
    DeskView {
        verdict,
        reason: None,
        items: vec![],
        person: None,
        why: String::new(),
        now: String::new(),
        code: String::new(),
        seq: None,
        until_wall_ms: None,
        stays: false,
        lane: String::new(),
    }
}

fn recent(seq: u64, ago_ms: i64, verdict: Verdict, item: &str, person: &str, note: &str) -> Recent {
    Recent {
        seq,
        wall_ms: NOW_MS - ago_ms,
        verdict,
        item: item.into(),
        person: person.into(),
        note: note.into(),
    }
}

fn device(name: &str, kind: &str, state: &str, detail: &str, sign_ago_ms: Option<i64>) -> Device {
    Device {
        name: name.into(),
        kind: kind.into(),
        state: state.into(),
        detail: detail.into(),
        warnings: Vec::new(),
        last_sign_wall_ms: sign_ago_ms.map(|ago| NOW_MS - ago),
        figures: None,
        camera: None,
    }
}

/// A reader with a missing antenna, an ill control tag and a power that it has not, and one that is well.
pub fn warned() -> Vec<Device> {
    let told = "24 reads/s · 41 °C · 0 refused · session s0 · antenna 1: control tag 97 %";
    let mut left = device("left reader", "reader", "ok", told, Some(1_000));
    left.warnings = vec![
        "power_dbm = 33 is more than the reader can: it transmits with 30 dBm; write power_dbm = 30 into \
         station.toml"
            .into(),
        "antenna 2 is missing: is its cable screwed on at both ends?".into(),
        "antenna 1: control tag 12 %, hardly read: look at antenna, cable and control tag".into(),
    ];
    let right =
        device("right reader", "reader", "ok", "18 reads/s · 39 °C · 0 refused · session s2", Some(0));
    vec![left, right, device("hand scanner", "scanner", "ok", "4 codes · 0 refused", Some(4_000))]
}

pub fn item(id: &str, verdict: Verdict) -> ItemView {
    ItemView {
        id: id.into(),
        model: "L85A3".into(),
        serial: "UE04 A1042".into(),
        home: "B-12".into(),
        verdict,
        due_wall_ms: (verdict == Verdict::Out).then_some(NOW_MS + 499 * MINUTE_MS),
        terms: String::new(),
    }
}

pub fn person(rank: &str, name: &str, unit: &str, holds: u32) -> PersonView {
    PersonView { rank: rank.into(), name: name.into(), unit: unit.into(), holds }
}

/// A weapon has just gone out.
pub fn out() -> View {
    accepted(Verdict::Out, 2)
}

/// A weapon has just come back.
pub fn back() -> View {
    accepted(Verdict::In, 0)
}

fn accepted(verdict: Verdict, holds: u32) -> View {
    let mut view = ready();
    view.desk = DeskView {
        items: vec![item("A1042", verdict)],
        person: Some(person("Cpl", "LEE J.", "2 Platoon", holds)),
        seq: Some(4710),
        until_wall_ms: Some(NOW_MS + 3_000),
        ..desk(verdict)
    };
    view
}

/// A refusal that waits for somebody.
pub fn stop() -> View {
    let mut view = ready();
    view.desk = DeskView {
        reason: Some(Reason::AuthorisationExpired),
        items: vec![item("A0310", Verdict::Stop)],
        person: Some(person("Sgt", "ADEYEMI T.", "1 Platoon", 0)),
        why: "Sgt ADEYEMI T. has no valid range pass (ended 3 May).".into(),
        now: "Put A0310 back in rack C-04. Ask the duty armourer.".into(),
        code: "E-SCAN-21".into(),
        seq: Some(4710),
        stays: true,
        ..desk(Verdict::Stop)
    };
    view
}

/// Something only a supervisor may decide.
pub fn ask() -> View {
    let mut view = ready();
    view.desk = DeskView {
        reason: Some(Reason::WrongPerson),
        items: vec![item("A1042", Verdict::Ask)],
        person: Some(person("Cpl", "LEE J.", "2 Platoon", 1)),
        why: "A1042 is out to Pte WONG, not Cpl LEE.".into(),
        now: "Take it in for WONG? A supervisor decides.".into(),
        code: "E-SCAN-31".into(),
        seq: Some(4710),
        stays: true,
        ..desk(Verdict::Ask)
    };
    view
}

/// An item without a badge.
pub fn again() -> View {
    let mut view = ready();
    view.desk = DeskView {
        reason: Some(Reason::NoBadge),
        items: vec![item("A1042", Verdict::Again)],
        why: "Item seen, no badge.".into(),
        now: "Show your badge. 20 s left.".into(),
        code: "E-SCAN-11".into(),
        seq: Some(4710),
        ..desk(Verdict::Again)
    };
    view
}

/// The station starts.
pub fn wait() -> View {
    let mut view = ready();
    view.desk =
        DeskView { why: "The station is starting.".into(), now: "Wait.".into(), ..desk(Verdict::Wait) };
    view
}

/// Three items at once, one of them refused.
pub fn several() -> View {
    let mut view = stop();
    view.desk.items =
        vec![item("A1042", Verdict::Out), item("A0310", Verdict::Stop), item("N0033", Verdict::Out)];
    view
}

/// Three items at once, all well.
pub fn several_out() -> View {
    let mut view = out();
    view.desk.items =
        vec![item("A1042", Verdict::Out), item("A0310", Verdict::Out), item("N0033", Verdict::Out)];
    view.desk.person = Some(person("Cpl", "LEE J.", "2 Platoon", 3));
    view
}

/// One alarm of every state.
pub fn alarmed() -> View {
    let mut view = ready();
    let alarm = |id, priority, state, ago_min: i64, what: &str, first_step: &str| Alarm {
        id,
        priority,
        state,
        since_wall_ms: NOW_MS - ago_min * MINUTE_MS,
        what: what.into(),
        first_step: first_step.into(),
    };
    view.alarms = vec![
        alarm(7, 2, AlarmState::Acked, 21, "Left reader: few reads (antenna 2)", "Check the antenna cable."),
        alarm(8, 3, AlarmState::Cleared, 51, "HQ link was down 12 min", "Nothing to do. Acknowledge."),
        alarm(
            9,
            1,
            AlarmState::New,
            0,
            "A0993 left the room without a record",
            "Check rack B-08. If empty, close the door and call the guard.",
        ),
    ];
    view
}

/// The right reader does not answer.
pub fn silent() -> View {
    let mut view = ready();
    view.devices[1] =
        device("right reader", "reader", "SILENT", "no answer 14 s · check cable and power", Some(14_000));
    view
}

/// Headquarters cannot be reached.
pub fn hq_down() -> View {
    let mut view = ready();
    view.sync.state = "down".into();
    view.sync.detail = "no answer from hq.example · next try in 40 s".into();
    view.sync.waiting = 12;
    view.sync.acknowledged = 4697;
    view.sync.down_since_wall_ms = Some(NOW_MS - 51 * MINUTE_MS);
    view
}

/// STOP and ASK pushed aside by an accepted scan.
pub fn held() -> View {
    let mut view = out();
    view.held = vec![
        recent(4708, 68_000, Verdict::Stop, "A0310", "Sgt ADEYEMI T.", "range pass ended 3 May"),
        recent(4705, 240_000, Verdict::Ask, "A7731", "Sgt SINGH R.", "belongs to Alpha armoury"),
    ];
    view
}

/// Names as long as they come, and in another script.
pub fn wide_names() -> View {
    let mut view = out();
    view.desk.items[0].id = "WEAPON-000123456".into();
    view.desk.items[0].model = "突击步枪九五式改进型带下挂榴弹发射器".into();
    view.desk.person = Some(person("上士", "欧阳小龙", "第二排第三班", 1));
    view.recent[0].person = "上士 欧阳小龙欧阳小龙欧阳小龙".into();
    view.recent[0].note = "左通道 · 标签和二维码都已读取,并且与登记簿一致,没有任何差异".into();
    view.recent[1].person = "Staff Sergeant FEATHERSTONEHAUGH-CHOLMONDELEY".into();
    view
}

pub fn lost() -> Scene {
    Scene::Lost(Box::new(Lost {
        old: Some(out()),
        cause: "the station has not answered for 2 s".into(),
        retry_in_s: 6,
    }))
}

pub fn live(view: View) -> Scene {
    Scene::Live(Box::new(view))
}

pub fn painted(scene: &Scene, ui: &Ui, (width, height): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    terminal.draw(|frame| render(frame, scene, ui)).expect("a frame");
    terminal.backend().buffer().clone()
}

/// The text of a frame, line by line.
pub fn text(buffer: &Buffer) -> String {
    rows(buffer, |cell| cell.symbol().to_owned())
}

/// Text, then one letter a cell for its style, then what the letters mean: a green STOP must show in a diff.
pub fn dump(scene: &Scene, ui: &Ui, size: (u16, u16)) -> String {
    let buffer = painted(scene, ui, size);
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut names = ('a'..='z').chain('A'..='Z');
    let mut of_cell = |cell: &ratatui::buffer::Cell| {
        let style = style_words(cell.fg, cell.bg, cell.modifier);
        let letter = *letters.entry(style).or_insert_with(|| names.next().unwrap_or('?'));
        letter.to_string().repeat(usize::from(cell.cell_width().max(1)))
    };
    let styles = rows(&buffer, &mut of_cell);
    let mut out = text(&buffer);
    out.push('\n');
    out += &styles;
    out.push('\n');
    let mut legend: Vec<_> = letters.into_iter().collect();
    legend.sort_by_key(|(_, letter)| *letter);
    for (style, letter) in legend {
        writeln!(out, "{letter} {style}").expect("a string takes all");
    }
    out
}

fn rows(buffer: &Buffer, mut of_cell: impl FnMut(&ratatui::buffer::Cell) -> String) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let cell = &buffer[(x, y)];
            out += &of_cell(cell);
            x += cell.cell_width().max(1);
        }
        out.push('\n');
    }
    out
}

fn style_words(fg: Color, bg: Color, modifier: Modifier) -> String {
    let mut words = format!("{fg} on {bg}").to_lowercase();
    for (name, _) in modifier.iter_names() {
        words += &format!(" {}", name.to_lowercase());
    }
    words
}

/// A count goes on.
pub fn counting() -> View {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let figures = Figures {
        expected: 62,
        seen: 57,
        by_tag_only: 40,
        left: 1,
        missing: 4,
        extras: 2,
        out: 17,
        ..Figures::default()
    };
    let count = CountView {
        seq: 4_702,
        kind: "handover".into(),
        rack: String::new(),
        opened_wall_ms: NOW_MS - 11 * MINUTE_MS,
        counter: "Cpl HALL P.".into(),
        seen: 57,
        figures: Some(figures),
        to_find: lines(&["A0993      B-08", "A1051      B-16", "N0031", "P0120      C-01"]),
        extras: lines(&["A7731      belongs elsewhere", "303425     unknown tag"]),
        to_touch: 3,
    };
    View { count: Some(count), ..ready() }
}

/// A count whose counter is told neither number nor list.
pub fn counting_blind() -> View {
    let mut view = counting();
    view.counts = Counts::default();
    if let Some(count) = &mut view.count {
        (count.figures, count.to_touch) = (None, 0);
        count.to_find.clear();
        count.extras.clear();
    }
    view
}

/// Every page with every verdict, for tests that go through all of them.
pub fn all_views() -> Vec<(&'static str, View)> {
    vec![
        ("ready", ready()),
        ("out", out()),
        ("in", back()),
        ("stop", stop()),
        ("ask", ask()),
        ("again", again()),
        ("wait", wait()),
        ("several", several()),
        ("several_out", several_out()),
        ("alarmed", alarmed()),
        ("silent", silent()),
        ("hq_down", hq_down()),
        ("held", held()),
        ("wide_names", wide_names()),
        ("counting", counting()),
        ("counting_blind", counting_blind()),
    ]
}

pub const PAGES: [Page; 5] = [Page::Scan, Page::Alarms, Page::Devices, Page::Count, Page::Help];
