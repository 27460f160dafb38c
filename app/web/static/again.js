/* The button for another code: waits out the seconds it names. Without this script the answer says how long. */
"use strict";
document.querySelectorAll("button[data-again]").forEach((button) => {
  const words = button.textContent;
  let left = Number(button.dataset.again);
  function tick() {
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${left} 秒后可以重新发送` : words;
    if (left > 0) {
      left -= 1;
      setTimeout(tick, 1000);
    }
  }
  tick();
});
