"""Scores texts with Python's vaderSentiment 3.3.2: a JSON string a line in, its four scores out.

Called with the folder into which `cargo xtask test` has put the package and its source archive. With the word `corpora`
behind it, it prints the texts of the archive instead, as JSON strings.
"""

import glob
import io
import json
import os
import sys
import tarfile
import unicodedata

folder = sys.argv[1]


def compensated(values):
    """What `sum` does since CPython 3.12: integers at the front, then floats with Neumaier's compensation."""
    values = iter(values)
    total = 0
    for value in values:
        total += value
        if isinstance(value, float):
            break
    lost = 0.0
    for value in values:
        value = float(value)
        added = total + value
        lost += (total - added) + value if abs(total) >= abs(value) else (value - added) + total
        total = added
    return total + lost


def corpora():
    """The texts that people rated for VADER's paper: tweets, reviews of films and of products, newspapers."""
    source = glob.glob(os.path.join(folder, "sdist", "vader*entiment-3.3.2.tar.gz"))[0]
    with tarfile.open(source) as archive:
        inner = next(name for name in archive.getnames() if name.endswith("hutto_ICWSM_2014.tar.gz"))
        with tarfile.open(fileobj=io.BytesIO(archive.extractfile(inner).read())) as texts:
            for name in sorted(texts.getnames()):
                if name.endswith("_GroundTruth.txt") and not os.path.basename(name).startswith("."):
                    for line in texts.extractfile(name).read().decode("utf-8", "replace").splitlines():
                        yield line.split("\t", 2)[-1]


def main():
    if sys.argv[2:] == ["corpora"]:
        for text in corpora():
            print(json.dumps(text))
        return
    sys.path.insert(0, os.path.join(folder, "site"))
    from vaderSentiment import vaderSentiment

    if sys.version_info < (3, 12):
        vaderSentiment.sum = compensated
    analyzer = vaderSentiment.SentimentIntensityAnalyzer()
    for line in sys.stdin:
        text = json.loads(line)
        # A character that this Python does not know yet may have a case in a newer one.
        if any(unicodedata.category(letter) == "Cn" for letter in text):
            print("unknown")
            continue
        scores = analyzer.polarity_scores(text)
        print(*(repr(float(scores[name])) for name in ("neg", "neu", "pos", "compound")))


main()
