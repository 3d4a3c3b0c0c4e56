const here = new URL(location.href);
if (here.searchParams.has("said")) {
  here.searchParams.delete("said");
  history.replaceState(null, "", here);
}
async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(here, { headers: { "X-Refresh": "1" }, cache: "no-store" });
    if (!answer.ok) return;
    // Only this part: styles of the new page would be refused here and reported.
    const [part] = /<main[^]*<\/main>/.exec(await answer.text()) ?? [];
    const fresh = new DOMParser().parseFromString(part ?? "", "text/html").querySelector("main");
    const shown = document.querySelector("main");
    if (!fresh || fresh.dataset.mark === shown.dataset.mark) return;
    document.querySelector(".said")?.remove();
    shown.replaceWith(fresh);
  } catch {
    // Without a network the page stays as it was; the next look may succeed.
  }
}
setInterval(look, WAIT * 1000);
