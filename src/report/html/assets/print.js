// What paper needs: findings and gaps unfolded, and everything back as it was afterwards.

const PRINTED_FOLDS = "#unknown details, #plan details, #flow details.onpaper";
let openedForPaper = [];

/** Unfolds what a reader of paper cannot unfold. */
function beforePaper() {
  if (openedForPaper.length || findingsView.printing) return;
  printFindings();
  openedForPaper = [...document.querySelectorAll(PRINTED_FOLDS)].filter((node) => !node.open);
  for (const node of openedForPaper) {
    node.open = true;
    if (node.make) node.make();
  }
}

/** Folds it again. */
function afterPaper() {
  unprintFindings();
  for (const node of openedForPaper) node.open = false;
  openedForPaper = [];
}

/** Prepares for printing, whichever way the browser tells of it. */
function preparePrinting() {
  window.addEventListener("beforeprint", beforePaper);
  window.addEventListener("afterprint", afterPaper);
  matchMedia("print").addEventListener("change", (event) => (event.matches ? beforePaper() : afterPaper()));
}
