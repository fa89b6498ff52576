//! Builds as values: the validated input, what is stored, and who may see or change it. A [`BuildInput`]
//! always holds a template that the game could make.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::auth::model::Caller;
use crate::auth::permissions::{Permit, WriteBuilds};
use crate::game::chat_code;
use crate::game::model::{BuildTemplate, REFERENCE_VERSION};
use crate::game::template::TemplateInput;
use crate::http::body::{Body, Member};
use crate::http::problem::{FieldError, Problem, has_mistake};
use crate::http::{merge_patch, problems};
use crate::ids::{BuildId, TeamId, UserId};
use crate::platform::Text;

use super::schemas::{Build, NewBuild, ROLES_MAX, TAG_MAX, TAGS_MAX};

kit::words! {
    /// Who may see a build.
    #[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
    #[serde(try_from = "String")]
    pub enum Visibility {
        /// Its owner.
        #[default]
        Private = "private",
        /// The team that it is shared with, too.
        Team = "team",
        /// Whoever knows its id.
        Unlisted = "unlisted",
        /// Everyone, also in lists.
        Public = "public",
    }
}

impl Serialize for Visibility {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl TryFrom<String> for Visibility {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("unknown visibility")
    }
}

impl Member for Visibility {
    fn read(value: Value) -> Option<Self> {
        Self::parse(value.as_str()?)
    }
}

/// An input that has passed every rule.
#[derive(Debug, Clone)]
pub(crate) struct BuildInput {
    /// What was sent, with tags in lower case.
    pub given: NewBuild,
    /// The decoded chat code.
    pub template: BuildTemplate,
    /// The team that it is shared with.
    pub team: Option<TeamId>,
}

impl BuildInput {
    /// Adds to the `errors` of a checked body those of the whole. Its owner may share with `team`.
    pub fn of(
        mut given: NewBuild,
        team: Option<TeamId>,
        mut errors: Vec<FieldError>,
    ) -> Result<Self, Problem> {
        let names_team = given.team_id.is_some() || has_mistake(&errors, "/team_id");
        let template = read_template(&given, &mut errors);
        match (given.visibility, names_team) {
            (Visibility::Team, false) => errors.push(FieldError::new(
                "/team_id",
                "required",
                "Visibility team needs the team.",
            )),
            (Visibility::Private, true) => errors.push(FieldError::new(
                "/visibility",
                "conflicting_fields",
                "A team sees what is shared with it: use team, unlisted or public, or no team_id.",
            )),
            _ => {}
        }
        refuse_duplicates(&given.roles, ROLES_MAX, "/roles", &mut errors);
        tidy_tags(&mut given.tags, &mut errors);
        match template {
            Some(template) if errors.is_empty() => Ok(Self {
                given,
                template,
                team,
            }),
            _ => Err(Problem::invalid(errors)),
        }
    }

    /// Dates a build whose owner has not `said` for which build of the game it was made: what is pasted
    /// now is no older than the last change of balance. The date stays until the chat code changes.
    pub fn date(&mut self, said: bool, before: Option<&Kept>, balance_build: Option<i64>) {
        if said {
            return;
        }
        let code = || chat_code::encode(&self.template);
        let same = before.filter(|kept| kept.chat_code == code());
        self.given.game_build = same.map_or(balance_build, |kept| kept.game_build);
    }
}

/// Brings tags into the form in which they are stored: in lower case, without duplicates.
pub fn tidy_tags(tags: &mut [String], errors: &mut Vec<FieldError>) {
    // Some letters become two in lower case. What was wrong as it came is named already.
    let is_length = |text: &str| (1..=TAG_MAX).contains(&text.chars().count());
    for (index, tag) in tags.iter_mut().enumerate() {
        let was_length = is_length(tag);
        *tag = tag.trim().to_lowercase();
        if index < TAGS_MAX && was_length && !is_length(tag) {
            let detail = format!("Must have 1 to {TAG_MAX} characters in lower case, is {tag:?}.");
            let pointer = format!("/tags/{index}");
            errors.push(FieldError::new(pointer, "invalid_length", detail));
        }
    }
    refuse_duplicates(tags, TAGS_MAX, "/tags", errors);
}

/// Passes over lists longer than `max`: the schema refuses them, and the comparison is quadratic.
fn refuse_duplicates(items: &[String], max: usize, pointer: &str, errors: &mut Vec<FieldError>) {
    let items = if items.len() <= max { items } else { &[] };
    for (index, item) in items.iter().enumerate() {
        if items[..index].contains(item) {
            let (pointer, detail) = (format!("{pointer}/{index}"), "This is in the list already.");
            errors.push(FieldError::new(pointer, "duplicate_item", detail));
        }
    }
}

/// The template of a body that gives it as a chat code, as JSON, or as both.
fn read_template(given: &NewBuild, errors: &mut Vec<FieldError>) -> Option<BuildTemplate> {
    let from_code = given.chat_code.as_ref().map(|text| {
        chat_code::paste::read(text).map_err(|error| {
            let detail = error.to_string();
            vec![FieldError::new("/chat_code", error.code(), detail)]
        })
    });
    let from_json = given.template.as_ref().map(|value| {
        TemplateInput::from_json(value, "/template")
            .map_err(|errors| errors.into_iter().map(FieldError::from).collect())
    });
    if let (Some(Ok(code)), Some(Ok(json))) = (&from_code, &from_json)
        && code != json
    {
        let detail = "chat_code and template say different things. Send one of them.";
        errors.push(FieldError::new("/template", "conflicting_fields", detail));
    }
    let code_is_given = from_code.is_some();
    let mut template = None;
    for read in [from_code, from_json].into_iter().flatten() {
        match read {
            Ok(found) => template = Some(found),
            Err(found) => errors.extend(found),
        }
    }
    let has_any = code_is_given || given.template.is_some();
    if !has_any && !has_mistake(errors, "/chat_code") {
        let detail = "Send chat_code or template.";
        errors.push(FieldError::new("/chat_code", "required", detail));
    }
    let template = template?;
    errors.extend(contradictions(&template, code_is_given));
    Some(template)
}

/// What the game would not let a player put together, with pointers into the body.
fn contradictions(template: &BuildTemplate, code_is_given: bool) -> Vec<FieldError> {
    let found = template.contradictions().into_iter();
    let mut errors: Vec<FieldError> = found.map(FieldError::from).collect();
    for error in &mut errors {
        error.pointer = if code_is_given {
            // The body has no member for a part of a chat code: name the code, and the part.
            error.detail = format!("In {}: {}", error.pointer, error.detail).into();
            "/chat_code".to_owned()
        } else {
            format!("/template{}", error.pointer)
        };
    }
    errors
}

/// Renders the answer that clients get ([`BUILD`]), once, when a build is written.
pub(crate) fn render(
    id: &BuildId,
    owner: &UserId,
    input: &BuildInput,
    created_at: &str,
    updated_at: &str,
) -> Result<String, serde_json::Error> {
    let given = &input.given;
    serde_json::to_string(&Build {
        id: id.as_str(),
        owner_id: owner.as_str(),
        name: &given.name,
        profession: input.template.profession.id,
        chat_code: chat_code::encode(&input.template),
        template: input.template.view(),
        visibility: given.visibility,
        team_id: input.team.as_ref().map(TeamId::as_str),
        roles: &given.roles,
        tags: &given.tags,
        notes: &given.notes,
        gear: given.gear.as_ref(),
        game_build: given.game_build,
        created_at,
        updated_at,
    })
}

/// A stored document with its template rendered by today's tables.
pub fn rerender(document: &str) -> Result<String, Problem> {
    let mut value: Value = serde_json::from_str(document).map_err(Problem::internal)?;
    let code = value["chat_code"].as_str().unwrap_or_default();
    let template = chat_code::decode(code).map_err(Problem::internal)?;
    value["template"] = serde_json::to_value(template.view()).map_err(Problem::internal)?;
    Ok(value.to_string())
}

#[derive(Debug)]
pub(crate) struct StoredBuild {
    pub id: BuildId,
    pub owner: UserId,
    pub visibility: Visibility,
    pub team: Option<TeamId>,
    /// Whether whoever asks for it is in that team.
    pub is_of_team: bool,
    /// The rendered answer.
    pub document: Text,
    /// The tables it was rendered with.
    pub rendered_with: String,
    pub version: i64,
}

/// Proof that a caller may change a build. Only [`StoredBuild::grant_to`] makes one.
pub(crate) struct WriteGrant<'a>(&'a StoredBuild);

impl WriteGrant<'_> {
    pub const fn build(&self) -> &StoredBuild {
        self.0
    }
}

impl StoredBuild {
    /// Whether `caller`, for whom it was read, may see it.
    pub fn is_visible_to(&self, caller: Option<&Caller>) -> bool {
        matches!(self.visibility, Visibility::Public | Visibility::Unlisted)
            || self.visibility == Visibility::Team && self.is_of_team
            || caller.is_some_and(|caller| caller.user_id == self.owner)
    }

    /// Lets its owner change it. Others learn that they may not only when they can see it.
    pub fn grant_to(&self, permit: &Permit<'_, WriteBuilds>) -> Result<WriteGrant<'_>, Problem> {
        if *permit.user_id() == self.owner {
            Ok(WriteGrant(self))
        } else if self.is_visible_to(Some(permit.caller())) {
            Err(Problem::new(&problems::NOT_OWNER))
        } else {
            Err(Problem::new(&problems::NOT_FOUND))
        }
    }

    /// The strong `ETag` of the response: the version and the tables it is rendered with.
    pub fn etag(version: i64) -> String {
        format!("\"{version}-{REFERENCE_VERSION}\"")
    }

    /// The answer, rendered with today's tables.
    pub fn answer(self) -> Result<Text, Problem> {
        if self.rendered_with == REFERENCE_VERSION {
            Ok(self.document)
        } else {
            rerender(self.document.as_str()).map(Text::Owned)
        }
    }

    /// The input that would make this build: what a merge patch (RFC 7396) applies to.
    pub fn as_input(&self) -> Result<Value, Problem> {
        let mut value: Value =
            serde_json::from_str(self.document.as_str()).map_err(Problem::internal)?;
        NewBuild::SCHEMA.retain(&mut value);
        if let Some(members) = value.as_object_mut() {
            members.remove("template");
        }
        Ok(value)
    }

    pub fn kept(&self) -> Result<Kept, Problem> {
        serde_json::from_str(self.document.as_str()).map_err(Problem::internal)
    }
}

/// What a change may leave as it is.
#[derive(Debug, Deserialize)]
pub(crate) struct Kept {
    /// When it was made, RFC 3339.
    pub created_at: String,
    chat_code: String,
    game_build: Option<i64>,
}

/// Applies a merge patch (RFC 7396) to what [`StoredBuild::as_input`] gave.
pub fn apply_patch(target: &mut Value, patch: Value) {
    if let Value::Object(members) = &patch {
        let gives = |name: &str| members.get(name).is_some_and(|value| !value.is_null());
        // Whoever gives only the template means it to replace the chat code.
        if gives("template") && !members.contains_key("chat_code") {
            target
                .as_object_mut()
                .map(|target| target.remove("chat_code"));
        }
    }
    merge_patch::apply(target, patch);
}
