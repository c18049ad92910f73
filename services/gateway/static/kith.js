// The pages work without this: it moves the focus to error summaries and guards buttons against double clicks.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
