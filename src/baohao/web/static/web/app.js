// The installed app: a worker for when there is no network, and the dates that were seen last.
const DATES = "dates";
const kept = document.getElementById("kept");
const text = (found) => (found ? found.textContent.trim() : "");

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js");

// Of one's own numbers the date and the stage alone; and only as long as one is signed in.
const forget = () => localStorage.removeItem(DATES);
document.addEventListener("submit", (event) => {
  if (event.target.hasAttribute("data-leaves")) forget();
});
if (!kept && !document.body.hasAttribute("data-holder")) forget();

if (document.querySelector("[data-lines]")) {
  const lines = [...document.querySelectorAll("[data-lines] .line")].map((line) => ({
    number: text(line.querySelector("h2 a")),
    stage: text(line.querySelector(".stage")),
    kind: [...line.classList].find((name) => name !== "card" && name !== "line") || "",
    what: text(line.querySelector(".until span")),
    day: text(line.querySelector(".until strong")),
  }));
  localStorage.setItem(DATES, JSON.stringify({ at: Date.now(), lines }));
  // The page for no network, in the language that is read now.
  if ("caches" in window) caches.open("shell-1").then((shell) => shell.add("/offline/")).catch(() => {});
}

if (kept) {
  const { at, lines } = JSON.parse(localStorage.getItem(DATES) || '{"lines":[]}');
  const when = document.getElementById("when");
  if (lines.length) {
    const language = document.documentElement.lang;
    const format = { dateStyle: "long", timeStyle: "short" };
    // English as it is written in Macau: the day first.
    const said = new Date(at).toLocaleString(language === "en" ? "en-GB" : language, format);
    when.textContent = `${when.dataset.seen} ${said}`;
  }
  for (const line of lines) {
    const card = document.getElementById("one").content.cloneNode(true);
    card.querySelector("article").classList.add(...[line.kind].filter(Boolean));
    card.querySelector("h2 span").textContent = line.number;
    card.querySelector(".stage").textContent = line.stage;
    card.querySelector(".until span").textContent = line.what;
    card.querySelector(".until strong").textContent = line.day;
    kept.append(card);
  }
}
