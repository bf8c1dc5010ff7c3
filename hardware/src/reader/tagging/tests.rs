//! The procedures against tags that lie badly, tear out of the field between any two orders, and forget half of what
//! was written: whatever happens, the tag ends as ordered or is known by its chip, and can be worked on again.

use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};

use super::super::TagRead;
use super::super::orders::{TagDesk, TagOrders, TagOutcome, TagResult, tag_desk};
use super::*;
use crate::bench::BenchTag;
use crate::bench::memory::{Placed, TagFault};

/// A field of tags behind a desk, as a driver would serve it.
struct Field {
    desk: TagDesk,
    tags: Arc<Mutex<Vec<Placed>>>,
    server: JoinHandle<()>,
}

/// What goes wrong: the share of orders that miss the tag, of writes whose answer is lost, of writes that stop half way.
#[derive(Debug, Clone, Copy, Default)]
struct Trouble {
    seed: u64,
    missed: f32,
    answer_lost: f32,
    torn: f32,
}

impl Field {
    fn of(tags: Vec<Placed>, trouble: Trouble) -> Self {
        let (desk, orders) = tag_desk();
        let tags = Arc::new(Mutex::new(tags));
        let server = tokio::spawn(serve(orders, Arc::clone(&tags), trouble));
        Self { desk, tags, server }
    }

    fn tag(&self, nth: usize) -> BenchTag {
        self.tags.lock().expect("not poisoned")[nth].tag.clone()
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn tag(number: u8) -> Placed {
    let tid = [0xE2, 0x80, 0x11, 0x60, 0x20, 0, 0, 0, 0, 0, 0, number];
    Placed::new(BenchTag {
        epc: vec![0x30, number, 0, 0, 0, 0, 0, 0, 0, 0, 0, number],
        tid: Some(tid.to_vec()),
        antenna: 1,
        rssi_dbm: -50,
        read_rate: 1.0,
    })
}

async fn serve(mut orders: TagOrders, tags: Arc<Mutex<Vec<Placed>>>, trouble: Trouble) {
    let mut dice = Dice(trouble.seed | 1);
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if orders.access_waits(Instant::now())
            && let Some((wanted, reply)) = orders.take_access()
        {
            let answered = answer(&mut tags.lock().expect("not poisoned"), wanted, &mut dice, trouble);
            reply.give(answered);
        }
        for tag in tags.lock().expect("not poisoned").iter() {
            if !dice.chance(trouble.missed) {
                orders.heard(&read_of(&tag.tag));
            }
        }
    }
}

fn read_of(tag: &BenchTag) -> TagRead {
    TagRead {
        epc: tag.epc.clone(),
        pc: None,
        tid: None,
        antenna: 1,
        rssi_dbm: Some(-50),
        rssi_raw: None,
        freq_khz: None,
        air_crc_valid: None,
    }
}

fn answer(tags: &mut [Placed], mut wanted: TagAccess, dice: &mut Dice, trouble: Trouble) -> TagResult {
    let Some(tag) = tags.iter_mut().find(|tag| tag.tag.epc == wanted.epc) else {
        return Err(TagError::NoTag);
    };
    if dice.chance(trouble.missed) {
        return Err(TagError::NoTag);
    }
    let mut torn = false;
    if let Access::Write { data, .. } = &mut wanted.access
        && data.len() > 2
        && dice.chance(trouble.torn)
    {
        // The tag writes word by word and loses its power in between.
        data.truncate(dice.below(data.len() as u64 / 2) as usize * 2);
        torn = true;
        if data.is_empty() {
            return Err(TagError::NoTag);
        }
    }
    let words = tag.access(wanted.password.0, &wanted.access).map_err(|fault| match fault {
        TagFault::NoTag => TagError::NoTag,
        TagFault::WrongPassword => TagError::WrongPassword,
        TagFault::Locked => TagError::Locked,
        TagFault::Overrun => TagError::Overrun,
    })?;
    let changes = !matches!(wanted.access, Access::Read { .. });
    if torn || changes && dice.chance(trouble.answer_lost) {
        return Err(TagError::NoAnswer);
    }
    Ok(if changes { TagOutcome::Done } else { TagOutcome::Words(words) })
}

/// Chance from one seed (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end.max(1)
    }

    fn chance(&mut self, probability: f32) -> bool {
        (self.below(1_000_000) as f32) < probability * 1_000_000.0
    }
}

const NEW: [u8; 12] = [0x34, 0x16, 0x45, 0x0F, 0x08, 0, 0, 0, 0, 0, 0, 7];
const SECRETS: Secrets = Secrets { access: Password(0x1234_5678), kill: Password(0x9ABC_DEF0) };

#[tokio::test(flavor = "multi_thread")]
async fn an_epc_is_written_with_its_length_and_the_chip_stays_the_same() {
    let field = Field::of(vec![tag(1)], Trouble::default());
    let chip = the_one_tag(&field.desk).await.expect("one tag");
    for epc in [&NEW[..], &[0xAB; 16], &[0xCD; 2], &[0x30; 62]] {
        let now = the_one_tag(&field.desk).await.expect("one tag");
        let written = write_epc(&field.desk, &now, epc, Password::NONE).await.expect("written");
        assert_eq!((written.epc.as_slice(), &written.tid), (epc, &chip.tid));
        assert_eq!(field.tag(0).epc, epc);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_with_no_tag_or_several_in_the_field() {
    let empty = Field::of(Vec::new(), Trouble::default());
    assert_eq!(the_one_tag(&empty.desk).await, Err(TaggingError::NoTag));
    let full = Field::of(vec![tag(1), tag(2), tag(3)], Trouble::default());
    let why = the_one_tag(&full.desk).await.expect_err("three tags");
    assert!(matches!(why, TaggingError::Several { count: 3, .. }), "{why}");
    assert!(why.to_string().contains("300100000000000000000001"), "{why}");
    // A second tag that is heard in one of five rounds only.
    let weak = Field::of(vec![tag(1), tag(2)], Trouble { missed: 0.8, seed: 5, ..Trouble::default() });
    assert!(matches!(the_one_tag(&weak.desk).await, Err(TaggingError::Several { count: 2, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chip_without_a_number_of_its_own_is_refused() {
    let short = Placed::new(BenchTag { tid: Some(vec![0xE2, 0x00, 0x34, 0x12]), ..tag(1).tag });
    let field = Field::of(vec![short], Trouble::default());
    let why = the_one_tag(&field.desk).await.expect_err("no number");
    assert_eq!(why, TaggingError::NoNumber { tid: "e2003412".to_owned() });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epc_of_half_words_is_refused_before_anything_is_written() {
    let field = Field::of(vec![tag(1)], Trouble::default());
    let chip = the_one_tag(&field.desk).await.expect("one tag");
    for bytes in [0, 1, 3, 64] {
        let why = write_epc(&field.desk, &chip, &vec![1; bytes], Password::NONE).await;
        assert_eq!(why, Err(TaggingError::Epc(bytes)));
    }
    assert_eq!(field.tag(0).epc, chip.epc);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secured_tag_opens_only_with_its_password() {
    let field = Field::of(vec![tag(1)], Trouble::default());
    let chip = the_one_tag(&field.desk).await.expect("one tag");
    let before = check(&field.desk, &chip, None).await.expect("checked");
    assert_eq!((before.epc_locked, before.recorded_works), (false, None));
    assert_eq!((before.access_password, before.kill_password), (Setting::Unset, Setting::Unset));

    secure(&field.desk, &chip, &SECRETS).await.expect("secured");
    let after = check(&field.desk, &chip, Some(SECRETS.access)).await.expect("checked");
    assert_eq!((after.epc_locked, after.recorded_works), (true, Some(true)));
    assert_eq!((after.access_password, after.kill_password), (Setting::Locked, Setting::Locked));
    let wrong = check(&field.desk, &chip, Some(Password(1))).await.expect("checked");
    assert_eq!(wrong.recorded_works, Some(false));

    let closed = write_epc(&field.desk, &chip, &NEW, Password::NONE).await;
    assert_eq!(closed, Err(TaggingError::Order(TagError::Locked)));
    let foreign = write_epc(&field.desk, &chip, &NEW, Password(1)).await;
    assert_eq!(foreign, Err(TaggingError::Order(TagError::WrongPassword)));
    assert_eq!(field.tag(0).epc, chip.epc);
    write_epc(&field.desk, &chip, &NEW, SECRETS.access).await.expect("with the password");
    assert_eq!(field.tag(0).epc, NEW);

    // Once more changes nothing; another station's passwords do not fit.
    let chip = the_one_tag(&field.desk).await.expect("one tag");
    secure(&field.desk, &chip, &SECRETS).await.expect("secured already");
    let others = Secrets { access: Password(5), kill: Password(6) };
    assert_eq!(secure(&field.desk, &chip, &others).await, Err(TaggingError::Foreign));
    // Not even the password gives the kill password away or lets it be changed.
    let kill = read(&field.desk, &chip, SECRETS.access, Bank::Reserved, 0, 2).await;
    assert_eq!(kill, Err(TaggingError::Order(TagError::Locked)));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_interrupted_ends_as_ordered_or_can_be_begun_again() {
    let seed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u64);
    println!("ARMOURY_SEED={seed}");
    let rounds = 60;
    let mut tags = tokio::task::JoinSet::new();
    for round in 0..rounds {
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(round);
        tags.spawn(worked_on(Trouble { seed, missed: 0.4, answer_lost: 0.3, torn: 0.3 }));
    }
    let goes = tags.join_all().await;
    let first_go = goes.iter().filter(|goes| **goes == 1).count();
    println!("{first_go} of {rounds} tags in the first go");
    assert!(first_go > goes.len() / 2, "{goes:?}");
}

/// Commissions a tag in trouble, begun again from nothing as somebody at the bench does it; gives how often.
async fn worked_on(trouble: Trouble) -> u32 {
    let field = Field::of(vec![tag(1)], trouble);
    let mut goes = 1;
    while let Err(why) = commission(&field.desk).await {
        goes += 1;
        assert!(goes < 20, "{trouble:?}: it never ends: {why}");
    }
    assert_eq!(field.tag(0).epc, NEW, "{trouble:?}");
    let as_it_lies = field.tags.lock().expect("not poisoned").clone();
    let quiet = Field::of(as_it_lies, Trouble::default());
    let chip = the_one_tag(&quiet.desk).await.expect("one tag");
    let checked = check(&quiet.desk, &chip, Some(SECRETS.access)).await.expect("checked");
    assert_eq!((checked.epc_locked, checked.recorded_works), (true, Some(true)), "{trouble:?}");
    assert_eq!(checked.kill_password, Setting::Locked, "{trouble:?}");
    goes
}

async fn commission(desk: &TagDesk) -> Result<(), TaggingError> {
    let chip = the_one_tag(desk).await?;
    // As the station does it: with the password where it is on record and works.
    let checked = check(desk, &chip, Some(SECRETS.access)).await?;
    let password = if checked.recorded_works == Some(true) { SECRETS.access } else { Password::NONE };
    let chip = write_epc(desk, &chip, &NEW, password).await?;
    secure(desk, &chip, &SECRETS).await
}
