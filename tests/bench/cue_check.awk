# Judges a log of `aizu play --log-frames` against the channel's list of cues.
#
# In, as words on lines: "T n time frame" the truth; "S wall frame" what was seen on the screen, if anything;
# "F at pts" a presented frame, "C t due pts error n late skipped wall" a cue, in the order of the log. Out:
# one line of counts, one of errors each way of measuring.
#
# Nothing that the log says about a cue is believed: its frame is looked up by the time that it gives as due,
# and has to be the frame that covers the cue's presentation time; the error is the time of the call minus
# the time of that frame. Frames fall into runs, which a jump of half a second or more, or one back, ends. In
# each run each cue from the first frame to the last is expected once. Cues of a run's first and last frame
# may be missing: the log can't tell whether the jump came before them.
function percentile(v, n, p,    i) { i = int(n * p + 0.999999); return v[i < 1 ? 1 : i > n ? n : i] }
function say(name, v, n,    i) {
    if (n == 0) return
    asort_numbers(v, n)
    printf "    %-34s median %6.3f  p95 %6.3f  p99 %6.3f  max %6.3f ms  (%d)\n", name, percentile(v, n, 0.5),
        percentile(v, n, 0.95), percentile(v, n, 0.99), v[n], n
}
# Shell sort: mawk has none.
function asort_numbers(v, n,    gap, i, j, x) {
    for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
        for (i = gap + 1; i <= n; i++) {
            x = v[i] + 0
            for (j = i - gap; j >= 1 && v[j] > x; j -= gap) v[j + gap] = v[j]
            v[j + gap] = x
        }
}
function absolute(x) { return x < 0 ? -x : x }

$1 == "T" { time[$2] = $3; frame_of[$2] = $4; if ($2 > n_max) n_max = $2 }
$1 == "S" { if (!($3 in seen)) seen[$3] = $2 }
$1 == "F" {
    at[++frames] = $2; pts[frames] = $3
    if (frames == 1 || $3 <= pts[frames - 1] || $3 > pts[frames - 1] + 0.5) {
        if (frames > 1) last[runs] = frames - 1
        first[++runs] = frames
    }
    run_of[frames] = runs
    frame_at[sprintf("%.6f", $2)] = frames
}
$1 == "C" {
    cues++
    c_t[cues] = $2; c_due[cues] = $3; c_pts[cues] = $4; c_error[cues] = $5; c_n[cues] = $6; c_wall[cues] = $9
    late += $7 == "true"; skipped += $8 == "true"
}
END {
    if (frames) last[runs] = frames
    offset = c_pts[1] - time[c_n[1]]
    for (i = 1; i <= cues; i++) {
        n = c_n[i]
        if (!(n in time) || absolute(c_pts[i] - time[n] - offset) > 0.00002) { mistimed++; continue }
        if (c_due[i] == "null") continue
        self[++selfs] = absolute(c_error[i])
        if (!frames) {
            once[n]++
            drift[i] = c_t[i] - c_pts[i]
            if (i > 1 && c_pts[i] < c_pts[i - 1]) disordered++
            continue
        }
        f = frame_at[sprintf("%.6f", c_due[i])]
        if (!f) { frameless++; got[run_last ? run_last : 1, n]++; continue }
        run = run_of[f]
        next_is_covering = f < last[run] && pts[f + 1] <= c_pts[i] + 0.000005
        if (pts[f] > c_pts[i] + 0.000005 || next_is_covering) uncovered++
        if (run == run_last && c_pts[i] < pts_last) disordered++
        run_last = run; pts_last = c_pts[i]
        got[run, n]++
        own[++owns] = absolute(c_t[i] - at[f]) * 1000
        early += c_t[i] < at[f] - 0.000002
        if (frame_of[n] in seen) screen[++screens] = (c_wall[i] - seen[frame_of[n]]) * 1000
    }
    if (frames) {
        for (run = 1; run <= runs; run++)
            for (n = 1; n <= n_max; n++) {
                if (!(n in time)) continue
                p = time[n] + offset
                is_within = p >= pts[first[run]] - 0.000005 && p <= pts[last[run]] + 0.000005
                is_edge = first[run] == last[run] || p < pts[first[run] + 1] - 0.000005 || p >= pts[last[run]] - 0.000005
                expected += is_within && !is_edge
                missed += is_within && !is_edge && !got[run, n]
                repeated += got[run, n] > 1 ? got[run, n] - 1 : 0
                stray += !is_within && got[run, n] ? got[run, n] : 0
            }
    } else {
        for (i = 1; i <= n_max; i++) {
            p = time[i] + offset
            is_within = p >= c_pts[1] - 0.000005 && p <= c_pts[cues] + 0.000005
            expected += is_within; missed += is_within && !once[i]; repeated += once[i] > 1 ? once[i] - 1 : 0
        }
        # Without frames: how far each cue's delay behind its media time is from the usual one.
        for (i = 1; i <= cues; i++) sorted[i] = drift[i]
        asort_numbers(sorted, cues)
        middle = percentile(sorted, cues, 0.5)
        for (i = 1; i <= cues; i++) own[++owns] = absolute(drift[i] - middle) * 1000
    }
    printf "    %d frames in %d runs, %d cues of %d expected: missed %d, repeated %d, out of order %d\n", frames, runs,
        cues, expected, missed, repeated, disordered
    printf "    on another than the covering frame %d, on no frame %d, before their frame %d, wrong time %d, stray %d, late %d, skipped %d\n",
        uncovered, frameless, early, mistimed, stray, late, skipped
    say(frames ? "callback - covering frame" : "callback - usual delay", own, owns)
    say("as the log has it", self, selfs)
    say("callback - seen on the screen", screen, screens)
}
