//! A service with one login, seen from isolates that remember much, nothing, or what was true a while ago.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pollster::block_on;
use testing::config_value;
use wvw_builder::app::App;
use wvw_builder::auth::keys::ActiveKey;
use wvw_builder::auth::model::AccountRole;
use wvw_builder::auth::tokens::{self, Grant};
use wvw_builder::config::Config;
use wvw_builder::http::request::Credential;
use wvw_builder::ids::{SessionId, UserId};
use wvw_builder::limits::object;
use wvw_builder::platform::native::{TestClock, TestDatabase, TestPlatform};
use wvw_builder::platform::{
    Cache, CacheError, Clock as _, Database, DatabaseError, LocalFuture, Platform, Row, Statement,
};
use wvw_builder::runtime::State;

pub use testing::paths::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Tokens that live as long as the configuration allows.
pub fn config(master: u8, previous: Option<u8>) -> Config {
    let key = |first: u8| STANDARD.encode((first..first + 32).collect::<Vec<u8>>());
    let lookup = |name: &str| match name {
        "MAIL_TRANSPORT" => Some("off".to_owned()),
        "MASTER_KEY" => Some(key(master)),
        "MASTER_KEY_PREVIOUS" => previous.map(key),
        "ACCESS_TOKEN_SECONDS" => Some("3600".to_owned()),
        name => config_value(name),
    };
    Config::load(lookup).expect("a good configuration")
}

pub struct World {
    pub test: TestPlatform,
    pub user: UserId,
    session: SessionId,
    /// What KV held, with the time it was put there.
    history: History,
    seed: RefCell<u64>,
}

type History = Rc<RefCell<HashMap<String, Vec<(i64, String)>>>>;

impl World {
    /// One account that is logged in for ever.
    pub fn new() -> Self {
        let (platform, test) = TestPlatform::with_objects(object::RULES);
        let (user, session) = (UserId::fresh(&platform), SessionId::fresh(&platform));
        test.database.execute(&format!(
            "INSERT INTO users (id, email, email_key, display_name, password_hash, \
             password_changed_at, created_at, updated_at) \
             VALUES ('{user}', 'a@guild.gg', 'a@guild.gg', 'A', '', 0, 0, 0)"
        ));
        test.database.execute(&format!(
            "INSERT INTO sessions (id, user_id, family_hash, refresh_hash, authenticated_at, amr, \
             created_at, refreshed_at, refresh_expires_at, expires_at) \
             VALUES ('{session}', '{user}', x'01', x'02', 4000000000000, 'pwd', 0, 0, \
             4000000000000, 4000000000000)"
        ));
        Self {
            test,
            user,
            session,
            history: Rc::default(),
            seed: RefCell::new(1),
        }
    }

    pub fn now(&self) -> i64 {
        self.test.clock.now_ms()
    }

    pub fn execute(&self, sql: &str) -> Vec<Row> {
        self.test.database.execute(sql)
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.execute(sql)[0].integer(0).expect("a number")
    }

    /// How many rows a table has.
    pub fn rows(&self, table: &str) -> i64 {
        self.count(&format!("SELECT count(*) FROM {table}"))
    }

    /// Moves the clock.
    pub fn wait_ms(&self, ms: i64) {
        self.test.clock.advance_ms(ms);
    }

    /// Ports with randomness of their own; KV holds what it held `kv_stale_ms` ago.
    pub fn platform(&self, kv_stale_ms: i64) -> Platform {
        *self.seed.borrow_mut() += 1;
        Platform {
            cache: Box::new(StaleCache {
                history: Rc::clone(&self.history),
                clock: self.test.clock.clone(),
                stale_ms: kv_stale_ms,
            }),
            ..self.test.platform(*self.seed.borrow())
        }
    }

    /// An isolate that has just started.
    pub fn isolate(&self, kv_stale_ms: i64) -> Isolate<'_> {
        self.isolate_on(self.platform(kv_stale_ms), config(1, None))
    }

    pub fn isolate_on(&self, platform: Platform, config: Config) -> Isolate<'_> {
        Isolate {
            world: self,
            app: App::new(platform, Ok(config)),
        }
    }
}

/// An isolate.
pub struct Isolate<'w> {
    world: &'w World,
    pub app: App,
}

impl Isolate<'_> {
    pub fn state(&self) -> &State {
        match &self.app {
            App::Ready(state) => state,
            App::Misconfigured { .. } => panic!("the configuration is good"),
        }
    }

    /// The key that this isolate would sign with.
    pub fn key(&self) -> Rc<ActiveKey> {
        let State { config, keys, .. } = self.state();
        let key = block_on(keys.active(&config.master_keys, &self.state().platform));
        key.expect("there is a key to sign with")
    }

    /// An access token of this isolate.
    pub fn sign(&self) -> Credential {
        self.sign_with(&self.key())
    }

    /// A token signed with a key that may not be the one in force.
    pub fn sign_with(&self, key: &ActiveKey) -> Credential {
        let grant = Grant {
            user_id: &self.world.user,
            session_id: &self.world.session,
            role: AccountRole::User,
            amr: "pwd",
            authenticated_at: self.world.now(),
        };
        let State {
            config, platform, ..
        } = self.state();
        let token =
            tokens::issue(config.tokens(), platform, key, &grant).expect("it can be signed");
        Credential::new(format!("Bearer {token}"))
    }

    /// Whether this isolate lets the bearer in.
    pub fn admits(&self, token: &Credential) -> bool {
        let State {
            config,
            platform,
            keys,
            verifier,
            ..
        } = self.state();
        block_on(verifier.verify(token, config.tokens(), keys, platform)).is_ok()
    }

    pub fn tick(&self) {
        block_on(self.app.tick("17 * * * *", self.world.now()));
    }
}

/// KV as it was a while ago.
struct StaleCache {
    history: History,
    clock: TestClock,
    stale_ms: i64,
}

impl Cache for StaleCache {
    fn get<'a>(&'a self, key: &'a str) -> LocalFuture<'a, Result<Option<String>, CacheError>> {
        Box::pin(async move {
            let then = self.clock.now_ms() - self.stale_ms;
            let history = self.history.borrow();
            let values = history.get(key).into_iter().flatten().rev();
            let mut known = values.filter(|(at, _)| *at <= then);
            Ok(known.next().map(|(_, value)| value.clone()))
        })
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        _seconds: u64,
    ) -> LocalFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let mut history = self.history.borrow_mut();
            let values = history.entry(key.to_owned()).or_default();
            values.push((self.clock.now_ms(), value.to_owned()));
            // Older ones than any isolate of the simulations sees.
            let excess = values.len().saturating_sub(200);
            values.drain(..excess);
            Ok(())
        })
    }
}

/// D1 whose public keys are those of the last time that someone called `remember`.
#[derive(Clone)]
pub struct StaleKeys {
    pub database: TestDatabase,
    known: Rc<RefCell<Vec<Row>>>,
}

const PUBLIC: &str = "SELECT public_key";

impl StaleKeys {
    pub fn new(database: TestDatabase) -> Self {
        Self {
            database,
            known: Rc::default(),
        }
    }

    /// What isolates on this database see from now on.
    pub fn remember(&self) {
        *self.known.borrow_mut() = self.database.execute(
            "SELECT public_key, created_at, activates_at, retires_at, removed_at, revoked_at \
             FROM signing_keys WHERE revoked_at IS NULL ORDER BY generation DESC",
        );
    }
}

impl Database for StaleKeys {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        if statement.sql.starts_with(PUBLIC) {
            return Box::pin(async { Ok(self.known.borrow().clone()) });
        }
        self.database.query(statement)
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        self.database.batch(statements)
    }
}
