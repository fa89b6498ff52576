//! The calls on the roster of a team. A read is one statement, a write one batch, for large files too.

use kit::time::rfc3339;
use serde_json::json;

use crate::auth::audit::{Action, Entry};
use crate::auth::permissions::{Permit, ReadTeams, WriteTeams};
use crate::http::body::Body as _;
use crate::http::problem::MAX_ERRORS;
use crate::http::{FieldError, Page, Problem, Profile, Response, etag, merge_patch, problems};
use crate::ids::{PlayerId, TeamId, UserId};
use crate::membership::model::Membership;
use crate::membership::permissions::{EditRoster, TeamPermit, ViewTeam};
use crate::platform::{DatabaseError, Text};
use crate::runtime::{Context, Tx};

use super::csv;
use super::import::{self, Existing, Mode, Plan};
use super::model::{self, Draft, Editor, Owned, PlayerInput, StoredPlayer};
use super::schemas::{MAX_CHARACTERS, MAX_PLAYERS};
use super::store::{self, ListedPlayers, PlayerColumns, RosterFilters};

/// Entries that are read at once for a file.
const CHUNK: i64 = 1_000;

fn path(team: &TeamId) -> String {
    format!("/api/v1/teams/{team}/players")
}

fn team_of(cx: &Context<'_>) -> Result<TeamId, Problem> {
    TeamId::parse(cx.param("id")).ok_or_else(Problem::not_found)
}

/// The player of the path, and the caller's role in the team.
async fn find(cx: &Context<'_>, user: &UserId) -> Result<(Membership, StoredPlayer), Problem> {
    let team = team_of(cx)?;
    let id = cx.path("player_id", PlayerId::parse)?;
    let found = store::find(&cx.state.platform, &team, user, id).await?;
    let (membership, player) = found.ok_or_else(Problem::not_found)?;
    Ok((membership, player.ok_or_else(Problem::not_found)?))
}

/// The player of the path, to be changed by the caller in the version that they have read.
async fn open<'a>(
    cx: &'a Context<'_>,
) -> Result<(Permit<'a, WriteTeams>, Editor, StoredPlayer), Problem> {
    let permit = cx.permit::<WriteTeams>()?;
    let (membership, player) = find(cx, permit.user_id()).await?;
    let editor = Editor::of(membership)?;
    editor.grant(player.user.as_deref(), player.user.as_deref())?;
    etag::check_if_match(cx.request, &StoredPlayer::etag(player.version))?;
    Ok((permit, editor, player))
}

fn answer(status: u16, document: impl Into<Text>, version: i64) -> Response {
    Response::text(status, Profile::Private, document)
        .with_header("etag", StoredPlayer::etag(version))
}

/// GET /teams/{id}/players
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadTeams>()?;
    let page = Page::from_query(&cx.query, PlayerId::parse)?;
    let filters = RosterFilters {
        user: cx.query.text("user_id"),
        search: cx.query.text("q").map(str::to_lowercase),
        named: None,
    };
    let team = team_of(cx)?;
    let of = (&team, permit.user_id());
    let listed = store::list(
        &cx.state.platform,
        of,
        PlayerColumns::Document,
        &filters,
        &page,
    )
    .await?;
    let ListedPlayers {
        data,
        last,
        membership,
    } = listed.ok_or_else(Problem::not_found)?;
    TeamPermit::<ViewTeam>::of(membership)?;
    Ok(cx.listed(data, last))
}

/// `GET /teams/{id}/players/{player_id}`
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadTeams>()?;
    let (membership, player) = find(cx, permit.user_id()).await?;
    TeamPermit::<ViewTeam>::of(membership)?;
    let tag = StoredPlayer::etag(player.version);
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    Ok(answer(200, player.document, player.version))
}

/// POST /teams/{id}/players
pub async fn create(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteTeams>()?;
    let editor = Editor::of(cx.membership(permit.user_id()).await?)?;
    let (input, mut errors) = cx.body_as()?;
    let draft = Draft::of(input, String::new(), &mut errors);
    let own = draft.input.user_id.as_deref();
    let grant = editor.grant(own, own)?;
    let (input, _) = settle(cx, &editor, draft, None, errors).await?;
    let platform = &cx.state.platform;
    let (id, now) = (PlayerId::fresh(platform), rfc3339(cx.now_ms()));
    let document = model::render(&id, editor.team(), &input, &now, &now)?;
    let location = [&path(editor.team()), "/", id.as_str()].concat();
    let answer = answer(201, document.clone(), 1).with_header("location", location);
    let writes = store::insert(&grant, &id, &input, document);
    let committed = Tx::new(writes).attempt(cx, answer).await;
    judge(committed, &problems::ROSTER_CHANGED)
}

/// `PUT /teams/{id}/players/{player_id}`
pub async fn replace(cx: &Context<'_>) -> Result<Response, Problem> {
    let (_, editor, player) = open(cx).await?;
    let (input, mut errors) = cx.body_as()?;
    let draft = Draft::of(input, String::new(), &mut errors);
    write(cx, &editor, player, draft, errors).await
}

/// `PATCH /teams/{id}/players/{player_id}`
pub async fn patch(cx: &Context<'_>) -> Result<Response, Problem> {
    let (_, editor, player) = open(cx).await?;
    let patch = cx.patch()?;
    let mut target = serde_json::to_value(player.input()?).map_err(Problem::internal)?;
    merge_patch::apply(&mut target, patch);
    let mut errors = cx.check_patched(&mut target);
    let draft = Draft::of(PlayerInput::read(target), String::new(), &mut errors);
    write(cx, &editor, player, draft, errors).await
}

async fn write(
    cx: &Context<'_>,
    editor: &Editor,
    player: StoredPlayer,
    draft: Draft,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let grant = editor.grant(player.user.as_deref(), draft.input.user_id.as_deref())?;
    let (input, has_room) = settle(cx, editor, draft, Some(&player), errors).await?;
    let now = rfc3339(cx.now_ms());
    let document = model::render(&player.id, editor.team(), &input, &player.created_at, &now)?;
    if !has_room && document.len() > player.document.as_str().len() {
        return Err(Problem::new(&problems::ROSTER_TOO_LARGE));
    }
    let answer = answer(200, document.clone(), player.version + 1);
    let writes = store::replace(&grant, &player, &input, document);
    let committed = Tx::new(writes).attempt(cx, answer).await;
    judge(committed, &problems::PRECONDITION_FAILED)
}

/// `DELETE /teams/{id}/players/{player_id}`
pub async fn delete(cx: &Context<'_>) -> Result<Response, Problem> {
    let (permit, editor, player) = open(cx).await?;
    let grant = editor.grant(player.user.as_deref(), player.user.as_deref())?;
    let writes = store::delete(&grant, &player);
    let entry = Entry::by(permit.caller(), Action::TeamPlayerRemoved, &player.id)
        .with_detail(json!({ "team_id": editor.team().as_str() }));
    let stale = Problem::new(&problems::PRECONDITION_FAILED);
    let tx = Tx::new(writes).log(entry);
    tx.commit(cx, Response::no_content(), stale).await
}

/// Checks a draft against the database, 422 with all mistakes; also whether the roster has room to grow.
async fn settle(
    cx: &Context<'_>,
    editor: &Editor,
    draft: Draft,
    player: Option<&StoredPlayer>,
    mut errors: Vec<FieldError>,
) -> Result<(PlayerInput, bool), Problem> {
    let of = (editor.team(), editor.user());
    let own = player.map(|player| &player.id);
    let one = std::iter::once(&draft.input);
    let found = store::look_up(&cx.state.platform, of, one, own).await?;
    let had: Vec<Owned> = match player {
        Some(player) => player.input()?.builds,
        None => Vec::new(),
    };
    draft.check(&found.unknown, &had, &mut errors);
    Problem::check(errors)?;
    if found.is_member_taken {
        return Err(Problem::new(&problems::MEMBER_HAS_PLAYER));
    }
    let has_room = found.characters < MAX_CHARACTERS;
    if player.is_none() && (found.players >= MAX_PLAYERS || !has_room) {
        return Err(Problem::new(&problems::ROSTER_TOO_LARGE));
    }
    Ok((draft.input, has_room))
}

/// The answer to a commit that names a member; `stale` is the problem when its state has changed.
fn judge(
    committed: Result<Response, DatabaseError>,
    stale: &'static problems::ProblemKind,
) -> Result<Response, Problem> {
    match committed {
        Err(DatabaseError::Stale) => Err(Problem::new(stale)),
        Err(DatabaseError::Unique(column)) if column == "team_players.user_id" => {
            Err(Problem::new(&problems::MEMBER_HAS_PLAYER))
        }
        outcome => Ok(outcome?),
    }
}

/// Passes a roster to `take` in JSON arrays; returns the caller's membership.
async fn read_all(
    cx: &Context<'_>,
    (team, user): (&TeamId, &UserId),
    part: PlayerColumns,
    filters: &RosterFilters<'_>,
    take: &mut dyn FnMut(&str) -> Result<(), Problem>,
) -> Result<Membership, Problem> {
    let mut page = Page {
        limit: CHUNK,
        after: None,
    };
    loop {
        let listed = store::list(&cx.state.platform, (team, user), part, filters, &page).await?;
        let ListedPlayers {
            data,
            last,
            membership,
        } = listed.ok_or_else(Problem::not_found)?;
        take(data.as_str())?;
        if last.is_none() {
            return Ok(membership);
        }
        page.after = last;
    }
}

/// GET /teams/{id}/players/export
pub async fn export(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ReadTeams>()?;
    let team = team_of(cx)?;
    let is_csv = cx.query.text("format") == Some("csv");
    let has_mark = cx.query.text("bom") == Some("true");
    let mut out = String::from(if is_csv && has_mark { csv::MARK } else { "" });
    out.push_str(if is_csv {
        csv::HEADER
    } else {
        "{\"players\":["
    });
    let mut is_first = true;
    let mut take = |piece: &str| {
        if is_csv {
            let players: Vec<PlayerInput> =
                serde_json::from_str(piece).map_err(Problem::internal)?;
            for player in &players {
                csv::push_line(player, &mut out);
            }
        } else {
            let inner = &piece[1..piece.len() - 1];
            if !std::mem::replace(&mut is_first, false) && !inner.is_empty() {
                out.push(',');
            }
            out.push_str(inner);
        }
        Ok(())
    };
    let (of, all) = ((&team, permit.user_id()), RosterFilters::default());
    let membership = read_all(cx, of, PlayerColumns::Input, &all, &mut take).await?;
    TeamPermit::<ViewTeam>::of(membership)?;
    let (profile, disposition) = if is_csv {
        (Profile::PrivateCsv, "attachment; filename=\"roster.csv\"")
    } else {
        out.push_str("]}");
        (Profile::Private, "attachment; filename=\"roster.json\"")
    };
    let answer = Response::bytes(200, profile, out.into_bytes());
    Ok(answer.with_header("content-disposition", disposition))
}

/// POST /teams/{id}/players/import
pub async fn import(cx: &Context<'_>) -> Result<Response, Problem> {
    let account = cx.permit::<WriteTeams>()?;
    let permit = TeamPermit::<EditRoster>::of(cx.membership(account.user_id()).await?)?;
    let mode = match cx.query.text("mode") {
        Some("replace") => Mode::Replace,
        _ => Mode::Add,
    };
    let mut errors = Vec::new();
    let drafts = if let Some(bytes) = cx.alternative_body()? {
        csv::read(bytes, cx.state.platform.unicode.as_ref(), &mut errors)?
    } else {
        let (mut body, found) = cx.body()?;
        errors = found;
        import::read_json(&mut body, &mut errors)
    };
    // The answer has no room for more mistakes.
    if errors.len() >= MAX_ERRORS {
        return Err(Problem::invalid(errors));
    }
    let plan = make_plan(cx, &permit, mode, drafts, errors).await?;
    let answer = Response::json(200, Profile::Private, &plan.summary())?;
    if cx.query.text("dry_run") == Some("true") {
        return Ok(answer);
    }
    let now = cx.now_ms();
    let (at, count) = (rfc3339(now), i64::try_from(plan.put.len()).unwrap_or(0));
    let mut documents = Vec::with_capacity(plan.put.len());
    for (index, (input, was)) in (0_i64..).zip(&plan.put) {
        let id = match was {
            Some(was) => PlayerId::parse(&was.id),
            // A millisecond apart: the order of the ids is the order of the file.
            None => Some(PlayerId::of_time(&cx.state.platform, now - count + index)),
        };
        let id = id.ok_or_else(|| Problem::internal("a player's id does not read"))?;
        let created_at = was.as_ref().map_or(&at, |was| &was.created_at);
        let document = model::render(&id, permit.team(), input, created_at, &at)?;
        documents.push((id, document));
    }
    let writes = store::carry_out(&permit, &plan, documents);
    let entry = Entry::by(account.caller(), Action::TeamRosterImported, permit.team())
        .with_detail(plan.summary());
    let committed = Tx::new(writes).log(entry).attempt(cx, answer).await;
    judge(committed, &problems::ROSTER_CHANGED)
}

/// Compares a file with the roster; 422 with all mistakes, those of the file too.
async fn make_plan(
    cx: &Context<'_>,
    permit: &TeamPermit<EditRoster>,
    mode: Mode,
    drafts: Vec<Draft>,
    mut errors: Vec<FieldError>,
) -> Result<Plan, Problem> {
    let of = (permit.team(), permit.user());
    let inputs = drafts.iter().map(|draft| &draft.input);
    let named = (mode == Mode::Add).then(|| {
        let names: Vec<&str> = inputs.clone().map(|input| input.name.as_str()).collect();
        let members: Vec<_> = inputs
            .clone()
            .filter_map(|input| input.user_id.as_deref())
            .collect();
        (
            serde_json::Value::from(names).to_string(),
            serde_json::Value::from(members).to_string(),
        )
    });
    let found = store::look_up(&cx.state.platform, of, inputs, None).await?;
    let filters = RosterFilters {
        named,
        ..RosterFilters::default()
    };
    let mut existing: Vec<Existing> = Vec::new();
    let mut take = |piece: &str| {
        let entries: Vec<Existing> = serde_json::from_str(piece).map_err(Problem::internal)?;
        existing.extend(entries);
        Ok(())
    };
    read_all(cx, of, PlayerColumns::Existing, &filters, &mut take).await?;
    let plan = import::plan(mode, drafts, existing, &found.unknown, &mut errors);
    Problem::check(errors)?;
    // What replaces a roster is no larger than a body may be.
    let has_room = mode == Mode::Replace || found.characters < MAX_CHARACTERS;
    if plan.size_after(found.players) > MAX_PLAYERS || !has_room {
        return Err(Problem::new(&problems::ROSTER_TOO_LARGE));
    }
    Ok(plan)
}
