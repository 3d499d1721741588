// A table dropped anywhere on the page is sent; without this a file is chosen and sent by a button.

const form = document.querySelector("form[data-drop]");
const input = form?.querySelector("input[type=file]");
const said = form?.querySelector("[data-said]");

function holdsFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

function tell(text) {
  said.textContent = text;
  said.hidden = text === "";
}

// What is wrong with the files, in words of the page; empty where one table may be sent.
function wrong(files) {
  if (files.length !== 1) return form.dataset.several;
  const ending = files[0].name.match(/\.[a-z]+$/i)?.[0].toLowerCase() ?? "";
  if (!input.accept.split(",").includes(ending)) return form.dataset.other;
  return files[0].size > Number(form.dataset.bytes) ? form.dataset.large : "";
}

if (form) {
  // A file that misses the zone would take the place of the page.
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) form.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    form.classList.remove("over");
    const problem = wrong(event.dataTransfer.files);
    tell(problem);
    if (problem) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
  input.addEventListener("change", () => tell(input.files.length ? wrong(input.files) : ""));
  form.addEventListener("submit", (event) => {
    const problem = input.files.length ? wrong(input.files) : "";
    tell(problem);
    if (problem) event.preventDefault();
  });
}
