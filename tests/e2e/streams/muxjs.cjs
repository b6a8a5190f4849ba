// mux.js as a packager: node muxjs.cjs TS-PLAYLIST, in the folder that gets list.m3u8, an initialization section and a
// segment of fMP4 for each transport stream segment.
const fs = require('fs');
const path = require('path');
const mp4 = require('mux.js').mp4;

const source = fs.readFileSync(process.argv[2], 'utf8').split('\n');
const folder = path.dirname(process.argv[2]);
const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:2', '#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-MAP:URI="init.mp4"'];
const transmuxer = new mp4.Transmuxer({ keepOriginalTimestamps: true, remux: true });
let count = 0;
transmuxer.on('data', (segment) => {
    if (count === 0) {
        fs.writeFileSync('init.mp4', Buffer.from(segment.initSegment));
    }
    fs.writeFileSync(`${count++}.m4s`, Buffer.from(segment.data));
});
let duration = '';
for (const line of source) {
    if (line.startsWith('#EXTINF:')) {
        duration = line;
    } else if (line && !line.startsWith('#')) {
        const before = count;
        transmuxer.push(new Uint8Array(fs.readFileSync(path.join(folder, line))));
        transmuxer.flush();
        if (count !== before + 1) {
            throw new Error(`${count - before} segments of ${line}`);
        }
        lines.push(duration, `${before}.m4s`);
    }
}
fs.writeFileSync('list.m3u8', [...lines, '#EXT-X-ENDLIST', ''].join('\n'));
