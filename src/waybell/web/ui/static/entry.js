// Forms on which people enter orders: suggestions while a client's name is typed, rows of goods, parts by type.

const form = document.querySelector("form.entry");

function showParts() {
  const kind = form.querySelector("[data-kind]:checked")?.value;
  for (const part of form.querySelectorAll("[data-shown-for]")) {
    part.hidden = !part.dataset.shownFor.split(" ").includes(kind);
  }
}

// A fresh row is a copy of the last one without its values.
function addRow() {
  const rows = form.querySelector(".goods-lines tbody");
  const row = rows.lastElementChild.cloneNode(true);
  for (const input of row.querySelectorAll("input")) input.value = "";
  rows.append(row);
  row.querySelector("input").focus();
}

function removeRow(row) {
  const rows = row.parentElement;
  if (rows.children.length === 1) addRow();
  row.remove();
  rows.lastElementChild.querySelector("input").focus();
}

form.addEventListener("click", (event) => {
  const adds = event.target.closest("[data-adds-row]");
  if (adds) {
    event.preventDefault();
    addRow();
  }
  const removes = event.target.closest("[data-removes-row]");
  if (removes) removeRow(removes.closest("tr"));
});
form.addEventListener("change", (event) => {
  if (event.target.matches("[data-kind]")) showParts();
});
showParts();

// The suggestions are a listbox below the input (WAI-ARIA combobox): arrows choose, Enter takes, Escape closes.
class Suggestions {
  constructor(input, prefix) {
    this.input = input;
    this.prefix = prefix;
    this.found = [];
    this.at = -1;
    this.asked = 0;
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `suggestions-${input.id}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Known clients");
    this.list.hidden = true;
    input.after(this.list);
    const states = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(states)) input.setAttribute(name, value);
    input.addEventListener("input", () => this.ask());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the input keeps the focus
      const item = event.target.closest("li");
      if (item) this.take(this.found[[...this.list.children].indexOf(item)]);
    });
  }

  async ask() {
    const turn = ++this.asked;
    const text = this.input.value.trim();
    if (text.length < 2) return this.close();
    try {
      const answer = await fetch(`/orders/clients.json?q=${encodeURIComponent(text)}`);
      const found = answer.ok ? await answer.json() : [];
      if (turn === this.asked && document.activeElement === this.input) this.show(found);
    } catch {
      this.close(); // the form works without suggestions
    }
  }

  show(found) {
    this.found = found;
    this.at = -1;
    this.list.replaceChildren(
      ...found.map((one, place) => {
        const item = document.createElement("li");
        item.id = `${this.list.id}-${place}`;
        item.setAttribute("role", "option");
        const name = document.createElement("strong");
        name.textContent = one.Text;
        item.append(name, ` ${one.More}`);
        return item;
      }),
    );
    this.open(found.length > 0);
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.asked += 1;
    this.open(false);
  }

  key(event) {
    if (this.list.hidden) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      this.choose((this.at + steps[event.key] + this.found.length) % this.found.length);
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      this.take(this.found[this.at]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    }
  }

  choose(place) {
    this.at = place;
    for (const [index, item] of [...this.list.children].entries()) item.setAttribute("aria-selected", String(index === place));
    this.input.setAttribute("aria-activedescendant", this.list.children[place].id);
    this.list.children[place].scrollIntoView({ block: "nearest" });
  }

  take(one) {
    for (const [name, value] of Object.entries(one.Members)) {
      const input = form.elements[this.prefix + name];
      if (input && !input.readOnly) input.value = value;
    }
    this.close();
  }
}

for (const part of form.querySelectorAll("[data-suggests]")) {
  const input = part.querySelector('input[name$="Client"]');
  if (input) new Suggestions(input, part.dataset.suggests);
}
