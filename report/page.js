"use strict";
for (const box of document.querySelectorAll("input[data-for]")) {
  const rows = Array.from(document.querySelectorAll("#" + box.dataset.for + " tbody tr"));
  const texts = rows.map((r) => r.textContent.toLowerCase());
  const none = document.getElementById(box.dataset.for + "-none");
  box.hidden = false;
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((r, i) => {
      r.hidden = !words.every((w) => texts[i].includes(w));
      if (!r.hidden) shown++;
    });
    none.hidden = shown > 0;
  });
}
