// The live stream: one EventSource that is watched and reopened by us. The browser's own retry gives
// up on an HTTP error and cannot tell a silent connection from a quiet car park; the server beats
// every 15 s, so silence for much longer means the values on the screen are old.

const SILENCE_MS = 40000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 8000;

// handlers: {place, movement, beat} get the parsed data; state(live) tells when the stream breaks and
// when it is back.
export function openStream(url, handlers, state) {
  let source = null;
  let retryMs = RETRY_MIN_MS;
  let silence = 0;
  let reopening = 0;

  function heard() {
    clearTimeout(silence);
    silence = setTimeout(lost, SILENCE_MS);
  }

  function lost() {
    clearTimeout(silence);
    clearTimeout(reopening);
    source?.close();
    source = null;
    state(false);
    reopening = setTimeout(open, retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  }

  function open() {
    source = new EventSource(url);
    source.onerror = lost;
    heard();
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        heard();
        let data;
        try {
          data = JSON.parse(event.data);
        } catch {
          return; // a damaged event is dropped; the next snapshot replaces it
        }
        if (name === 'beat') {
          retryMs = RETRY_MIN_MS;
          state(true);
        }
        handle(data);
      });
    }
  }

  // A page that comes back from the background or from sleep must not wait for a timer.
  addEventListener('online', () => { if (!source) { clearTimeout(reopening); open(); } });
  addEventListener('pagehide', () => { clearTimeout(silence); clearTimeout(reopening); source?.close(); source = null; });
  addEventListener('pageshow', (event) => { if (event.persisted) open(); });
  open();
}
