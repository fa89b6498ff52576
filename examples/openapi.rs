//! Prints the `OpenAPI` document: `docs/openapi.json` is what this says.
//! Promises that the document is the same for every instance.
//! Leaves what is in it to `openapi`.

fn main() {
    println!("{:#}", wvw_builder::openapi::document());
}
