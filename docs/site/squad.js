// Gives each chat code of a shared page a button that copies it.
// Promises: without this script the codes are there all the same, as text that one click selects.
// Leaves to others: everything else on the page (src/squads/page).

/** Whose code it is: the player's, else that of what is played. */
const whose = (code) => code.closest("li").querySelector(".who bdi, .who span")?.textContent ?? "this place";

const said = document.getElementById("said");

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // No clipboard, or no right to it: select the code, so that the keyboard can copy it.
    getSelection().selectAllChildren(code);
    said.textContent = "Could not copy. The code is selected: press Ctrl+C or Cmd+C.";
    return;
  }
  said.textContent = `Copied the chat code of ${whose(code)}.`;
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = "Copy";
  }, 2000);
}

for (const code of document.querySelectorAll(".code code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  // Begins with what is to be read on it (WCAG 2.2, 2.5.3).
  button.setAttribute("aria-label", `Copy the chat code of ${whose(code)}`);
  button.addEventListener("click", () => copy(code, button));
  code.after(button);
}
