// A page with hls.js in Chromium: <playlist> <empty folder for its profile> <chromium>. Plays for some seconds; the
// picture must move, nothing may be fatal, and each cue's PRIV payload must read {"n": number} with no number missing.
const http = require('http');
const fs = require('fs');
const { chromium } = require('playwright-core');

const [playlist, profile, executablePath] = process.argv.slice(2);
const WATCH_SECONDS = 8;
const page = `<!doctype html><title>hls.js</title><video muted autoplay></video><script src="/hls.js"></script><script>
const seen = { cues: [], errors: [], fatal: 0 };
// The data of each PRIV frame in ID3v2.4 tags: frame sizes are synchsafe, an owner ends with a zero.
function frames(bytes) {
  const text = new TextDecoder();
  for (let at = 10; at + 10 <= bytes.length && text.decode(bytes.subarray(at, at + 4)) === 'PRIV';) {
    const size = bytes[at + 4] << 21 | bytes[at + 5] << 14 | bytes[at + 6] << 7 | bytes[at + 7];
    const frame = bytes.subarray(at + 10, at + 10 + size);
    const end = frame.indexOf(0);
    seen.cues.push({ owner: text.decode(frame.subarray(0, end)), data: text.decode(frame.subarray(end + 1)) });
    at += 10 + size;
  }
}
const hls = new Hls();
hls.on(Hls.Events.FRAG_PARSING_METADATA, (_, event) => event.samples.forEach((sample) => frames(sample.data)));
hls.on(Hls.Events.ERROR, (_, error) => { seen.errors.push(error.details); seen.fatal += error.fatal; });
hls.loadSource(${JSON.stringify(playlist)});
hls.attachMedia(document.querySelector('video'));
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
  await tab.waitForFunction(() => document.querySelector('video').currentTime > 0, null, { timeout: 40000 });
  const begin = await tab.evaluate(() => document.querySelector('video').currentTime);
  await tab.waitForTimeout(WATCH_SECONDS * 1000);
  const result = await tab.evaluate((from) => {
    const video = document.querySelector('video');
    const quality = video.getVideoPlaybackQuality();
    return { ...seen, played: video.currentTime - from, frames: quality.totalVideoFrames, height: video.videoHeight };
  }, begin);
  await context.close();
  return result;
}

async function main() {
  const library = fs.readFileSync(require.resolve('hls.js/dist/hls.min.js'));
  const server = http.createServer((request, response) => {
    const isLibrary = request.url === '/hls.js';
    response.setHeader('Content-Type', isLibrary ? 'text/javascript' : 'text/html');
    response.end(isLibrary ? library : page);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const seen = await watch(`http://127.0.0.1:${server.address().port}/`);
  server.close();
  const numbers = seen.cues.map((cue) => JSON.parse(cue.data).n);
  console.log(`hls.js: ${seen.played.toFixed(1)} s played, ${seen.frames} frames of ${seen.height} lines, cues ` +
    `${numbers[0]}..${numbers.at(-1)}, ${seen.cues.length} in all, errors: ${seen.errors.join(' ') || 'none'}`);
  const problems = [];
  if (seen.fatal) problems.push('a fatal error');
  if (seen.played < WATCH_SECONDS / 2) problems.push('the picture stands');
  if (seen.cues.length < WATCH_SECONDS) problems.push('too few cues');
  if (new Set(seen.cues.map((cue) => cue.owner)).size !== 1) problems.push('owners differ');
  // a segment that hls.js parses again brings its cues again
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  if (sorted.at(-1) - sorted[0] + 1 !== sorted.length) problems.push(`a cue is missing: ${sorted}`);
  problems.forEach((problem) => console.log(`FAILED: ${problem}`));
  process.exit(problems.length ? 1 : 0);
}

main().catch((error) => { console.log(`FAILED: ${error}`); process.exit(1); });
