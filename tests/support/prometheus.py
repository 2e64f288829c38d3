"""Debian's prometheus, as the scraper of what we expose."""
import json
import time
import urllib.request

from .services import Service
from .wait import PATIENCE


class PrometheusServer(Service):
    """Debian's prometheus, which scrapes one target every second."""

    def __init__(self, target):
        super().__init__()
        (self.dir / "prometheus.yml").write_text(json.dumps(
            {"global": {"scrape_interval": "1s"},
             "scrape_configs": [{"job_name": "outrigger", "static_configs": [{"targets": [target]}]}]}))

    def command(self):
        return ["prometheus", f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn", "--enable-feature=exemplar-storage"]

    def _get(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://{self.address}{path}", timeout=PATIENCE) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None

    def query(self, text):
        data = self._get("/api/v1/query?query=" + urllib.request.quote(text))
        return data["result"] if data else None

    def targets(self):
        return self._get("/api/v1/targets")

    def exemplars(self, series):
        """[{labels, value, timestamp}] of all of the last hour."""
        now = time.time()
        data = self._get(f"/api/v1/query_exemplars?query={urllib.request.quote(series)}&start={now - 3600}&end={now + 3600}")
        return [each for found in data or [] for each in found["exemplars"]]
