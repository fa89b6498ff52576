//! The scene of the attacks on tokens: a player, a build that everyone may read, and a forger. All
//! refusals of bad tokens must be one and the same answer.

use serde_json::json;

use super::forge::{Forger, Members, payload_of};
use super::paths::ME;
use super::{Player, TestApp, build_path};

/// An application, a player, and someone who can sign.
pub struct Scene {
    pub app: TestApp,
    pub player: Player,
    pub forger: Forger,
    pub payload: Members,
    /// A build that everyone may read: a bad token must not be mistaken for no token.
    pub public_build: String,
}

/// Sets it up; a token of the forger that nothing is wrong with is let in.
pub fn scene() -> Scene {
    let first = TestApp::new();
    let player = first.player("forged");
    let build = first.build(&player, &json!({ "visibility": "public" }));
    let forger = Forger::trusted(&first, 7);
    let payload = payload_of(&player.token);
    let scene = Scene {
        // A fresh isolate: the forger's key came after the first one had read the keys.
        app: first.isolate(2),
        public_build: build_path(&build),
        player,
        forger,
        payload,
    };
    let good = scene.forger.sign(&scene.forger.header(), &scene.payload);
    scene.app.get(ME).token(&good).send().expect(200);
    scene
}

impl Scene {
    /// Sends every token where a token is needed and where it is not; all answers must be one.
    #[track_caller]
    pub fn refuse_all(&self, rows: &[(String, String)]) {
        let header = "Bearer error=\"invalid_token\"";
        let mut one_answer = None;
        for (name, token) in rows {
            for target in [ME, &self.public_build] {
                let answer = self.app.get(target).token(token).send();
                assert_eq!(answer.status, 401, "{name}: {target}");
                assert_eq!(answer.header("www-authenticate"), Some(header), "{name}");
                let answer = answer.without_request_id();
                let expected = one_answer.get_or_insert_with(|| answer.clone());
                assert_eq!(answer, *expected, "{name}: {target}");
            }
        }
    }

    /// Has every payload refused that one of these edits makes of the good one.
    #[track_caller]
    pub fn refuse_payloads(&self, edits: impl IntoIterator<Item = String>) {
        let header = self.forger.header();
        let sign = |edits: String| {
            let token = self.forger.sign(&header, &self.payload.edited(&edits));
            (edits, token)
        };
        self.refuse_all(&edits.into_iter().map(sign).collect::<Vec<_>>());
    }

    /// The payload under another header.
    pub fn forged(&self, header: &Members) -> String {
        self.forger.sign(header, &self.payload)
    }
}
