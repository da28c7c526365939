//! For a minute the api, PostgreSQL and the connection between them are killed at random moments under load; then
//! every number that was given out is accounted for.
//!
//! It can be run apart: `cargo test -p counter-api --test it kill:: -- --nocapture`. `SEAWORTHY_SEED` repeats a run's
//! moments (not its scheduling).

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use seaworthy_testkit::load::{ClosedLoop, FailureKind, Outcome, Target, closed_loop_with};
use seaworthy_testkit::postgres::Postgres;
use seaworthy_testkit::service::{Service, try_ask};

use crate::proxy::Proxy;
use crate::setup::Counter;

const TIME: Duration = Duration::from_mins(1);
const KILLS: u32 = 20;
const READY_AGAIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c_21_nothing_is_lost_or_doubled_whatever_is_killed() {
    let seed = seed();
    println!("seed {seed}: repeat these moments with SEAWORTHY_SEED={seed}");
    let counter = Counter::empty(Postgres::start_durable().await).await;
    counter.migrated().await;
    counter.set(1_000).await;
    let name = Arc::new(Proxy::start(counter.postgres.port()).await);
    let api = || {
        counter
            .api()
            .variable("DB_PORT", name.port())
            .variable("DB_TIMEOUT_MS", 1_000)
    };
    let replicas = [
        api().start().await.ready().await,
        api().start().await.ready().await,
    ];
    let admins = replicas.each_ref().map(Service::admin);
    let target = Target::get(replicas[0].address(), "/").and(replicas[1].address());

    let clock = Clock::new(seed);
    let account = Arc::new(Account::default());
    let load = tokio::spawn(ask(target, Arc::clone(&account), clock.clone()));
    let Counter { postgres, database } = counter;
    let (replicas, postgres, cuts) = tokio::join!(
        tokio::spawn(kill_replicas(replicas, clock.fork(1))),
        tokio::spawn(kill_postgres(postgres, admins, clock.fork(2))),
        tokio::spawn(cut_connections(Arc::clone(&name), clock.fork(3))),
    );
    let (mut replicas, replica_kills) = replicas.unwrap();
    let (postgres, postgres_kills, slowest) = postgres.unwrap();
    let cuts = cuts.unwrap();
    load.await.unwrap();

    for replica in &mut replicas {
        assert!(replica.runs(), "a replica ended by itself");
        replica.until("/readiness", 200).await;
    }
    let counter = Counter { postgres, database };
    let counted = counter.value().await - 1_000;
    println!(
        "killed: api {replica_kills}, PostgreSQL {postgres_kills}, connections {cuts}; slowest ready again {slowest:?}; \
         counted {counted}, {account}"
    );
    assert!(replica_kills >= KILLS && postgres_kills >= KILLS && cuts >= KILLS);
    account.settle(1_000, counted);
}

/// What the callers were told.
#[derive(Default)]
struct Account {
    numbers: Mutex<Vec<i64>>,
    /// Told that they were not counted, or never connected.
    not_counted: AtomicU64,
    /// Told that nobody knows, or told nothing.
    unknown: AtomicU64,
    surprises: Mutex<Vec<String>>,
}

impl Account {
    fn note(&self, outcome: &Outcome) {
        let more = |count: &AtomicU64| {
            count.fetch_add(1, Ordering::Relaxed);
        };
        match &outcome.result {
            Ok(answer) => {
                let text = String::from_utf8_lossy(&answer.body);
                match answer.status.as_u16() {
                    200 => match text.parse() {
                        Ok(number) => self.numbers.lock().unwrap().push(number),
                        Err(_) => self.surprises.lock().unwrap().push(text.into_owned()),
                    },
                    503 if text.contains("not counted") => more(&self.not_counted),
                    503 if text.contains("may have been counted") => more(&self.unknown),
                    status => self
                        .surprises
                        .lock()
                        .unwrap()
                        .push(format!("{status}: {text}")),
                }
            }
            Err(failure) if failure.kind == FailureKind::Connect => more(&self.not_counted),
            Err(_) => more(&self.unknown),
        }
    }

    fn settle(&self, initial: i64, counted: i64) {
        assert_eq!(*self.surprises.lock().unwrap(), Vec::<String>::new());
        let numbers = self.numbers.lock().unwrap();
        let given = i64::try_from(numbers.len()).unwrap();
        let unknown = i64::try_from(self.unknown.load(Ordering::Relaxed)).unwrap();
        let different: HashSet<i64> = numbers.iter().copied().collect();
        assert_eq!(different.len(), numbers.len(), "a number was given twice");
        let within = initial + 1..=initial + counted;
        let outside: Vec<_> = numbers
            .iter()
            .filter(|number| !within.contains(number))
            .collect();
        assert_eq!(outside, Vec::<&i64>::new(), "given and then lost");
        assert!(given <= counted, "{given} given, {counted} counted");
        // Who was told "not counted" was not.
        assert!(
            counted <= given + unknown,
            "{counted} counted, {given} given and {unknown} unknown"
        );
        assert!(given > 1_000, "there was hardly any load");
        assert!(unknown > 0, "nothing was killed in flight");
    }
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "given {}, unknown {}, not counted {}",
            self.numbers.lock().unwrap().len(),
            self.unknown.load(Ordering::Relaxed),
            self.not_counted.load(Ordering::Relaxed)
        )
    }
}

fn account(numbers: &[i64], unknown: u64) -> Account {
    Account {
        // As if there had been load.
        numbers: Mutex::new((1..=2_000).chain(numbers.iter().copied()).collect()),
        unknown: AtomicU64::new(unknown),
        ..Account::default()
    }
}

#[test]
fn the_account_is_settled_when_all_is_well() {
    account(&[2_001, 2_003], 1).settle(0, 2_003);
}

#[test]
#[should_panic(expected = "a number was given twice")]
fn the_account_notices_a_doubled_number() {
    account(&[2_001, 2_001], 1).settle(0, 2_002);
}

#[test]
#[should_panic(expected = "given and then lost")]
fn the_account_notices_a_lost_number() {
    account(&[2_001, 2_002], 1).settle(0, 2_001);
}

#[test]
#[should_panic(expected = "2001 given and 1 unknown")]
fn the_account_notices_a_click_that_was_counted_twice() {
    account(&[2_003], 1).settle(0, 2_003);
}

async fn ask(target: Target, account: Arc<Account>, clock: Clock) {
    while !clock.over() {
        let account = Arc::clone(&account);
        let plan = ClosedLoop {
            timeout: Duration::from_secs(10),
            ..ClosedLoop::new(32, Duration::from_secs(2))
        };
        closed_loop_with(&target, plan, move |outcome| account.note(outcome)).await;
    }
}

async fn kill_replicas(replicas: [Service; 2], mut clock: Clock) -> ([Service; 2], u32) {
    let [mut one, mut two] = replicas;
    let mut kills = 0;
    while clock.next(kills).await {
        if clock.random(2) == 0 {
            std::mem::swap(&mut one, &mut two);
        }
        assert!(one.runs(), "a replica ended by itself");
        one = one.kill_and_restart().await;
        kills += 1;
    }
    ([one, two], kills)
}

async fn kill_postgres(
    mut postgres: Postgres,
    admins: [SocketAddr; 2],
    mut clock: Clock,
) -> (Postgres, u32, Duration) {
    let mut kills = 0;
    let mut slowest = Duration::ZERO;
    while clock.next(kills).await {
        postgres.kill().await;
        tokio::time::sleep(Duration::from_millis(clock.random(500))).await;
        postgres.restart().await;
        kills += 1;
        let back = Instant::now();
        for admin in admins {
            // Replicas and connections are killed meanwhile too: what counts is that it gets ready at all, in time.
            while !try_ask(admin, http::Method::GET, "/readiness", &[])
                .await
                .is_ok_and(|answer| answer.status == 200)
            {
                assert!(back.elapsed() < READY_AGAIN, "not ready again");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        slowest = slowest.max(back.elapsed());
    }
    (postgres, kills, slowest)
}

async fn cut_connections(name: Arc<Proxy>, mut clock: Clock) -> u32 {
    let mut cuts = 0;
    while clock.next(cuts).await {
        match clock.random(10) {
            0 => {
                name.stall(true);
                tokio::time::sleep(Duration::from_millis(clock.random(300))).await;
                name.stall(false);
                name.cut();
            }
            1 | 2 => {
                name.refuse(true);
                name.cut();
                tokio::time::sleep(Duration::from_millis(clock.random(300))).await;
                name.refuse(false);
            }
            _ => name.cut(),
        }
        cuts += 1;
    }
    cuts
}

/// When the killing happens, and when it is over: after the time, and not before everybody has killed enough.
#[derive(Clone)]
struct Clock {
    began: Instant,
    state: u64,
    /// Who has killed enough.
    enough: Arc<[AtomicBool; 4]>,
    me: usize,
}

impl Clock {
    fn new(seed: u64) -> Self {
        Self {
            began: Instant::now(),
            state: seed,
            enough: Arc::default(),
            me: 0,
        }
    }

    fn fork(&self, me: usize) -> Self {
        Self {
            state: self.state.wrapping_add(me as u64 * 0x1234_5678_9abc),
            me,
            ..self.clone()
        }
    }

    fn over(&self) -> bool {
        self.began.elapsed() > TIME && self.enough[1..].iter().all(|is| is.load(Ordering::SeqCst))
    }

    /// Waits for the next moment; false when it is over.
    async fn next(&mut self, kills: u32) -> bool {
        if kills >= KILLS {
            self.enough[self.me].store(true, Ordering::SeqCst);
        }
        let pause = Duration::from_millis(200 + self.random(1_200));
        tokio::time::sleep(pause).await;
        !self.over()
    }

    /// Below `limit` (splitmix64).
    fn random(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn seed() -> u64 {
    match std::env::var("SEAWORTHY_SEED") {
        Ok(seed) => seed.parse().expect("SEAWORTHY_SEED is a number"),
        Err(_) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |time| u64::from(time.subsec_nanos())),
    }
}
