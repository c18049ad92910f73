// The pages work without this: it moves the focus to error summaries, guards buttons against double clicks, and leaves
// a page without a trace in the browser's way back.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// Whoever has to hide what they read here does not come back to it by the back button.
for (const link of document.querySelectorAll("a[data-leave]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.location.replace(link.href);
  });
}
