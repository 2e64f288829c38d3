"""Reading /metrics as a test needs it."""
import re
import urllib.request

from .wait import PATIENCE

_LINE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$', re.M)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """One scrape: `metrics.value("outrigger_x_total", upstream="app")` is the sum of all series with these labels."""

    def __init__(self, address):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{address}/metrics", timeout=PATIENCE) as answer:
            self.text = answer.read().decode()
        self.series = [(name, dict(_LABEL.findall(labels or "")), float(value))
                       for name, labels, value in _LINE.findall(self.text)]

    def value(self, name, /, **labels):
        return sum(value for found, has, value in self.series if found == name and labels.items() <= has.items())
