// mp4box.js as a packager: node mp4box.cjs VIDEO.mp4 AUDIO.mp4, in the folder that gets list.m3u8 (multivariant), a
// media playlist, an initialization section and segments of two seconds for each.
const fs = require('fs');
const { createFile, MP4BoxBuffer } = require('mp4box');

const toBuffer = (data) => {
    const copy = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
    if (MP4BoxBuffer) {
        return MP4BoxBuffer.fromArrayBuffer(copy, 0);
    }
    copy.fileStart = 0;
    return copy;
};

function cut(path, short) {
    const file = createFile();
    const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:2', '#EXT-X-PLAYLIST-TYPE:VOD', `#EXT-X-MAP:URI="${short}_init.mp4"`];
    let codec = '', count = 0, at = 0, seconds = 0;
    file.onError = (error) => { throw new Error(error); };
    file.onReady = (info) => {
        const track = info.tracks[0];
        codec = track.codec;
        seconds = track.samples_duration / track.timescale / track.nb_samples;
        const perSegment = Math.round(2 / seconds);
        file.onSegment = (id, user, buffer, next) => {
            const name = `${short}_${count++}.m4s`;
            fs.writeFileSync(name, Buffer.from(buffer));
            lines.push(`#EXTINF:${((next - at) * seconds).toFixed(6)},`, name);
            at = next;
        };
        file.setSegmentOptions(track.id, null, { nbSamples: perSegment, rapAlignement: short === 'v' });
        const init = file.initializeSegmentation();
        const head = Array.isArray(init) ? init[0].buffer : init.buffer;
        fs.writeFileSync(`${short}_init.mp4`, Buffer.from(head));
        file.start();
    };
    file.appendBuffer(toBuffer(fs.readFileSync(path)));
    file.flush();
    fs.writeFileSync(`${short}.m3u8`, [...lines, '#EXT-X-ENDLIST', ''].join('\n'));
    return codec;
}

const [video, audio] = [cut(process.argv[2], 'v'), cut(process.argv[3], 'a')];
fs.writeFileSync('list.m3u8', ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="tone",DEFAULT=YES,AUTOSELECT=YES,URI="a.m3u8"',
    `#EXT-X-STREAM-INF:BANDWIDTH=1000000,CODECS="${video},${audio}",AUDIO="a"`, 'v.m3u8', ''].join('\n'));
