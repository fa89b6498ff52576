// Shows the served OpenAPI document with Swagger UI.
// Promises: calls go to the origin of this page and nowhere else; nothing is kept in the browser.
// Leaves to others: the document (/openapi.json), headers and policy (the Worker), looks (reference.css).

const dark = matchMedia("(prefers-color-scheme: dark)");
const followScheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
followScheme();
dark.addEventListener("change", followScheme);

// Not every browser moves the keyboard along when it scrolls to the target of a link.
const operations = document.getElementById("operations");
document.querySelector(".skip").addEventListener("click", () => operations.focus());

/** The page's own introduction stands in for the document's, and there is one server: this one. */
const withoutInfo = () => ({
  wrapComponents: {
    InfoContainer: () => () => null,
    ServersContainer: () => () => null,
  },
});

async function show() {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`/openapi.json answered ${answer.status}`);
  const spec = await answer.json();
  // The document names the public address. A copy of the Worker elsewhere is tried where it runs.
  spec.servers = [{ url: location.origin }];
  const ui = SwaggerUIBundle({
    spec,
    domNode: operations,
    plugins: [withoutInfo],
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    // Its usual theme shows numbers too dark to read.
    syntaxHighlight: { theme: "obsidian" },
    validatorUrl: null,
  });
  // It reads the address once, when it is made; the links of the introduction come later.
  addEventListener("hashchange", () => openCall(ui));
}

/** Opens the call that the address names as #/tag/operation. */
function openCall({ layoutActions }) {
  const [start, tag, operation] = location.hash.split("/").map(decodeURIComponent);
  const call = document.getElementById(`operations-${tag}-${operation}`);
  if (start !== "#" || call === null) return;
  layoutActions.show(["operations", tag, operation], true);
  call.scrollIntoView();
}

show().catch((error) => {
  operations.textContent = `The calls could not be loaded (${error.message}). Load the page again.`;
});
