//! Prints the catalogue of event types: `docs/webhook-event-types.json` is what this says. The
//! document is the same for every instance.

fn main() {
    println!("{:#}", wvw_builder::catalogue::ALL.document());
}
