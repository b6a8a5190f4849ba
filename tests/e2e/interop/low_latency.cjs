// A page with a browser's player on a low-latency stream in Chromium: <hls.js|shaka> <multivariant playlist> <empty
// folder for its profile> <chromium>. Plays for some seconds: the picture must move, parts must be fetched, the latency
// must be what parts are for, and cues in emsg must arrive, none missing.
const http = require('http');
const fs = require('fs');
const { chromium } = require('playwright-core');

const [player, playlist, profile, executablePath] = process.argv.slice(2);
const WATCH_SECONDS = 10;
const LATENCY_MAX = 2.5; // seconds behind the clock of the studio; a classic stream has six and more
const libraries = { 'hls.js': 'hls.js/dist/hls.min.js', shaka: 'shaka-player/dist/shaka-player.compiled.js' };

const start = {
  'hls.js': `
const hls = new Hls({ lowLatencyMode: true });
hls.on(Hls.Events.FRAG_PARSING_METADATA, (_, event) => event.samples.forEach((sample) => { seen.schemes.push(sample.type); frames(sample.data); }));
hls.on(Hls.Events.ERROR, (_, error) => { seen.errors.push(error.details); seen.fatal += error.fatal; });
hls.loadSource(playlist);
hls.attachMedia(video);
window.measure = () => ({ latency: (Date.now() - hls.playingDate) / 1000, told: hls.latency, target: hls.targetLatency });`,
  shaka: `
shaka.polyfill.installAll();
const shown = new shaka.Player();
shown.addEventListener('error', (event) => { seen.errors.push(String(event.detail.code)); seen.fatal += event.detail.severity === 2; });
shown.addEventListener('emsg', (event) => { seen.schemes.push(event.detail.schemeIdUri); frames(event.detail.messageData); });
shown.configure({ streaming: { lowLatencyMode: true }, mediaSource: { dispatchAllEmsgBoxes: true } });
shown.attach(video).then(() => shown.load(playlist)).catch((error) => { seen.errors.push(String(error.code || error)); seen.fatal++; });
window.measure = () => ({ latency: (Date.now() - shown.getPlayheadTimeAsDate()) / 1000, told: shown.getStats().liveLatency, target: NaN });`,
};

const page = `<!doctype html><title>low latency</title><video muted autoplay></video><script src="/library.js"></script><script>
const seen = { cues: [], schemes: [], errors: [], fatal: 0 };
const playlist = ${JSON.stringify(playlist)};
const video = document.querySelector('video');
performance.setResourceTimingBufferSize(5000);
// The data of each PRIV frame in ID3v2.4 tags: frame sizes are synchsafe, an owner ends with a zero.
function frames(bytes) {
  const text = new TextDecoder();
  for (let at = 10; at + 10 <= bytes.length && text.decode(bytes.subarray(at, at + 4)) === 'PRIV';) {
    const size = bytes[at + 4] << 21 | bytes[at + 5] << 14 | bytes[at + 6] << 7 | bytes[at + 7];
    const frame = bytes.subarray(at + 10, at + 10 + size);
    seen.cues.push(text.decode(frame.subarray(frame.indexOf(0) + 1)));
    at += 10 + size;
  }
}
${start[player]}
</script>`;

async function watch(origin) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
  });
  const tab = await context.newPage();
  await tab.goto(origin);
  await tab.waitForFunction(() => document.querySelector('video').currentTime > 0 || seen.fatal, null, { timeout: 40000 });
  await tab.waitForTimeout(2000); // until it has found its place
  const begin = await tab.evaluate(() => document.querySelector('video').currentTime);
  const latencies = [];
  for (let i = 0; i < WATCH_SECONDS; i++) {
    await tab.waitForTimeout(1000);
    latencies.push(await tab.evaluate(() => measure()));
  }
  const result = await tab.evaluate((from) => {
    const names = performance.getEntriesByType('resource').map((entry) => entry.name);
    return { ...seen, played: video.currentTime - from, frames: video.getVideoPlaybackQuality().totalVideoFrames, height: video.videoHeight,
      parts: names.filter((name) => /[0-9]+[.][0-9]+[.]m4s/.test(name)).length,
      blocking: names.filter((name) => name.includes('_HLS_msn=')).length, deltas: names.filter((name) => name.includes('_HLS_skip=')).length };
  }, begin);
  await context.close();
  return { ...result, latencies };
}

async function main() {
  const library = fs.readFileSync(require.resolve(libraries[player]));
  const server = http.createServer((request, response) => {
    const isLibrary = request.url === '/library.js';
    response.setHeader('Content-Type', isLibrary ? 'text/javascript' : 'text/html');
    response.end(isLibrary ? library : page);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const seen = await watch(`http://127.0.0.1:${server.address().port}/`);
  server.close();
  const numbers = [...new Set(seen.cues.map((cue) => JSON.parse(cue).n))].sort((a, b) => a - b);
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  const latency = median(seen.latencies.map((m) => m.latency));
  console.log(`${player}: ${seen.played.toFixed(1)} s played, ${seen.frames} frames of ${seen.height} lines, ${latency.toFixed(2)} s behind the clock ` +
    `(it says ${median(seen.latencies.map((m) => m.told)).toFixed(2)}), ${seen.parts} parts, ${seen.blocking} blocking reloads, ${seen.deltas} deltas, ` +
    `cues ${numbers[0]}..${numbers.at(-1)}, ${seen.cues.length} in all, errors: ${seen.errors.join(' ') || 'none'}`);
  const problems = [];
  if (seen.fatal) problems.push('a fatal error');
  if (seen.played < WATCH_SECONDS * 0.8) problems.push('the picture stands');
  if (!(latency < LATENCY_MAX)) problems.push(`${latency} s behind the clock`);
  if (seen.parts < WATCH_SECONDS) problems.push('it does not fetch parts');
  if (seen.blocking < WATCH_SECONDS) problems.push('it does not use blocking reloads');
  if (new Set(seen.schemes).size !== 1 || seen.schemes[0] !== 'https://aomedia.org/emsg/ID3') problems.push(`schemes: ${[...new Set(seen.schemes)]}`);
  if (numbers.length < WATCH_SECONDS) problems.push('too few cues');
  if (numbers.at(-1) - numbers[0] + 1 !== numbers.length) problems.push(`a cue is missing: ${numbers}`);
  problems.forEach((problem) => console.log(`FAILED: ${problem}`));
  process.exit(problems.length ? 1 : 0);
}

main().catch((error) => { console.log(`FAILED: ${error}`); process.exit(1); });
