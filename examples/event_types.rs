//! Prints the catalogue of event types: `docs/webhook-event-types.json` is what this says.
//! Promises that the document is the same for every instance.
//! Leaves what is in it to `webhooks::event_types`.

fn main() {
    println!("{:#}", wvw_builder::catalogue::ALL.document());
}
