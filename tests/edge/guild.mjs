// One of everything that paths and bodies can name, for testers and scanners that would make up ids which nothing has.
// What an operation uses up is there for it alone.
import assert from "node:assert/strict";
import { logIn } from "./harness.mjs";

const CHAT_CODE = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";
/** What the document's examples call things. */
const EXAMPLE_NUMBER = "01kanp2xc0e8br5v0xmvhv7j2d";
const EXAMPLE_CODE = "wvwi_0000000000000000EXAMPL";
/** Ids that rows made here bear. */
let made = 0;

/** Calls the API as whoever has `credential`; gives the answer's body. */
export async function call(worker, credential, method, path, body) {
  const headers = { ...(credential && { authorization: `Bearer ${credential}` }), ...(body && { "content-type": "application/json" }) };
  const answer = await worker.fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

/**
 * Gives `{ids, build, kept, pointed}`: `ids` has the values of paths by operation, `kept` all ids that must stay, `pointed(text)`
 * is the OpenAPI document as text whose examples name what is there. `mate` is the address of another account, which is in the teams and has one of its own.
 */
export async function makeGuild(worker, credential, mate) {
  const mates = await logIn(worker, mate);
  const post = (path, body, as = credential) => call(worker, as, "POST", path, body);
  const { id: mateId } = await call(worker, mates, "GET", "/users/me");
  const build = () => post("/builds", { name: "Support", chat_code: CHAT_CODE, roles: ["primary_support"], tags: ["zerg"], visibility: "public", game_build: 1 });
  const team = async () => {
    const { id } = await post("/teams", { name: "Red Guard", tag: "RED" });
    await post("/invitations/accept", { code: (await invite(id)).code }, mates);
    return id;
  };
  const invite = (id, as = credential) => post(`/teams/${id}/invitations`, { role: "member", max_uses: 50 }, as);
  const [own, left, handed, spareTeam, closed, filled] = [await team(), await team(), await team(), await team(), await team(), await team()];
  await call(worker, credential, "DELETE", `/teams/${closed}/members/${mateId}?ban=true`);
  const [kept, spareBuild] = [await build(), await build()];
  const player = async (name) => (await post(`/teams/${own}/players`, { name, builds: [{ build_id: kept.id, preference: 5 }] })).id;
  const [anna, berta] = [await player("Anna A"), await player("Berta B")];
  const composition = async () =>
    (await post("/compositions", { name: "Thursday zerg", mode: "zerg", team_id: own, visibility: "public", tags: ["zerg"], subgroups: [{ slots: [{ build_id: kept.id, player_id: anna }] }] })).id;
  const [plan, other, sparePlan] = [await composition(), await composition(), await composition()];
  const link = () => post(`/compositions/${plan}/share-links`);
  const [shown, spareLink, teamLink] = [await link(), await link(), await link()];
  const { id: teamHook } = await post("/webhooks", { url: "https://hooks.guild.gg/team", event_types: ["*"], team_id: own });
  const webhook = async (name) => (await post("/webhooks", { url: `https://hooks.guild.gg/${name}`, event_types: ["*"] })).id;
  // What is changed may be switched off.
  const [hook, changedHook, spareHook] = [await webhook("first"), await webhook("changed"), await webhook("spare")];
  const [open, withdrawn] = [await invite(own), await invite(own)];
  const { id: theirs } = await post("/teams", { name: "Blue Guard" }, mates);
  const guests = await invite(theirs, mates);
  const delivery = await makeDelivery(worker, hook);
  const of = (values, ...operations) => Object.fromEntries(operations.map((operation) => [operation, values]));
  const ids = {
    ...of({ id: kept.id }, "get_build", "replace_build", "patch_build"),
    ...of({ id: spareBuild.id }, "delete_build"),
    ...of({ id: own }, "get_team", "patch_team", "list_team_members", "create_invitation", "list_invitations", "get_team_scores", "replace_team_scores"),
    ...of({ id: own }, "list_players", "create_player", "export_players"),
    // With mode=replace it removes players.
    ...of({ id: filled }, "import_players"),
    ...of({ id: own, user_id: mateId }, "change_team_member"),
    ...of({ id: left, user_id: mateId }, "remove_team_member"),
    ...of({ id: own }, "list_team_bans", "list_team_webhooks", "list_team_share_links"),
    ...of({ id: closed, user_id: mateId }, "lift_team_ban"),
    ...of({ id: own, webhook_id: teamHook }, "end_team_webhook"),
    ...of({ id: own, link_id: teamLink.id }, "end_team_share_link"),
    ...of({ id: handed }, "hand_over_team"),
    ...of({ id: spareTeam }, "delete_team"),
    ...of({ id: own, invitation_id: withdrawn.id }, "withdraw_invitation"),
    ...of({ code: open.code }, "get_invitation", "get_invitation_page"),
    ...of({ id: own, player_id: anna }, "get_player", "replace_player", "patch_player"),
    ...of({ id: own, player_id: berta }, "delete_player"),
    ...of({ id: plan }, "get_composition", "replace_composition", "patch_composition", "copy_composition", "analyze_composition", "list_composition_versions", "create_share_link", "list_share_links"),
    ...of({ id: plan, version: "1" }, "get_composition_version", "restore_composition_version"),
    ...of({ id: plan, other }, "compare_compositions"),
    ...of({ id: plan, link_id: spareLink.id }, "delete_share_link"),
    ...of({ id: sparePlan }, "delete_composition"),
    ...of({ slug: shown.slug }, "get_shared_page", "get_shared_card"),
    ...of({ id: hook }, "get_webhook", "rotate_webhook_secret", "test_webhook", "list_webhook_deliveries", "recover_webhook"),
    ...of({ id: changedHook }, "patch_webhook"),
    ...of({ id: spareHook }, "delete_webhook"),
    ...of({ id: delivery }, "get_webhook_delivery", "retry_webhook_delivery"),
  };
  const examples = { user: mateId, build: kept.id, team: own, player: anna, composition: plan, webhook: hook, link: shown.id, invitation: open.id, delivery };
  const pointed = (text) =>
    Object.entries(examples).reduce((all, [kind, id]) => all.replaceAll(`${kind}_${EXAMPLE_NUMBER}`, id), text).replaceAll(EXAMPLE_CODE, guests.code);
  return { ids, build: kept, kept: [theirs, guests.id, open.id, shown.id, ...Object.values(ids).flatMap(Object.values)], pointed };
}

/** A delivery that has failed, to an endpoint that has answered a ping. */
async function makeDelivery(worker, webhook) {
  made += 1;
  const [event, id] = ["event", "delivery"].map((prefix) => `${prefix}_0${made}kanp2xc0e8br5v0xmvhv7j2d`);
  await worker.d1.batch([
    worker.d1.prepare("UPDATE webhooks SET is_proven = 1 WHERE id = ?1").bind(webhook),
    worker.d1.prepare("INSERT INTO webhook_events (id, user_id, type, payload, traceparent, fanned_out_at, scope) VALUES (?1, (SELECT user_id FROM webhooks WHERE id = ?2), 'ping', '{}', '', 0, '')").bind(event, webhook),
    worker.d1.prepare("INSERT INTO webhook_deliveries (id, webhook_id, event_id, state, reason, next_attempt_at) VALUES (?1, ?2, ?3, 'dead', 'exhausted', 0)").bind(id, webhook, event),
  ]);
  return id;
}
