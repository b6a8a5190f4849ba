# Finds the beeps of packagers.Sources.audio() in what was played: 32-bit floats, two channels, 48 kHz, as SDL's disk
# driver writes them.
import array
import os

RATE, WINDOW = 48000, 240


def beeps(path):
    """[(begin in seconds, length in seconds, frequency)] of each stretch that sounds."""
    if not os.path.exists(path):
        return []
    samples = array.array("f")
    with open(path, "rb") as data:
        raw = data.read()
    samples.frombytes(raw[:len(raw) // 8 * 8])
    left = samples[0::2]
    loud = [max(left[at:at + WINDOW]) > 0.05 for at in range(0, len(left) - WINDOW, WINDOW)]
    out, begin = [], None
    for index, is_loud in enumerate(loud + [False, False]):
        if is_loud and begin is None:
            begin = index
        elif not is_loud and begin is not None and not any(loud[index:index + 2]):
            part = left[begin * WINDOW:index * WINDOW]
            rises, is_low = 0, False
            for value in part:  # noise around nothing does not count
                if value < -0.1:
                    is_low = True
                elif is_low and value > 0.1:
                    rises, is_low = rises + 1, False
            seconds = len(part) / RATE
            if seconds > 0.02:
                out.append((begin * WINDOW / RATE, seconds, rises / max(seconds - WINDOW / RATE, 0.01)))
            begin = None
    return out


def judge(path, tones):
    """What is wrong with the beeps: one each second, a tenth of a second long, of these frequencies. The first one, on which
    playback begins, may be cut."""
    found, wrong = beeps(path)[-len(tones) + 1:], []
    tones = tones[1:]
    if len(found) != len(tones):
        return ["%d beeps, not %d" % (len(found), len(tones))]
    for index, ((begin, seconds, frequency), tone) in enumerate(zip(found, tones)):
        is_join = index % 6 == 5  # the first behind a discontinuity, where sound of two recordings meets
        if index and abs(begin - found[index - 1][0] - 1) > (0.06 if is_join or index % 6 == 0 else 0.03):
            wrong.append("%.3f s between beeps" % (begin - found[index - 1][0]))
        if not (0.05 if is_join else 0.08) < seconds < 0.13 or abs(frequency - tone) > (0.1 if is_join else 0.06) * tone:
            wrong.append("a beep of %.0f Hz for %.3f s at %.2f s, not of %d Hz" % (frequency, seconds, begin, tone))
    return wrong[:3]
