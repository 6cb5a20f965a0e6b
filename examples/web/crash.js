// What Go prints while a program dies goes to the console and is gone with the page. This keeps 64 KiB of it, from the panic on, for the
// next load, which finds it as krunkLastCrash. Everything on the page's origin can write there, so it is a hint and no proof.
const go = new Go();
{
  const place = "krunk.crash", most = 64 << 10, write = fs.writeSync, text = new TextDecoder();
  let last = "";
  fs.writeSync = (fd, bytes) => {
    if (fd === 2) last = (last + text.decode(bytes, { stream: true })).slice(-16 * most);
    return write.call(fs, fd, bytes);
  };
  go.exit = code => {
    try { if (code !== 0) localStorage.setItem(place, last.slice(Math.max(last.search(/^(panic|fatal error): /m), 0)).slice(0, most)) } catch { /* no storage here: private windows, a page in a frame */ }
  };
  try {
    globalThis.krunkLastCrash = (localStorage.getItem(place) ?? "").slice(0, most);
    localStorage.removeItem(place);
  } catch { globalThis.krunkLastCrash = "" }
}
