// The Video tab: the lines of the strip and of the tracks follow the player.
(() => {
  const follow = (video) => {
    const columns = video.closest(".syn-video");
    if (!columns) return;
    const move = () => {
      const strip = columns.querySelector(".syn-strip .syn-rests");
      if (strip) {
        const seconds = Number(strip.dataset.seconds), now = Math.min(video.currentTime, seconds);
        columns.style.setProperty("--now", now / seconds);
        const moments = strip.children;
        const at = moments[Math.min(moments.length - 1, Math.floor((moments.length * now) / seconds))];
        strip.setAttribute("aria-valuenow", now.toFixed(2));
        strip.setAttribute("aria-valuetext", at.dataset.said);
      }
      if (!video.paused && video.isConnected) requestAnimationFrame(move);
    };
    move();
  };
  // A browser that lacks the codec shows an empty player; it is said below it, not by Gradio's notice, as if the
  // video were wrong, which the run itself tells.
  const judge = (event) => {
    const video = event.target.closest && event.target.closest("video"), columns = video && video.closest(".syn-video");
    if (!columns) return;
    const failed = event.type === "error";
    columns.toggleAttribute("data-unplayable", failed || (event.type === "loadedmetadata" && !video.videoWidth));
    if (failed) event.stopImmediatePropagation();
  };
  for (const kind of ["loadstart", "loadedmetadata", "error"]) document.addEventListener(kind, judge, true);
  for (const kind of ["play", "pause", "timeupdate", "seeked", "ended"]) {
    document.addEventListener(kind, (event) => { if (event.target.tagName === "VIDEO") follow(event.target); }, true);
  }
})();
