// The counter: keys with Alt, the panel of keys, change while it is typed, and the camera.
const panel = document.querySelector("dialog.keys");

function keysOfPage() {
  const list = panel.querySelector("dl");
  list.replaceChildren();
  const seen = [...document.querySelectorAll("main [data-key]:not([hidden])"), ...document.querySelectorAll(".terms button")];
  seen.forEach((each) => {
    const kbd = each.querySelector("kbd");
    if (!kbd) return;
    const [term, what] = [document.createElement("dt"), document.createElement("dd")];
    term.append(kbd.cloneNode(true));
    what.textContent = [...each.childNodes].filter((node) => node.nodeName !== "KBD").map((node) => node.textContent).join(" ").trim();
    list.append(term, what);
  });
  panel.showModal();
}

// While the panel is open, the page's own keys rest: Escape closes it, and leads nowhere.
window.addEventListener("keydown", (event) => { if (panel?.open) event.stopPropagation(); }, true);
document.querySelector("[data-keys]")?.addEventListener("click", keysOfPage);
document.addEventListener("keydown", (event) => {
  if (event.altKey && event.key.length === 1) {
    const found = document.querySelector(`[data-key="Alt+${CSS.escape(event.code.replace("Key", "").toLowerCase())}"]`);
    if (found) { event.preventDefault(); found.click(); }
    return;
  }
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === "?" && !typing && panel && !panel.open) { event.preventDefault(); keysOfPage(); }
});

// Change: said while the cash is typed; what counts is what the server reckons.
document.querySelectorAll("form.cash").forEach((form) => {
  const [given, change] = [form.elements.given, form.querySelector(".change")];
  given.addEventListener("input", () => {
    const left = Number(given.value.replace(",", ".")) - Number(form.dataset.total);
    const digits = (form.dataset.total.split(".")[1] ?? "").length;
    change.textContent = given.value && left >= 0 ? `${change.dataset.words}: ${left.toFixed(digits)}` : "";
  });
});

// The camera reads the code on a card where the browser can; elsewhere a scanner types it.
const scan = document.querySelector("[data-scan]");
if (scan) {
  const video = document.querySelector("video.scan");
  const field = document.querySelector("form.find input[name=what]");
  const able = "BarcodeDetector" in window && navigator.mediaDevices;
  scan.hidden = !able;
  document.querySelector("[data-no-scan]").hidden = Boolean(able);
  scan.addEventListener("click", async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    const detector = new BarcodeDetector();
    const look = async () => {
      const codes = await detector.detect(video).catch(() => []);
      const found = codes.map((code) => code.rawValue.replace(/\s/g, "")).find((text) => /^(89\d{16,18}F?|\+?\d{8,15})$/i.test(text));
      if (!found) { requestAnimationFrame(look); return; }
      stream.getTracks().forEach((track) => track.stop());
      field.value = found;
      field.form.requestSubmit();
    };
    look();
  });
}
