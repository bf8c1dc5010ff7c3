//! Reading, writing and locking one tag by order.

use armoury_hardware::bench::{BenchReader, R2000Manners};
use armoury_hardware::reader::{
    Access, Bank, LockBits, Password, TagAccess, TagCommand, TagError, TagOutcome, TagResult,
};

use super::antennas::{bench, settings};
use super::station::Station;
use super::{epc, tag};

const SECRET: Password = Password(0x1122_3344);

async fn order(station: &Station, epc: &[u8], password: Password, access: Access) -> TagResult {
    let access = TagAccess { epc: epc.to_vec(), password, access };
    station.desk.order(TagCommand::Access(access)).await
}

fn read(bank: Bank, word: u16, words: u8) -> Access {
    Access::Read { bank, word, words }
}

fn write(bank: Bank, word: u16, data: &[u8]) -> Access {
    Access::Write { bank, word, data: data.to_vec() }
}

/// A station that has read tag 1 at antenna 2, with tag 2 beside it.
async fn at_work(seed: u64, manners: R2000Manners) -> (BenchReader, Station) {
    let bench = bench(seed, 4, manners);
    bench.place(tag(1, 2));
    bench.place(tag(2, 2));
    let mut station = Station::with(settings(&bench, &[1, 2]));
    station.read_of(&epc(1)).await;
    (bench, station)
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_written_to_one_tag_and_read_back() {
    let (bench, mut station) = at_work(51, R2000Manners::default()).await;
    let words = [0xE2, 0x55, 0xA0, 0x03];
    assert_eq!(
        order(&station, &epc(1), Password::NONE, write(Bank::User, 3, &words)).await,
        Ok(TagOutcome::Done)
    );
    let back = order(&station, &epc(1), Password::NONE, read(Bank::User, 3, 2)).await;
    assert_eq!(back, Ok(TagOutcome::Words(words.to_vec())));
    let other = order(&station, &epc(2), Password::NONE, read(Bank::User, 3, 2)).await;
    assert_eq!(other, Ok(TagOutcome::Words(vec![0; 4])), "the match kept the other tag out");
    // Reading goes on, and what was read as user memory is nobody's chip number.
    assert_eq!(station.read_of(&epc(2)).await.tid, None);
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_gets_a_new_epc_a_password_and_a_lock() {
    let (bench, mut station) = at_work(52, R2000Manners::default()).await;
    let new = [0x30, 0x34, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77];
    let pc_and_epc = [&[0x20, 0x00][..], &new].concat();
    let done = Ok(TagOutcome::Done);
    assert_eq!(order(&station, &epc(1), Password::NONE, write(Bank::Epc, 1, &pc_and_epc)).await, done);
    station.read_of(&new).await;
    let password = SECRET.0.to_be_bytes();
    assert_eq!(order(&station, &new, Password::NONE, write(Bank::Reserved, 2, &password)).await, done);
    // EPC and access password locked (EPC Gen2 air interface, table 6.50).
    let lock = Access::Lock(LockBits { mask: 0b00_1010_0000, action: 0b00_1010_0000 });
    assert_eq!(order(&station, &new, SECRET, lock).await, done);
    let wrong = order(&station, &new, Password(5), write(Bank::Epc, 1, &pc_and_epc)).await;
    assert_eq!(wrong, Err(TagError::WrongPassword));
    let none = order(&station, &new, Password::NONE, write(Bank::Epc, 1, &pc_and_epc)).await;
    assert!(matches!(none, Err(TagError::Refused { code: 0x33, .. })), "{none:?}");
    let hidden = order(&station, &new, Password::NONE, read(Bank::Reserved, 2, 2)).await;
    assert!(hidden.is_err(), "{hidden:?}");
    let shown = order(&station, &new, SECRET, read(Bank::Reserved, 2, 2)).await;
    assert_eq!(shown, Ok(TagOutcome::Words(password.to_vec())));
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said() {
    let (_bench, station) = at_work(53, R2000Manners::default()).await;
    let nobody = order(&station, &epc(9), Password::NONE, read(Bank::User, 0, 1)).await;
    assert_eq!(nobody, Err(TagError::NoTag));
    let beyond = order(&station, &epc(1), Password::NONE, read(Bank::User, 40, 2)).await;
    assert_eq!(beyond, Err(TagError::Overrun));
    let far = order(&station, &epc(1), Password::NONE, write(Bank::User, 300, &[1, 2])).await;
    assert_eq!(far, Err(TagError::Overrun));
    let Ok(TagOutcome::Seen(seen)) = station.desk.order(TagCommand::Look { for_ms: 400 }).await else {
        panic!("a look gives tags");
    };
    assert_eq!(seen.iter().map(|tag| tag.epc.clone()).collect::<Vec<_>>(), [epc(1), epc(2)]);
    assert!(seen.iter().all(|tag| tag.antenna == 2 && tag.reads > 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn older_firmware_reads_without_a_password_and_says_so() {
    let old = R2000Manners { reads_with_password: false, ..R2000Manners::default() };
    let (bench, station) = at_work(54, old).await;
    let words = order(&station, &epc(1), Password::NONE, read(Bank::User, 0, 2)).await;
    assert_eq!(words, Ok(TagOutcome::Words(vec![0; 4])));
    let with_password = order(&station, &epc(1), SECRET, read(Bank::User, 0, 2)).await;
    assert!(matches!(with_password, Err(TagError::NotOffered(_))), "{with_password:?}");
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_a_reader_that_is_gone_is_answered() {
    let (bench, station) = at_work(55, R2000Manners::default()).await;
    bench.unplug().expect("unplugged");
    let gone = order(&station, &epc(1), Password::NONE, read(Bank::User, 0, 1)).await;
    assert!(matches!(gone, Err(TagError::ReaderDown { .. })), "{gone:?}");
}
