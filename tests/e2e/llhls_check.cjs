// Watches a low-latency stream for some seconds as a strict client: <multivariant URL> <cue log> <folder> [seconds [crowd]].
// Every rendition is followed with blocking reloads and through its preload hints; each playlist is held against the
// rules of draft-pantos-hls-rfc8216bis (section numbers below), each part against ISO/IEC 14496-12. Writes what it
// received to <folder>/<rendition>.mp4. With "crowd" it also asks for more than the server lets wait. Says what is
// wrong, one line each, and ends with 1.
const fs = require('fs');
const http = require('http');

const [masterUrl, cueLog, folder, seconds = '8', crowd] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const problems = new Map(); // text -> how often
const stats = { reloads: 0, parts: 0, cues: 0, deltas: 0, reported: [], bursts: 0, waited: [] };
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

function wrong(what) {
  problems.set(what, (problems.get(what) || 0) + 1);
}
function check(ok, what) {
  if (!ok) wrong(what);
  return ok;
}

function get(url) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks),
        ms: performance.now() - began }));
    }).on('error', reject);
  });
}

// ---- playlists ----
function attributes(text) {
  const out = {};
  for (const [, name, value] of text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)) out[name] = value.replace(/^"|"$/g, '');
  return out;
}

function parse(text) {
  const list = { segments: [], skipped: 0, hints: [], reports: [], lines: text.split('\n') };
  let open = { parts: [], lines: [] };
  for (const line of list.lines) {
    const [tag, rest = ''] = line.startsWith('#') ? [line.split(':')[0], line.slice(line.indexOf(':') + 1)] : ['', line];
    if (tag === '#EXT-X-TARGETDURATION') list.target = Number(rest);
    else if (tag === '#EXT-X-MEDIA-SEQUENCE') list.first = Number(rest);
    else if (tag === '#EXT-X-VERSION') list.version = Number(rest);
    else if (tag === '#EXT-X-SERVER-CONTROL') list.control = attributes(rest);
    else if (tag === '#EXT-X-PART-INF') list.partTarget = Number(attributes(rest)['PART-TARGET']);
    else if (tag === '#EXT-X-MAP') list.map = attributes(rest).URI;
    else if (tag === '#EXT-X-SKIP') list.skipped = Number(attributes(rest)['SKIPPED-SEGMENTS']);
    else if (tag === '#EXT-X-PRELOAD-HINT') list.hints.push(attributes(rest));
    else if (tag === '#EXT-X-RENDITION-REPORT') list.reports.push(attributes(rest));
    else if (tag === '#EXT-X-PROGRAM-DATE-TIME') {
      check(open.parts.length === 0, 'PROGRAM-DATE-TIME behind the parts of its segment (4.4.4.9)');
      open.date = Date.parse(rest);
      open.lines.push(line);
    } else if (tag === '#EXT-X-PART') {
      const a = attributes(rest);
      open.parts.push({ uri: a.URI, duration: Number(a.DURATION), independent: a.INDEPENDENT === 'YES' });
      open.lines.push(line);
    } else if (tag === '#EXTINF') {
      open.duration = parseFloat(rest);
      open.lines.push(line);
    } else if (tag === '' && line) {
      open.uri = line;
      open.lines.push(line);
      list.segments.push(open);
      open = { parts: [], lines: [] };
    }
  }
  list.segments.forEach((s, i) => { s.msn = list.first + list.skipped + i; });
  open.msn = list.first + list.skipped + list.segments.length;
  list.open = open;
  return list;
}

// The next part to come: its segment and number.
function end(list) {
  return { msn: list.open.msn, part: list.open.parts.length };
}

function lintParts(segment, list, isVideo, isComplete) {
  segment.parts.forEach((part, i) => {
    const isLast = isComplete && i === segment.parts.length - 1;
    check(part.duration <= list.partTarget + 1e-6, `part of ${part.duration} s above PART-TARGET (4.4.4.9)`);
    check(part.duration >= 0.85 * list.partTarget - 1e-6 || part.independent || isLast,
      `part of ${part.duration} s below 85 % of PART-TARGET (4.4.4.9)`);
    if (i === 0 || !isVideo) check(part.independent, 'a segment, or sound, begins with a part that is not INDEPENDENT');
    else check(!part.independent, 'INDEPENDENT in the middle of a segment of one group');
  });
  if (isComplete && segment.parts.length) {
    const sum = segment.parts.reduce((all, part) => all + part.duration, 0);
    check(Math.abs(sum - segment.duration) < 1e-5, `parts of ${sum} s in a segment of ${segment.duration} s`);
  }
}

function lint(list, rendition) {
  const c = list.control || {};
  check(list.version >= 9, 'VERSION below 9 with SKIP (8)');
  check(c['CAN-BLOCK-RELOAD'] === 'YES', 'no CAN-BLOCK-RELOAD (4.4.3.8)');
  check(Number(c['PART-HOLD-BACK']) >= 3 * list.partTarget, 'PART-HOLD-BACK below three parts (4.4.3.8)');
  check(Number(c['HOLD-BACK']) >= 3 * list.target, 'HOLD-BACK below three target durations (4.4.3.8)');
  check(Number(c['CAN-SKIP-UNTIL']) >= 6 * list.target, 'CAN-SKIP-UNTIL below six target durations (4.4.3.8)');
  check(list.map, 'no MAP');
  check(list.hints.length === 1 && list.hints[0].TYPE === 'PART', 'not one PRELOAD-HINT for a part');
  let after = list.open.parts.reduce((all, part) => all + part.duration, 0);
  for (const s of [...list.segments].reverse()) {
    check(Math.round(s.duration) <= list.target, `segment of ${s.duration} s above TARGETDURATION (4.4.3.1)`);
    check(s.date, 'a segment without PROGRAM-DATE-TIME');
    check(s.uri === `${s.msn}.m4s`, `segment ${s.msn} is named ${s.uri}`);
    check(after >= 3 * list.target ? s.parts.length === 0 : s.parts.length > 0,
      'parts further than three target durations from the end, or none nearer (4.4.4.9)');
    lintParts(s, list, rendition.isVideo, true);
    after += s.duration;
  }
  list.segments.forEach((s, i) => {
    const next = list.segments[i + 1];
    if (next) check(Math.abs(next.date - s.date - s.duration * 1000) < 2, 'dates and durations differ');
  });
  lintParts(list.open, list, rendition.isVideo, false);
  const others = list.reports.map((r) => new URL(r.URI, rendition.url).href).sort().join();
  check(others === rendition.others.join(), `reports on ${others} (4.4.5.4)`);
}

// What an older and a newer playlist of a rendition have in common is the same (6.2.1).
function compare(old, list) {
  check(list.first >= old.first, 'MEDIA-SEQUENCE goes back');
  const known = new Map(old.segments.map((s) => [s.msn, s]));
  for (const s of list.segments) {
    const before = known.get(s.msn);
    if (before) check(before.uri === s.uri && before.duration === s.duration && before.date === s.date, `segment ${s.msn} changed`);
  }
  if (old.skipped || list.skipped) return;
  const { msn, part } = end(old);
  const now = msn === list.open.msn ? list.open : list.segments.find((s) => s.msn === msn);
  if (now && now.parts.length > part)
    check(now.parts[part].uri === old.hints[0].URI, `the hint was ${old.hints[0].URI}, what came is ${now.parts[part].uri}`);
}

// A delta is the full playlist without some of its oldest segments (4.4.5.2). Two at the same state are compared.
async function checkDelta(rendition) {
  for (let attempt = 0; attempt < 5; attempt++) {
    const [full, delta] = await Promise.all(['', attempt % 2 ? '?_HLS_skip=v2' : '?_HLS_skip=YES'].map((q) => get(rendition.url + q)));
    const a = parse(full.body.toString());
    const b = parse(delta.body.toString());
    if (end(a).msn !== end(b).msn || end(a).part !== end(b).part || a.hints[0].URI !== b.hints[0].URI) continue;
    const kept = a.segments.slice(b.skipped);
    const length = (list) => list.reduce((all, s) => all + s.duration, 0);
    check(a.first === b.first && a.skipped === 0, 'MEDIA-SEQUENCE of a delta');
    check(JSON.stringify(kept.map((s) => s.lines)) === JSON.stringify(b.segments.map((s) => s.lines)), 'a delta differs from the playlist');
    check(JSON.stringify(a.open.lines) === JSON.stringify(b.open.lines), 'the end of a delta differs from the playlist');
    check(b.skipped === 0 || length(kept) >= Number(a.control['CAN-SKIP-UNTIL']), 'a delta skips behind the skip boundary');
    check(b.skipped > 0 || length(kept.slice(1)) < Number(a.control['CAN-SKIP-UNTIL']), 'a delta skips nothing');
    stats.deltas += b.skipped > 0;
    return;
  }
  wrong('no two playlists of one state in five attempts');
}

// What is said of another rendition is true: it is there when it is asked for.
async function checkReport(report, rendition) {
  const url = `${new URL(report.URI, rendition.url).href}?_HLS_msn=${report['LAST-MSN']}&_HLS_part=${report['LAST-PART']}`;
  const answer = await get(url);
  const list = parse(answer.body.toString());
  const last = end(list);
  const reported = { msn: Number(report['LAST-MSN']), part: Number(report['LAST-PART']) + 1 };
  check(last.msn > reported.msn || (last.msn === reported.msn && last.part >= reported.part), 'a report names a part that is not there');
  check(last.msn - reported.msn <= 1, 'a report is a segment behind');
  stats.reported.push(answer.ms);
}

// ---- parts ----
function* boxes(data, from = 0, to = data.length) {
  for (let at = from; at + 8 <= to;) {
    const size = data.readUInt32BE(at);
    if (!check(size >= 8 && at + size <= to, 'a box goes beyond its surroundings')) return;
    yield { type: data.toString('latin1', at + 4, at + 8), at: at + 8, end: at + size };
    at += size;
  }
}

function find(data, box, path) {
  let current = box;
  for (const type of path) current = [...boxes(data, current.at, current.end)].find((b) => b.type === type);
  return current;
}

function readRun(data, moof) {
  const tfhd = find(data, moof, ['traf', 'tfhd']);
  const trun = find(data, moof, ['traf', 'trun']);
  const flags = data.readUInt32BE(trun.at) & 0xffffff;
  const count = data.readUInt32BE(trun.at + 4);
  const fields = [0x100, 0x200, 0x400, 0x800].filter((bit) => flags & bit);
  const begin = trun.at + 12 + (flags & 4 ? 4 : 0);
  const run = { count, duration: 0, size: 0, first: Infinity, last: 0, offset: data.readInt32BE(trun.at + 8) };
  check((data.readUInt32BE(tfhd.at) & 0x020000) !== 0, 'the base is not the moof (23000-19 7.5.16)');
  const first = flags & 4 ? data.readUInt32BE(trun.at + 12) : data.readUInt32BE(tfhd.at + 12);
  run.key = (first & 0x10000) === 0;
  for (let i = 0; i < count; i++) {
    const at = begin + i * 4 * fields.length;
    const offset = flags & 0x800 ? data.readInt32BE(at + 4 * fields.indexOf(0x800)) : 0;
    run.first = Math.min(run.first, run.duration + offset);
    run.duration += flags & 0x100 ? data.readUInt32BE(at) : data.readUInt32BE(tfhd.at + 8);
    run.last = Math.max(run.last, run.duration + offset);
    run.size += data.readUInt32BE(at + 4 * fields.indexOf(0x200));
  }
  return run;
}

function readEvent(data, box, state) {
  const text = data.toString('latin1', box.at + 24, box.end).split('\0');
  check(data[box.at] === 1, 'emsg version');
  check(text[0] === 'https://aomedia.org/emsg/ID3', `emsg scheme ${text[0]}`);
  const pts = Number(data.readBigUInt64BE(box.at + 8));
  const payload = /\{"n":(\d+),"frame":\d+\}/.exec(data.toString('utf8', box.at + 24, box.end));
  if (check(payload, 'an emsg without its payload')) state.cues.push({ n: Number(payload[1]), pts, id: data.readUInt32BE(box.at + 20) });
}

function checkPart(data, part, rendition, state) {
  const types = [...boxes(data)].map((b) => b.type);
  check(/^(styp )?prft( emsg)* moof mdat$/.test(types.join(' ')), `boxes of a part: ${types.join(' ')}`);
  check((types[0] === 'styp') === (part.number === 0), 'a segment type box elsewhere than at the beginning of a segment');
  const moof = [...boxes(data)].find((b) => b.type === 'moof');
  const mdat = [...boxes(data)].find((b) => b.type === 'mdat');
  const prft = [...boxes(data)].find((b) => b.type === 'prft');
  if (!check(moof && mdat && prft, 'a part without moof, mdat or prft')) return;
  const run = readRun(data, moof);
  const start = Number(data.readBigUInt64BE(find(data, moof, ['traf', 'tfdt']).at + 4));
  check(state.next === undefined || start === state.next, `a part begins at ${start}, the one before ends at ${state.next}`);
  state.next = start + run.duration;
  check(Math.abs(run.duration / rendition.timescale - part.duration) < 2e-6, `${run.duration} ticks in a part of ${part.duration} s`);
  check(run.size === mdat.end - mdat.at && moof.at - 8 + run.offset === mdat.at, 'samples and mdat do not fit');
  check(run.key === part.independent, 'INDEPENDENT says what the first sample does not');
  const wall = Number(data.readBigUInt64BE(prft.at + 8)) / 2 ** 32 - 2208988800;
  const media = Number(data.readBigUInt64BE(prft.at + 16));
  state.offset ??= wall - media / rendition.timescale;
  check(media >= start && media < start + rendition.timescale && Math.abs(wall - media / rendition.timescale - state.offset) < 1e-4, 'the producer\'s clock runs at another speed');
  if (part.number === 0 && part.date) check(Math.abs(wall * 1000 - part.date) < 2, 'the producer\'s clock and PROGRAM-DATE-TIME differ');
  for (const box of boxes(data)) {
    if (box.type !== 'emsg') continue;
    readEvent(data, box, state);
    const { pts } = state.cues.at(-1) || {};
    check(rendition.isVideo && pts >= start + run.first && pts < start + run.last, 'an emsg outside its part');
  }
  state.range = [state.range ? state.range[0] : start + run.first, start + run.first + run.duration];
}

// ---- following ----
async function prepare(rendition) {
  const first = await get(rendition.url);
  check(first.headers['content-type'] === 'application/vnd.apple.mpegurl', 'the type of a playlist');
  const list = parse(first.body.toString());
  const init = await get(new URL(list.map, rendition.url).href);
  const mdhd = find(init.body, { at: 0, end: init.body.length }, ['moov', 'trak', 'mdia', 'mdhd']);
  rendition.timescale = init.body.readUInt32BE(mdhd.at + 12);
  rendition.file = fs.createWriteStream(`${folder}/${rendition.name}.mp4`);
  rendition.file.write(init.body);
  return list;
}

// One turn: the hinted part is asked for together with the playlist that lists it.
async function turn(rendition, old, state) {
  const { msn, part } = end(old);
  const [media, answer] = await Promise.all([get(new URL(old.hints[0].URI, rendition.url).href),
    get(`${rendition.url}?_HLS_msn=${msn}&_HLS_part=${part}`)]);
  stats.reloads++;
  stats.waited.push(answer.ms);
  if (!check(answer.status === 200, `a blocking reload: ${answer.status}`)) return old;
  check(media.status === 200, `a hinted part: ${media.status}`);
  check(/max-age=[1-9]/.test(answer.headers['cache-control']), 'the answer to a blocking reload cannot be cached');
  const list = parse(answer.body.toString());
  lint(list, rendition);
  compare(old, list);
  const segment = list.open.msn === msn ? list.open : list.segments.find((s) => s.msn === msn);
  if (!check(segment && segment.parts.length > part, 'a blocking reload came back without its part (6.2.5.2)')) return list;
  const fresh = [...list.segments, list.open].filter((s) => s.msn >= msn).reduce((all, s) => all + s.parts.length, -part);
  stats.bursts += fresh > 2;
  checkPart(media.body, { ...segment.parts[part], number: part, date: segment.date }, rendition, state);
  rendition.file.write(media.body);
  stats.parts++;
  state.bytes = part === 0 ? [media.body] : [...(state.bytes || []), media.body];
  if (segment !== list.open && state.bytes.length === segment.parts.length) {
    const whole = await get(new URL(segment.uri, rendition.url).href);
    check(whole.body.equals(Buffer.concat(state.bytes)), 'a segment is not its parts');
    await checkDelta(rendition);
  }
  return list;
}

// Nobody misses more than one part in a turn; one that does is asked for by its name.
async function follow(rendition) {
  const state = { cues: [] };
  const until = performance.now() + Number(seconds) * 1000;
  let list = await prepare(rendition);
  list = parse((await get(`${rendition.url}?_HLS_msn=${list.open.msn}`)).body.toString()); // from the beginning of a segment
  while (performance.now() < until && !problems.size) {
    const before = end(list);
    const next = await turn(rendition, list, state);
    if (next.reports.length && Math.random() < 0.2) await checkReport(next.reports[0], rendition);
    // behind by more than a part: the client goes on with the newest one, as after a pause
    if (next.open.msn !== before.msn ? next.open.parts.length > 0 : next.open.parts.length > before.part + 1) state.next = undefined;
    list = next;
  }
  await new Promise((resolve) => { rendition.file.end(resolve); });
  return state;
}

async function checkNonsense(rendition) {
  const list = parse((await get(rendition.url)).body.toString());
  const last = list.open.msn;
  for (const query of ['_HLS_part=1', '_HLS_msn=x', '_HLS_msn=-1', '_HLS_msn=', '_HLS_msn=99999999999999999999', '_HLS_skip=maybe',
    `_HLS_msn=${last + 8}`, `_HLS_msn=${last}&_HLS_part=500`, `_HLS_msn=${last}&_HLS_part=x`])
    check((await get(`${rendition.url}?${query}`)).status === 400, `${query} is answered`);
  for (const query of ['_HLS_msn=1', `_HLS_msn=${last - 3}&_HLS_part=0`, `_HLS_msn=${last - 3}&_HLS_part=500`]) {
    const answer = await get(`${rendition.url}?${query}`);
    check(answer.status === 200 && answer.ms < 150, `${query}: ${answer.status} after ${answer.ms.toFixed()} ms`);
  }
  const whole = parse((await get(`${rendition.url}?_HLS_msn=${last}`)).body.toString());
  check(whole.segments.some((s) => s.msn === last), 'a segment was waited for and is not there');
  const behind = parse((await get(`${rendition.url}?_HLS_msn=${whole.open.msn}&_HLS_part=10`)).body.toString());
  check(behind.segments.some((s) => s.msn === whole.open.msn) && behind.open.parts.length > 0, 'a part behind the end of a segment is not the next one\'s first');
}

// Many more than the server lets wait, for the segment after the one that has just begun: some wait, the rest is told
// so at once, and the stream goes on. Connecting so many may take a busy machine longer than the wait: three attempts.
async function checkCrowd(rendition) {
  const newest = async (query) => parse((await get(rendition.url + query)).body.toString()).open.msn;
  const tally = {};
  for (let attempt = 0; attempt < 3 && !tally[503] && !tally.EMFILE; attempt++) {
    for (const status of Object.keys(tally)) delete tally[status];
    const msn = await newest(`?_HLS_msn=${await newest('')}`);
    const many = new http.Agent({ maxSockets: Infinity });
    const one = () => new Promise((resolve) => {
      http.get(`${rendition.url}?_HLS_msn=${msn + 1}`, { agent: many }, (r) => { r.resume(); r.on('end', () => resolve(r.statusCode)); })
        .on('error', (error) => resolve(error.code));
    });
    for (const status of await Promise.all(Array.from({ length: 2300 }, one))) tally[status] = (tally[status] || 0) + 1;
    many.destroy();
  }
  agent.destroy(); // those connections were idle for long
  console.log(`a crowd: ${JSON.stringify(tally)}`);
  if (tally.EMFILE) return; // not enough descriptors on this side
  check(tally[200] >= 1000 && tally[503] >= 1 && tally[200] + tally[503] === 2300, `a crowd got ${JSON.stringify(tally)}`);
  check((await get(rendition.url)).status === 200, 'no answer after the crowd');
}

function checkCues(state, rendition) {
  const truth = fs.readFileSync(cueLog, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  stats.cues += state.cues.length;
  // reordered pictures at the end may or may not have come
  const told = (list) => JSON.stringify(list.map((cue) => [cue.n, cue.pts])
    .filter(([, pts]) => pts >= state.range[0] && pts < state.range[1] - 0.3 * rendition.timescale));
  check(state.cues.length > 2, 'too few cues to tell');
  check(told(truth) === told(state.cues), `${rendition.name}: cues ${told(state.cues)}, in truth ${told(truth)}`);
  check(new Set(state.cues.map((cue) => cue.id)).size === state.cues.length, 'two cues have one id');
}

async function main() {
  const lines = (await get(masterUrl)).body.toString().split('\n');
  const variants = lines.filter((line, i) => i && lines[i - 1].startsWith('#EXT-X-STREAM-INF')).map((uri) => ({ uri, isVideo: true }));
  const sound = lines.filter((line) => line.startsWith('#EXT-X-MEDIA:TYPE=AUDIO')).map((line) => ({ uri: attributes(line).URI, isVideo: false }));
  const renditions = [...variants, ...sound].map((r) => ({ ...r, url: new URL(r.uri, masterUrl).href, name: r.uri.split('/').at(-2) }));
  for (const r of renditions) r.others = renditions.filter((o) => o !== r).map((o) => o.url).sort();
  check(variants.length === 2 && sound.length === 1, 'not two qualities and a sound');
  const states = await Promise.all(renditions.map(follow));
  states.forEach((state, i) => { if (renditions[i].isVideo) checkCues(state, renditions[i]); });
  await checkNonsense(renditions[0]);
  if (crowd === 'crowd') await checkCrowd(renditions[0]);
  console.log(`${stats.reloads} blocking reloads (median ${median(stats.waited).toFixed()} ms, longest ${Math.max(...stats.waited).toFixed()} ms), ` +
    `${stats.parts} hinted parts, ${stats.cues} cues, ${stats.deltas} deltas, ${stats.reported.length} reports`);
  // single ones may be late on a busy machine
  check(stats.bursts <= stats.reloads / 10, `more than two parts at once in ${stats.bursts} of ${stats.reloads} reloads`);
  check(!(median(stats.reported) > 80), `what a report names took ${median(stats.reported)} ms`);
  check(stats.deltas > 0, 'no delta left anything out');
  for (const [what, count] of problems) console.log(`FAILED: ${what}${count > 1 ? ` (${count} times)` : ''}`);
  agent.destroy();
  process.exit(problems.size ? 1 : 0);
}

main().catch((error) => { console.log(`FAILED: ${error.stack}`); process.exit(1); });
