//! What players do in one call: accounts, credentials, share links, and the pages of lists.

use serde_json::{Value, json};

use super::paths::{API_KEYS, CHANGE_PASSWORD, LOGIN, ME, REFRESH, REGISTER};
use super::short::texts_of;
use super::teams::TEAMS;
use super::{Answer, PASSWORD, Player, TestApp, array, text};
use crate::compositions::path_of;

impl TestApp {
    /// An application with this player.
    pub fn with_player(name: &str) -> (Self, Player) {
        let app = Self::new();
        let player = app.player(name);
        (app, player)
    }

    /// An application with these players.
    pub fn with_players<const N: usize>(names: [&str; N]) -> (Self, [Player; N]) {
        let app = Self::new();
        let players = app.players(names);
        (app, players)
    }

    #[track_caller]
    pub fn players<const N: usize>(&self, names: [&str; N]) -> [Player; N] {
        names.map(|name| self.player(name))
    }

    pub fn register_with(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password, "display_name": "A player" });
        self.post(REGISTER, &body).send()
    }

    pub fn log_in_with(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.post(LOGIN, &body).send()
    }

    /// The player with the tokens of a new login.
    #[track_caller]
    pub fn logged_in_again(&self, player: &Player) -> Player {
        player.with_tokens(&self.log_in(&player.email))
    }

    /// The profile of a player.
    #[track_caller]
    pub fn me(&self, player: &Player) -> Value {
        self.get_as(player, ME).ok()
    }

    pub fn refresh(&self, refresh_token: &str) -> Answer {
        let body = json!({ "refresh_token": refresh_token });
        self.post(REFRESH, &body).send()
    }

    pub fn change_password(&self, player: &Player, new: &str) -> Answer {
        let body = json!({ "current_password": PASSWORD, "new_password": new });
        self.post_as(player, CHANGE_PASSWORD, &body)
    }

    /// Asks to move to another address, with the usual password.
    pub fn move_to(&self, player: &Player, email: &str) -> Answer {
        let body = json!({ "email": email, "current_password": PASSWORD });
        self.patch_as(player, ME, &body)
    }

    pub fn delete_account(&self, player: &Player) -> Answer {
        self.as_player(player, "DELETE", ME, &json!({ "password": PASSWORD }))
    }

    /// A new API key, as it is shown once.
    #[track_caller]
    pub fn api_key(&self, player: &Player, scopes: &[&str]) -> Value {
        let body = json!({ "name": "A bot", "scopes": scopes });
        self.post_as(player, API_KEYS, &body).created()
    }

    /// A new share link of a composition.
    #[track_caller]
    pub fn share_link(&self, player: &Player, composition: &Value) -> Value {
        let links = format!("{}/share-links", path_of(composition));
        self.act_as(player, &links).created()
    }

    /// Changes the scores of a team.
    #[track_caller]
    pub fn set_scores(&self, player: &Player, team: &str, scores: Value) {
        let path = format!("{TEAMS}/{team}/scores");
        self.put_as(player, &path, &json!({ "scores": scores }))
            .expect(200);
    }

    /// The pages of a list.
    #[track_caller]
    pub fn pages<'p>(
        &self,
        player: impl Into<Option<&'p Player>>,
        target: &str,
    ) -> Vec<Vec<Value>> {
        self.pages_between(player, target, || {})
    }

    /// The pages of a list; `between` happens after each of them.
    #[track_caller]
    pub fn pages_between<'p>(
        &self,
        player: impl Into<Option<&'p Player>>,
        target: &str,
        mut between: impl FnMut(),
    ) -> Vec<Vec<Value>> {
        let player = player.into();
        let separator = if target.contains('?') { '&' } else { '?' };
        let (mut pages, mut next) = (Vec::new(), target.to_owned());
        loop {
            let answer = self.get(&next).by(player).expect(200);
            let page = answer.json();
            pages.push(array(&page["data"]).to_vec());
            between();
            let Some(cursor) = page["next_cursor"].as_str() else {
                assert_eq!(answer.header("link"), None);
                return pages;
            };
            let link = answer.header("link").expect("a Link");
            let is_next = link.contains(cursor) && link.ends_with(">; rel=\"next\"");
            assert!(is_next, "{link}");
            next = format!("{target}{separator}cursor={cursor}");
        }
    }

    /// This member of all items of a list, page by page.
    #[track_caller]
    pub fn listed<'p>(
        &self,
        player: impl Into<Option<&'p Player>>,
        target: &str,
        member: &str,
    ) -> Vec<String> {
        texts_of(&self.pages(player, target).concat(), member)
    }
}

impl Player {
    /// The same player with the tokens of another login.
    pub fn with_tokens(&self, login: &Value) -> Self {
        Self {
            id: self.id.clone(),
            email: self.email.clone(),
            token: text(&login["access_token"]),
            refresh_token: text(&login["refresh_token"]),
        }
    }
}
