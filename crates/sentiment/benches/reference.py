"""Times Python's vaderSentiment 3.3.2: a JSON list of texts in, the seconds of the best of some rounds out.

Called with the folder into which `cargo xtask test` has put the package, and the number of rounds.
"""

import json
import os
import sys
import time

sys.path.insert(0, os.path.join(sys.argv[1], "site"))
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

analyzer = SentimentIntensityAnalyzer()
texts = json.load(sys.stdin)
best = float("inf")
for _ in range(int(sys.argv[2])):
    begun = time.perf_counter()
    for text in texts:
        analyzer.polarity_scores(text)
    best = min(best, time.perf_counter() - begun)
print(best)
