// The table of calls: sorted by a heading, narrowed by the filters.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const table = document.getElementById("calls");
  const form = document.getElementById("filters");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const texts = new Map(rows.map((row) => [row, `${row.textContent} ${row.dataset.words}`.toLowerCase()]));

  const filter = () => {
    const wanted = Object.fromEntries(new FormData(form));
    const text = wanted.text.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = ["outcome", "cause", "symptom"].every(
        (name) => !wanted[name] || row.dataset[name].split(" ").includes(wanted[name]),
      );
      const preset = !wanted.preset || row.dataset.preset === wanted.preset;
      row.hidden = !(fits && preset && texts.get(row).includes(text));
      shown += !row.hidden;
    }
    const all = `${rows.length} call${rows.length === 1 ? "" : "s"}`;
    document.getElementById("shown").textContent = shown === rows.length ? all : `${shown} of ${all}`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter)); // when its fields are empty
  form.addEventListener("submit", (event) => event.preventDefault());

  const value = (row, column, number) => {
    const cell = row.cells[column];
    return number ? Number(cell.dataset.sort) : cell.textContent.trim();
  };
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const heading = button.parentElement;
    const number = button.dataset.kind !== "text";
    // The greatest figures first, words from A on; again turns it round.
    const first = number ? "descending" : "ascending";
    const other = number ? "ascending" : "descending";
    const order = heading.getAttribute("aria-sort") === first ? other : first;
    for (const each of heading.parentElement.cells) each.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const compare = new Intl.Collator(undefined, { numeric: true }).compare;
    const keyed = rows.map((row) => [value(row, heading.cellIndex, number), row]);
    keyed.sort(([one], [two]) => sign * (number ? one - two : compare(one, two)));
    body.append(...keyed.map(([, row]) => row));
  });
});
