// Keys of the counter: whatever says data-key="x" is clicked by x, and terms by their digit.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (typing && event.key !== "Escape") return;
  const found = document.querySelector(
    `[data-key="${CSS.escape(event.key.length === 1 ? event.key.toLowerCase() : event.key)}"]`,
  );
  if (found) { event.preventDefault(); found.click(); return; }
  const term = /^[1-9]$/.test(event.key)
    && document.querySelector(`.terms kbd`)
    && document.querySelectorAll(".terms button")[Number(event.key) - 1];
  if (term) { event.preventDefault(); term.click(); }
});

// A form is sent once: a second tap does nothing while the first is on its way.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// A deadline is told by the operator's clock; who lives by another clock sees theirs beside it.
const clocks = (root) => root.querySelectorAll("time[data-clock]").forEach((time) => {
  const [, there, sign, hours, minutes] = time.dateTime.match(/^(.{16}).*?([+-])(\d\d):(\d\d)$/) || [];
  if (!there || time.dataset.told) return;
  const at = new Date(time.dateTime);
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  if (offset === -at.getTimezoneOffset()) return;
  time.dataset.told = "1";
  const own = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"), { dateStyle: "long", timeStyle: "short", hourCycle: "h23" });
  const beside = document.createElement("span");
  beside.className = "own-clock";
  beside.textContent = ` ${own.format(at)} ${time.dataset.clock}`;
  time.append(beside);
});
document.addEventListener("DOMContentLoaded", () => clocks(document));
document.addEventListener("htmx:afterSwap", (event) => clocks(event.target));
// A text is copied by a button, which is there only where it works.
document.querySelectorAll("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy);
    // What somebody changed in a field is copied as it stands there.
    await navigator.clipboard.writeText(text.value ?? text.textContent);
    button.textContent = button.dataset.copied;
  });
});
