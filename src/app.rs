//! The application: its state and the way of a request through it, the same on the edge and in tests. Every
//! request gets an answer with a request id and one log line.

use std::borrow::Cow;

use crate::accounts::password_reset;
use crate::accounts::sessions::handlers::login_of_body;
use crate::auth::model::Caller;
use crate::auth::tokens::{ShownCredential, TokenError};
use crate::catalogue;
use crate::config::{Config, ConfigError};
use crate::housekeeping;
use crate::http::query::Query;
use crate::http::request::{Credential, Method};
use crate::http::response::ResponseBody;
use crate::http::trace::Trace;
use crate::http::{Header, Problem, Profile, Request, Response, cors, etag, problems, trace};
use crate::idempotency::{self, Begun};
use crate::limits::guard::{Meter, Principal};
use crate::limits::policies::{Bucket, Limit};
use crate::mail;
use crate::platform::{Lane, Level, Line, Platform, Settlement};
use crate::routes::{self, Access, Match, Route};
use crate::runtime::{Context, State};
use crate::sealed_columns::SEALED;
use crate::triggers::{Consumer, Schedule};
use crate::webhooks::delivery;

/// Bodies shorter than this gain nothing from gzip.
const GZIP_MIN_BYTES: usize = 1024;
/// The retry delay, in seconds, of messages without a consumer.
const UNHANDLED_RETRY_S: u32 = 60;

/// The application of one isolate.
pub enum App {
    /// Ready to work.
    Ready(Box<State>),
    /// Answers everything with 503.
    Misconfigured {
        /// The ports.
        platform: Platform,
        /// What is missing or weak.
        errors: Vec<ConfigError>,
    },
}

/// What the log line of a request is made of, and nothing else: no token, address or body gets into it.
struct RequestLog {
    begun_ms: i64,
    request_id: String,
    trace: Trace,
    /// The pattern, never the path itself.
    route: &'static str,
    /// Whether scripts of every origin may read the answer.
    is_open: bool,
    user_id: Option<String>,
}

impl RequestLog {
    fn begin(request: &Request, platform: &Platform) -> Self {
        Self {
            begun_ms: platform.clock.now_ms(),
            request_id: trace::request_id(request.header(Header::RequestId), platform),
            trace: Trace::from_header(request.header(Header::Traceparent), platform),
            route: "none",
            is_open: false,
            user_id: None,
        }
    }

    /// Writes the line for this outcome: its status, and the problem's code and cause.
    fn write(
        &self,
        platform: &Platform,
        event: &str,
        method: Method,
        status: u16,
        (code, cause): (Option<&str>, Option<&str>),
    ) {
        let level = match status {
            500.. => Level::Error,
            _ => Level::Info,
        };
        let ended_ms = platform.clock.now_ms();
        Line::new(level, event, ended_ms)
            .field("request_id", &self.request_id)
            .field("trace_id", &self.trace.trace_id)
            .field("method", method.as_str())
            .field("route", self.route)
            .field("status", status)
            .field("duration_ms", ended_ms - self.begun_ms)
            .optional("user_id", self.user_id.as_deref())
            .optional("code", code)
            .optional("cause", cause)
            .write(platform);
    }
}

impl App {
    /// The application for this configuration.
    pub fn new(platform: Platform, config: Result<Config, Vec<ConfigError>>) -> Self {
        match config {
            Ok(config) => {
                let state = State::new(platform, config, SEALED, catalogue::ALL);
                Self::Ready(Box::new(state))
            }
            Err(errors) => Self::Misconfigured { platform, errors },
        }
    }

    fn platform(&self) -> &Platform {
        match self {
            Self::Ready(state) => &state.platform,
            Self::Misconfigured { platform, .. } => platform,
        }
    }

    fn config(&self) -> Option<&Config> {
        match self {
            Self::Ready(state) => Some(&state.config),
            Self::Misconfigured { .. } => None,
        }
    }

    /// Answers one request.
    pub async fn handle(&self, request: &Request) -> Response {
        let platform = self.platform();
        let mut log = RequestLog::begin(request, platform);
        let (answer, limit_headers) = match self {
            Self::Ready(state) => {
                let meter = Meter::new(&state.limits, platform);
                let answer = guard(state, request, &meter, &mut log).await;
                (answer, meter.headers())
            }
            Self::Misconfigured { errors, .. } => (Err(misconfigured(errors)), None),
        };
        let answer = answer.and_then(|response| negotiate(request, response));
        let (code, cause) = match &answer {
            Ok(_) => (None, None),
            Err(problem) => (Some(problem.kind.code), problem.cause.clone()),
        };
        let mut response =
            answer.unwrap_or_else(|problem| self.problem_response(problem, &log.request_id));
        for (name, value) in limit_headers.into_iter().flatten() {
            response.headers.push((name, value.into()));
        }
        let origins = self.config().map_or(&[][..], |it| &it.allowed_origins);
        cors::add_headers(request, origins, log.is_open, &mut response);
        response
            .headers
            .push(("x-request-id", log.request_id.clone().into()));
        if request.method == Method::Head && !matches!(response.body, ResponseBody::Asset(_)) {
            response.body = ResponseBody::Empty;
        }
        let problem = (code, cause.as_deref());
        log.write(
            platform,
            "request",
            request.method,
            response.status,
            problem,
        );
        response
    }

    /// Does what `cron` is for; it was to fire at `scheduled_ms` since 1970.
    pub async fn tick(&self, cron: &str, scheduled_ms: i64) {
        match (self, Schedule::of(cron)) {
            (Self::Ready(state), Some(schedule)) => {
                let steps = housekeeping::steps_of(schedule);
                housekeeping::run(state, steps, cron, scheduled_ms).await;
            }
            _ => self.report_unhandled("tick", "cron", cron),
        }
    }

    /// Works on what a queue has brought. Says through `settle`, once and as soon as the next batch may
    /// come, what becomes of each message: what goes wrong later changes nothing about that. Messages
    /// of a queue that is not in the table come again.
    pub async fn consume(&self, queue: &str, bodies: &[String], settle: &dyn Fn(&[Settlement])) {
        let (Self::Ready(state), Some(consumer)) = (self, Consumer::of(queue)) else {
            self.report_unhandled("batch_not_consumed", "queue", queue);
            settle(&vec![Settlement::Retry(UNHANDLED_RETRY_S); bodies.len()]);
            return;
        };
        match consumer {
            Consumer::Lane(Lane::First) => delivery::consume_events(state, bodies, settle).await,
            Consumer::Lane(Lane::Slow) => delivery::consume_endpoints(state, bodies, settle).await,
            Consumer::Lane(Lane::Mail) => {
                mail::delivery::consume(state, bodies, settle, |state, email, done| {
                    let answer = password_reset::answer_request(state, email, done);
                    Box::pin(async { Ok(answer.await?) })
                })
                .await;
            }
            Consumer::DeadLetters => delivery::consume_dead_letters(state, bodies, settle).await,
        }
    }

    /// Logs a trigger that nothing is done for: `what` it is, and its name.
    fn report_unhandled(&self, event: &str, what: &str, name: &str) {
        let (code, cause) = match self {
            Self::Ready(_) => ("unknown_trigger", Some("not in src/triggers.rs".to_owned())),
            Self::Misconfigured { errors, .. } => {
                (problems::MISCONFIGURED.code, misconfigured(errors).cause)
            }
        };
        let platform = self.platform();
        Line::new(Level::Error, event, platform.clock.now_ms())
            .field(what, name)
            .field("code", code)
            .field("cause", cause)
            .write(platform);
    }

    /// Answers a request whose handling panicked; `cause` goes to the log.
    pub fn answer_panic(&self, request: &Request, cause: &str) -> Response {
        let platform = self.platform();
        let mut log = RequestLog::begin(request, platform);
        let problem = Problem::new(&problems::INTERNAL);
        let code = problem.kind.code;
        let mut response = self.problem_response(problem, &log.request_id);
        response
            .headers
            .push(("x-request-id", log.request_id.clone().into()));
        if let Match::Route(route, _) = routes::find(request.method, &request.path) {
            log.route = route.path;
        }
        let problem = (Some(code), Some(cause));
        log.write(platform, "panic", request.method, response.status, problem);
        response
    }

    fn problem_response(&self, problem: Problem, request_id: &str) -> Response {
        let base = self.config().map_or("", |config| &config.issuer);
        let body = problem.body(base, request_id);
        let mut response = Response::bytes(problem.kind.status, Profile::Problem, body);
        response.headers = problem.headers;
        response
    }
}

fn misconfigured(errors: &[ConfigError]) -> Problem {
    let causes: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let mut problem = Problem::new(&problems::MISCONFIGURED).with_header("retry-after", "60");
    problem.cause = Some(causes.join("; "));
    problem
}

/// Route, then the caller's limits, then authentication, then scope, then the
/// `Idempotency-Key`, then the handler.
async fn guard(
    state: &State,
    request: &Request,
    meter: &Meter<'_>,
    log: &mut RequestLog,
) -> Result<Response, Problem> {
    request.check_target()?;
    let found = routes::find(request.method, &request.path);
    let (limit, access) = match &found {
        Match::Route(route, _) => (route.limit, route.access),
        // A browser asks before each call of a page: a preflight that fails looks like a broken API.
        Match::OtherMethods(_) if request.method == Method::Options => {
            (Limit::Unlimited, Access::Public)
        }
        // Looking for what is not there counts like everything else.
        Match::Nothing | Match::OtherMethods(_) => (Limit::Caller(1), Access::Public),
    };
    let shown = match request.credential().filter(|_| access != Access::Public) {
        Some(credential) => Some(look(state, credential).await),
        None => None,
    };
    charge(state, request, meter, limit, access, shown.as_ref()).await?;
    let (route, params) = match found {
        Match::Route(route, values) => (route, values),
        Match::Nothing => return Err(Problem::new(&problems::NOT_FOUND)),
        Match::OtherMethods(allow) if request.method == Method::Options => {
            let read = routes::find(Method::Get, &request.path);
            log.is_open = cors::is_for_reading(request)
                && matches!(read, Match::Route(route, _) if route.is_open());
            let origins = &state.config.allowed_origins;
            return cors::answer_options(request, origins, log.is_open, &allow);
        }
        Match::OtherMethods(allow) => {
            return Err(Problem::new(&problems::METHOD_NOT_ALLOWED).with_header("allow", allow));
        }
    };
    log.route = route.path;
    log.is_open = route.is_open();
    let caller = authenticate(state, request, meter, route, shown).await?;
    log.user_id = caller.as_ref().map(|caller| caller.user_id.to_string());
    let query = {
        let unicode = state.platform.unicode.as_ref();
        Query::parse(
            &request.query,
            route.operation.query,
            route.unknown_parameters(),
            unicode,
        )?
    };
    if route.takes_no_condition() {
        etag::check_write(request, None)?;
    }
    let (config, platform) = (&state.config, &state.platform);
    let rule = route.access.rule();
    let key = request.header(Header::IdempotencyKey);
    // In boxes: requests without a key are not to carry the room for it.
    let reservation = match key.filter(|_| route.method == Method::Post) {
        None => None,
        Some(key) => {
            let begin = idempotency::begin(
                config,
                platform,
                request,
                route.operation,
                caller.as_ref().zip(rule.as_ref()),
                key,
            );
            match Box::pin(begin).await? {
                Begun::Reserved(reservation) => Some(reservation),
                Begun::Done(answer) => return Ok(answer),
            }
        }
    };
    let context = Context {
        state,
        request,
        trace: &log.trace,
        meter,
        operation: route.operation,
        params,
        query,
        caller,
        rule,
        reservation,
    };
    let outcome = (route.handler)(&context).await;
    match &context.reservation {
        None => outcome,
        Some(reservation) => Box::pin(reservation.settle(config, platform, outcome)).await,
    }
}

async fn look(state: &State, credential: &Credential) -> Result<ShownCredential, TokenError> {
    let (verifier, settings) = (&state.verifier, state.config.tokens());
    let look = verifier.look(credential, settings, &state.keys, &state.platform);
    look.await
}

/// Charges the request, before the database is asked about its credential: to the owner of one that
/// we have made, which strangers at the same address cannot do, and else to the address. So what
/// is worth nothing is slowed down, and nobody pays for it who is worth something.
async fn charge(
    state: &State,
    request: &Request,
    meter: &Meter<'_>,
    limit: Limit,
    access: Access,
    shown: Option<&Result<ShownCredential, TokenError>>,
) -> Result<(), Problem> {
    let (cost, shown) = match (limit, shown) {
        (Limit::Unlimited, _) => return Ok(()),
        (Limit::Address(set), _) => return meter.charge_address(request, set, 1).await,
        (Limit::Login, _) => match login_of_body(state, request) {
            Some(login) => return meter.charge(Principal::Session(&login), 1).await,
            None => (1, None),
        },
        (Limit::Caller(cost), shown) => (cost, shown.and_then(|shown| shown.as_ref().ok())),
    };
    if let Some(shown) = shown {
        return match shown.principal() {
            Some(principal) => meter.charge(principal, cost).await,
            // An API key that is new here: its owner is charged as soon as it is known who that is.
            None => Ok(()),
        };
    }
    let charged = meter.charge_address(request, Bucket::Anonymous, cost);
    let Err(refused) = charged.await else {
        return Ok(());
    };
    // Where nothing depends on who calls, it still matters whose quota it is.
    let Some(credential) = request.credential().filter(|_| access == Access::Public) else {
        return Err(refused);
    };
    let (verifier, settings) = (&state.verifier, state.config.tokens());
    let proven = verifier.verify(credential, settings, &state.keys, &state.platform);
    match proven.await {
        Ok(caller) => meter.charge((&caller).into(), cost).await,
        Err(_) => Err(refused),
    }
}

async fn authenticate(
    state: &State,
    request: &Request,
    meter: &Meter<'_>,
    route: &Route,
    shown: Option<Result<ShownCredential, TokenError>>,
) -> Result<Option<Caller>, Problem> {
    let (rule, credential, shown) = match (route.access, request.credential(), shown) {
        (Access::Required(_), None, _) => {
            return Err(Problem::new(&problems::AUTHENTICATION_REQUIRED)
                .with_header("www-authenticate", "Bearer"));
        }
        (Access::Optional(rule) | Access::Required(rule), Some(credential), Some(shown)) => {
            (rule, credential, shown)
        }
        _ => return Ok(None),
    };
    let shown = shown.map_err(refusal)?;
    let is_charged = shown.principal().is_some();
    let cost = match route.limit {
        Limit::Caller(cost) => cost,
        _ => 0,
    };
    let caller = match state
        .verifier
        .prove(shown, credential, &state.platform)
        .await
    {
        Ok(caller) => caller,
        Err(error) => {
            if matches!(error, TokenError::Invalid(_)) {
                meter.charge_address_instead(request, cost).await?;
            }
            return Err(refusal(error));
        }
    };
    if !is_charged {
        meter.charge((&caller).into(), cost).await?;
    }
    rule.check(&caller, state.platform.clock.now_ms())?;
    Ok(Some(caller))
}

fn refusal(error: TokenError) -> Problem {
    match error {
        TokenError::Invalid(why) => Problem::invalid_token(why),
        TokenError::Key(error) => error.into(),
    }
}

/// The answer to a request in the form that it asks for, or 304 when the client has that form.
fn negotiate(request: &Request, mut response: Response) -> Result<Response, Problem> {
    compress(request, &mut response);
    let is_read = matches!(request.method, Method::Get | Method::Head);
    let tag = response.headers.iter().find(|(name, _)| *name == "etag");
    if let Some((_, tag)) = tag
        && is_read
        && matches!(response.status, 200 | 304)
        && etag::compare(request, tag)?
    {
        response.status = 304;
        response.body = ResponseBody::Empty;
        response
            .headers
            .retain(|(name, _)| *name != "content-encoding");
    }
    Ok(response)
}

/// Asks the platform for gzip (RFC 9110, section 12.5.3) where it pays, and gives the gzip form
/// its own tag.
fn compress(request: &Request, response: &mut Response) {
    let accepts = request.header(Header::AcceptEncoding);
    if !accepts.is_some_and(etag::accepts_gzip) {
        return;
    }
    let is_large = match &response.body {
        ResponseBody::Bytes(bytes) => bytes.len() > GZIP_MIN_BYTES,
        ResponseBody::Passthrough { text, .. } => text.length() > GZIP_MIN_BYTES,
        ResponseBody::Asset(_) => true,
        ResponseBody::Empty => false,
    };
    if is_large {
        response.headers.push(("content-encoding", "gzip".into()));
    }
    for (name, value) in &mut response.headers {
        // A 304 names the form that the client has, and would get again (RFC 9110, section 15.4.5).
        if *name == "etag"
            && (is_large || (response.status == 304 && etag::names_gzip(request, value)))
        {
            *value = Cow::Owned(etag::of_gzip(value));
        }
    }
}
