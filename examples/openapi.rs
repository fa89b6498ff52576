//! Prints the `OpenAPI` document: `docs/openapi.json` is what this says. The document is the same
//! for every instance.

fn main() {
    println!("{:#}", wvw_builder::openapi::document());
}
