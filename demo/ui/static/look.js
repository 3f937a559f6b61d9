// The Look tab: a line over the spectrograms follows the sound, and arrow keys move among cells.
(() => {
  const follow = (audio) => {
    const look = audio.closest(".syn-look");
    if (!look) return;
    const move = () => {
      for (const line of look.querySelectorAll(".syn-cursor")) {
        const part = audio.currentTime / Number(line.dataset.seconds);
        line.style.left = `${Math.min(100, 100 * part)}%`;
        line.hidden = audio.currentTime === 0;
      }
      if (!audio.paused && audio.isConnected) requestAnimationFrame(move);
    };
    move();
  };
  for (const kind of ["play", "pause", "seeked", "ended"]) {
    document.addEventListener(kind, (event) => { if (event.target.tagName === "AUDIO") follow(event.target); }, true);
  }

  // The cells of one sense are a single stop for the Tab key.
  const STEPS = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: (columns) => -columns, ArrowDown: (columns) => columns };
  document.addEventListener("keydown", (event) => {
    const grid = event.target.closest && event.target.closest(".syn-pick");
    if (!grid || !(event.key in STEPS)) return;
    const cells = [...grid.querySelectorAll("button")];
    const next = cells[cells.indexOf(event.target) + STEPS[event.key](Number(grid.dataset.columns))];
    event.preventDefault();
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
})();
