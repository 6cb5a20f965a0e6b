// What Go prints while a program dies goes to the console and is gone with the page. This keeps the end of it for the next load, which
// finds it as krunkLastCrash.
const go = new Go();
{
  const place = "krunk.crash", most = 64 << 10, write = fs.writeSync, text = new TextDecoder();
  let last = "";
  fs.writeSync = (fd, bytes) => {
    if (fd === 2) last = (last + text.decode(bytes, { stream: true })).slice(-most);
    return write.call(fs, fd, bytes);
  };
  go.exit = code => {
    try { if (code !== 0) localStorage.setItem(place, last) } catch { /* no storage here: private windows, a page in a frame */ }
  };
  try {
    globalThis.krunkLastCrash = localStorage.getItem(place) ?? "";
    localStorage.removeItem(place);
  } catch { globalThis.krunkLastCrash = "" }
}
