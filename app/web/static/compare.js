/* Keeps what was ticked for comparison while one looks around (this tab only), and says how many at the foot.
   Without it the boxes and their form work on one page by themselves. */
(function () {
  "use strict";
  const KEY = "funeng-compare";
  const MOST = 4;
  const bar = () => document.getElementById("compare-bar");
  const boxes = () => Array.from(document.querySelectorAll("input[data-compare]"));

  function read() {
    try {
      const found = JSON.parse(sessionStorage.getItem(KEY) || "[]");
      return Array.isArray(found) ? found.filter((item) => item && typeof item.id === "string").slice(0, MOST) : [];
    } catch (error) {
      return [];
    }
  }

  function write(items) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(items));
    } catch (error) {
      /* a browser without storage: the boxes of this page still work */
    }
    show(items);
  }

  function show(items) {
    const form = bar();
    boxes().forEach((box) => {
      box.checked = items.some((item) => item.id === box.value);
      box.disabled = !box.checked && items.length >= MOST;
    });
    if (!form) return;
    form.querySelectorAll("input[type=hidden]").forEach((input) => input.remove());
    items.filter((item) => !boxes().some((box) => box.value === item.id)).forEach((item) => {
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = "ids";
      input.value = item.id;
      form.append(input);
    });
    form.classList.toggle("is-on", items.length > 0);
    document.body.classList.toggle("has-cmp", items.length > 0);
    form.querySelector("[data-compare-text]").textContent = items.length === 1
      ? "已选 1 项「" + items[0].title + "」，再选 1 项就能对比"
      : "已选 " + items.length + " 项" + (items.length === MOST ? "，最多 " + MOST + " 项" : "");
  }

  /* before htmx hears it: ticking a box is no change of the search form around it */
  document.addEventListener("change", (event) => {
    const box = event.target.closest && event.target.closest("input[data-compare]");
    if (!box) return;
    event.stopPropagation();
    const rest = read().filter((item) => item.id !== box.value);
    write(box.checked ? rest.concat({ id: box.value, title: box.dataset.compare }).slice(-MOST) : rest);
  }, true);

  document.addEventListener("click", (event) => {
    const drop = event.target.closest && event.target.closest("[data-compare-drop]");
    if (drop) {
      const id = drop.dataset.compareDrop;
      write(read().filter((item) => item.id !== id));
    }
    if (event.target.closest && event.target.closest("[data-compare-clear]")) write([]);
  });

  document.addEventListener("htmx:load", () => show(read()));
  addEventListener("pageshow", () => show(read()));
  show(read());
})();
