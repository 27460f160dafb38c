/* The help form in a dialog, and ready answers for who answers. Without this script the link opens the page /help. */
(() => {
  "use strict";
  const box = () => {
    let dialog = document.getElementById("help-dialog");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.id = "help-dialog";
      dialog.className = "helpdialog";
      dialog.setAttribute("aria-label", "求助");
      const head = document.createElement("p");
      head.className = "helpdialog-h";
      const title = document.createElement("b");
      title.textContent = "求助";
      const close = document.createElement("button");
      close.type = "button";
      close.className = "btn btn-quiet btn-sm";
      close.textContent = "关闭";
      close.addEventListener("click", () => dialog.close());
      head.append(title, close);
      dialog.append(head, document.createElement("div"));
      document.body.append(dialog);
    }
    return dialog;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-help]");
    const answer = event.target.closest("[data-answer]");
    if (answer) {
      const field = answer.form.querySelector("textarea");
      field.value = answer.dataset.answer;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
      return;
    }
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !window.htmx || !window.HTMLDialogElement) return;
    event.preventDefault();
    const dialog = box();
    window.htmx.ajax("GET", link.getAttribute("href"), { target: dialog.lastElementChild, swap: "innerHTML" }).then(
      () => { dialog.showModal(); const field = dialog.querySelector("textarea"); if (field) field.focus(); },
      () => { location.href = link.href; },
    );
  });
})();
