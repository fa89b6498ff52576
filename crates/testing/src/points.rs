//! Ports that let something happen at the n-th await of a request: each call of a port that can take time
//! is one point, counted from 0.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wvw_builder::platform::native::TestPlatform;
use wvw_builder::platform::{
    Cache, CacheError, Clock, Database, DatabaseError, HttpAnswer, HttpClient, HttpError,
    HttpRequest, Limiter, LimiterError, LocalFuture, Mail, MailError, MailMessage, Platform, Row,
    Statement,
};

/// What is to happen, once, and before which await.
type Act = (usize, Box<dyn FnOnce()>);

/// The awaits of one request so far, and what is to happen before one of them.
#[derive(Default)]
pub struct Points {
    passed: Cell<usize>,
    act: RefCell<Option<Act>>,
}

impl Points {
    /// Does `act` before the await number `at`.
    pub fn acting(at: usize, act: impl FnOnce() + 'static) -> Rc<Self> {
        Rc::new(Self {
            passed: Cell::default(),
            act: RefCell::new(Some((at, Box::new(act)))),
        })
    }

    /// How many there were.
    pub fn passed(&self) -> usize {
        self.passed.get()
    }

    fn pass(&self) {
        let number = self.passed.get();
        self.passed.set(number + 1);
        let due = self.act.borrow_mut().take_if(|(at, _)| *at == number);
        if let Some((_, act)) = due {
            act();
        }
    }
}

struct At<P: ?Sized> {
    points: Rc<Points>,
    port: Box<P>,
}

/// The platform of a test whose ports pass `points`.
pub fn platform_with(test: &TestPlatform, seed: u64, points: &Rc<Points>) -> Platform {
    let platform = test.platform(seed);
    macro_rules! at {
        ($port:ident) => {
            Box::new(At {
                points: Rc::clone(points),
                port: platform.$port,
            })
        };
    }
    Platform {
        database: at!(database),
        cache: at!(cache),
        limiter: at!(limiter),
        http: at!(http),
        mail: at!(mail),
        clock: at!(clock),
        ..platform
    }
}

impl Database for At<dyn Database> {
    fn query(&self, statement: Statement) -> LocalFuture<'_, Result<Vec<Row>, DatabaseError>> {
        self.points.pass();
        self.port.query(statement)
    }

    fn batch(
        &self,
        statements: Vec<Statement>,
    ) -> LocalFuture<'_, Result<Vec<u64>, DatabaseError>> {
        self.points.pass();
        self.port.batch(statements)
    }
}

impl Cache for At<dyn Cache> {
    fn get<'a>(&'a self, key: &'a str) -> LocalFuture<'a, Result<Option<String>, CacheError>> {
        self.points.pass();
        self.port.get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        seconds: u64,
    ) -> LocalFuture<'a, Result<(), CacheError>> {
        self.points.pass();
        self.port.put(key, value, seconds)
    }
}

impl Limiter for At<dyn Limiter> {
    fn take<'a>(
        &'a self,
        name: &'a str,
        ask: &'a str,
    ) -> LocalFuture<'a, Result<String, LimiterError>> {
        self.points.pass();
        self.port.take(name, ask)
    }
}

impl HttpClient for At<dyn HttpClient> {
    fn send(&self, request: HttpRequest) -> LocalFuture<'_, Result<HttpAnswer, HttpError>> {
        self.points.pass();
        self.port.send(request)
    }
}

impl Mail for At<dyn Mail> {
    fn send<'a>(&'a self, message: &'a MailMessage) -> LocalFuture<'a, Result<(), MailError>> {
        self.points.pass();
        self.port.send(message)
    }
}

impl Clock for At<dyn Clock> {
    fn now_ms(&self) -> i64 {
        self.port.now_ms()
    }

    fn sleep(&self, ms: u32) -> LocalFuture<'static, ()> {
        self.points.pass();
        self.port.sleep(ms)
    }
}
