// <cl-sheet>: a click on a cell opens the list of what its column can be, and the column is painted
// at once. It wraps the server's table, whose lists and buttons do the same without scripts.

export class ClSheet extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const cell = (event.target as Element).closest("td");
      if (!cell || !this.contains(cell)) return;
      const list = this.lists()[column(cell)];
      if (!list) return;
      list.focus();
      // Not every browser opens a list on request; then the list has the focus, and Space opens it.
      if ("showPicker" in list) {
        try {
          list.showPicker();
        } catch {
          /* the focus is enough */
        }
      }
    });
    this.addEventListener("change", (event) => {
      const list = event.target;
      if (!(list instanceof HTMLSelectElement) || !list.name.startsWith("role")) return;
      this.paint(this.lists().indexOf(list), list.value);
    });
  }

  /** The lists of the columns, in order; a column that cannot be named has none. */
  private lists(): (HTMLSelectElement | null)[] {
    const heads = this.querySelectorAll("thead th.choice");
    return Array.from(heads, (head) => head.querySelector<HTMLSelectElement>("select[name^=role]"));
  }

  private paint(index: number, role: string): void {
    const head = this.querySelectorAll("thead th.choice")[index];
    head?.classList.forEach((name) => name.startsWith("r-") && head.classList.remove(name));
    head?.classList.add(`r-${role}`);
    const header = this.querySelector<HTMLInputElement>("input[name=header]:checked")?.closest("tr");
    let below = header === null || header === undefined;
    for (const row of this.querySelectorAll("tbody tr")) {
      if (below) {
        for (const cell of row.querySelectorAll("td")) {
          if (column(cell) !== index) continue;
          cell.classList.forEach((name) => name.startsWith("r-") && cell.classList.remove(name));
          cell.classList.add(`r-${role}`);
        }
      }
      below ||= row === header;
    }
  }
}

/** The column of a cell, from 0, counting those that a merged cell spans. */
function column(cell: HTMLTableCellElement): number {
  let index = 0;
  for (let before = cell.previousElementSibling; before; before = before.previousElementSibling) {
    if (before instanceof HTMLTableCellElement && before.tagName === "TD") index += before.colSpan;
  }
  return index;
}

customElements.define("cl-sheet", ClSheet);
