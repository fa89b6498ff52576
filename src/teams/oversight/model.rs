//! Webhooks and share links of a team as its leaders see them. Of a webhook only the origin is shown:
//! the URL may be a secret of its creator.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::squads::share_links::store::ShareLink;

/// A creator: their id, and their display name unless they have left.
#[derive(Debug)]
pub struct Maker {
    pub id: String,
    /// `None`: they have left the team.
    pub name: Option<String>,
}

impl Maker {
    fn document(&self) -> Value {
        json!({ "id": self.id, "name": self.name })
    }
}

/// A webhook that receives the team's events.
#[derive(Debug)]
pub struct TeamWebhook {
    pub id: String,
    pub url: String,
    pub description: String,
    /// JSON.
    pub event_types: String,
    pub disabled_reason: Option<String>,
    pub maker: Maker,
    pub created_at: i64,
}

/// Scheme, host and port of a URL that `webhooks::target` has passed.
fn origin(url: &str) -> &str {
    let slashes = url.match_indices('/');
    let end = slashes.map(|(place, _)| place).nth(2);
    &url[..end.unwrap_or(url.len())]
}

impl TeamWebhook {
    /// The answer to a leader.
    pub fn document(&self) -> Value {
        let event_types: Value = serde_json::from_str(&self.event_types).unwrap_or_default();
        json!({
            "id": self.id,
            "origin": origin(&self.url),
            "description": self.description,
            "event_types": event_types,
            "enabled": self.disabled_reason.is_none(),
            "disabled_reason": self.disabled_reason,
            "made_by": self.maker.document(),
            "created_at": rfc3339(self.created_at),
        })
    }
}

/// A link to one of the team's compositions.
#[derive(Debug)]
pub struct TeamLink {
    pub link: ShareLink,
    pub composition_id: String,
    pub composition_name: String,
    pub maker_name: Option<String>,
    /// Whether it shows anything at present.
    pub shows: bool,
}

impl TeamLink {
    /// The answer to a leader.
    pub fn document(&self, issuer: &str) -> Value {
        let mut document = self.link.document(issuer);
        let maker = Maker {
            id: self.link.created_by.clone(),
            name: self.maker_name.clone(),
        };
        document["made_by"] = maker.document();
        document["composition_id"] = self.composition_id.as_str().into();
        document["composition_name"] = self.composition_name.as_str().into();
        document["state"] = if self.shows { "shown" } else { "suspended" }.into();
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path() {
        for (url, expected) in [
            ("https://bot.guild.gg/", "https://bot.guild.gg"),
            (
                "https://bot.guild.gg:8443/h/s3cret?t=1",
                "https://bot.guild.gg:8443",
            ),
            ("https://[2001:db8::1]/x/y", "https://[2001:db8::1]"),
            ("https://bot.guild.gg", "https://bot.guild.gg"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }
}
