# Packages the streams of catalogue.py into a folder, those that are missing or whose recipe changed, and writes what each
# holds into its manifest.json: make.py FOLDER [CORPUS [NAME...]], or
# make.py --names [CORPUS]. npm packages are installed into the folder, once.
import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import sys

import corpus
import packagers
import rules  # adds its streams to the catalogue's
from catalogue import STREAMS
from measure import measure

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 6


class Maker:
    def __init__(self, root):
        self.sources = packagers.Sources(os.path.join(root, "sources"), SECONDS)
        self.modules = install(os.path.join(root, "npm"))
        self.shaka = packagers.Shaka(self.modules)

    def measure(self, folder, url):
        """For a stream whose files cannot be measured as they will lie there."""
        return measure(folder, url)

    def node(self, folder, script, *words):
        if not self.modules:
            raise packagers.Unmade("no npm packages")
        packagers.run(folder, ["node", os.path.join(HERE, script)] + list(words), dict(NODE_PATH=self.modules))


def install(folder):
    """npm's packages as package-lock.json pins them; None where they cannot be had."""
    modules, lock = os.path.join(folder, "node_modules"), os.path.join(HERE, "package-lock.json")
    stamp = os.path.join(folder, "stamp")
    wanted = hashlib.sha256(open(lock, "rb").read()).hexdigest()
    if os.path.exists(stamp) and open(stamp).read() == wanted:
        return modules
    if not shutil.which("npm"):
        return None
    os.makedirs(folder, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(HERE, name), folder)
    done = subprocess.run(["npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print("npm cannot install: " + (done.stdout.strip().splitlines() or [""])[-1])
        return None
    with open(stamp, "w") as out:
        out.write(wanted)
    return modules


def recipes():
    """Changes when something changes that streams are made of."""
    digest = hashlib.sha256()
    for name in sorted(os.listdir(HERE)):
        if name.endswith((".cjs", ".json")) or name.endswith(".py") and name not in ("play.py", "servers.py"):
            with open(os.path.join(HERE, name), "rb") as file:
                digest.update(file.read())
    return digest.hexdigest()


def described(one):
    return {key: value for key, value in dict(one, **one.get("entry", {})).items() if key not in ("make", "entry")}


def make(maker, root, one, stamp):
    folder = os.path.join(root, one["name"])
    manifest = os.path.join(folder, "manifest.json")
    if os.path.exists(manifest):
        with open(manifest) as file:
            if json.load(file)["recipes"] == stamp:
                return None
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    try:
        found = one["make"](maker, folder) or measure(folder, one.get("entry", one)["url"], one["group"] == "corpus")
        facts = dict(found, **described(one))
        if "pictures" in one:
            facts["reference"] = maker.sources.checksums(one["pictures"])
    except packagers.Unmade as reason:
        facts = dict(described(one), unmade=str(reason))
    except Exception as reason:  # a packager that ends well and leaves nothing behind
        facts = dict(described(one), unmade="%s: %s" % (type(reason).__name__, reason))
    with open(manifest, "w") as out:
        json.dump(dict(facts, recipes=stamp), out, indent=1)
    return "%-24s %s" % (one["name"], "unmade: " + facts["unmade"] if "unmade" in facts else "%d pictures, %.2f s of sound, %.2f s" % (
        facts["frames"], facts["audio_seconds"], facts["duration"]))


def main():
    if sys.argv[1:2] == ["--names"]:
        print("\n".join(one["name"] for one in STREAMS + corpus.streams("".join(sys.argv[2:]))))
        return 0
    root, names = os.path.abspath(sys.argv[1]), sys.argv[3:]
    for tool in ("ffmpeg", "ffprobe", "openssl"):
        if not shutil.which(tool):
            print("skipped: no " + tool)
            return 77
    os.makedirs(root, exist_ok=True)
    maker, stamp = Maker(root), recipes()
    known = STREAMS + corpus.streams(sys.argv[2] if len(sys.argv) > 2 else "")
    for name in os.listdir(root):  # of streams that are no more
        if os.path.exists(os.path.join(root, name, "manifest.json")) and name not in [one["name"] for one in known]:
            shutil.rmtree(os.path.join(root, name))
    wanted = [one for one in known if not names or one["name"] in names or one["group"] in names]
    for video in ("h264", "h264_b"):  # what most need, before several ask for it at once
        maker.sources.video(video)
    maker.sources.audio()
    with concurrent.futures.ThreadPoolExecutor(1 if os.cpu_count() < 2 else 2) as pool:
        for line in pool.map(lambda one: make(maker, root, one, stamp), wanted):
            if line:
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
