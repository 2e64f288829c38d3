"""A real browser without a window, for pages of ours: Debian's Chromium, driven by Selenium. It reaches nothing but 127.0.0.1.

    with Browser() as browser:
        browser.open(f"http://{address}/")
        browser.until_text("#state", "ready")
"""
import importlib.util
import shutil
import tempfile
import unittest

from .wait import PATIENCE, until

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

# Skips a test, and says so, where there is no browser.
needs_browser = unittest.skipUnless(CHROMIUM and DRIVER and importlib.util.find_spec("selenium"),
                                    "chromium, chromium-driver or python3-selenium is not installed: scripts/install test")

_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")


class Browser:
    """`driver` is Selenium's. Elements are named by CSS selectors."""

    def __init__(self, width=1200, height=900):
        self.size = f"--window-size={width},{height}"

    def __enter__(self):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
        self.dir = tempfile.TemporaryDirectory(prefix="outrigger-browser-", ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for option in (*_OPTIONS, self.size, f"--user-data-dir={self.dir.name}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        return self

    def __exit__(self, *_):
        self.driver.quit()
        self.dir.cleanup()

    def open(self, url):
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # of the page before
        self.driver.get(url)

    def script(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def send(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, parameters)

    def all(self, selector):
        """Texts that are shown, of all elements that fit."""
        return self.script("return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).map(e => e.innerText)", selector)

    def text(self, selector):
        return "\n".join(self.all(selector))

    def element(self, selector, words=""):
        """The first that is shown and has these words in its text or its label, as soon as there is one."""
        return until(lambda: self.script("return [...document.querySelectorAll(arguments[0])].find(e => e.checkVisibility() && "
                                         "(e.innerText + e.ariaLabel).includes(arguments[1]))", selector, words), f"{selector} with {words!r}")

    def click(self, selector, words=""):
        self.element(selector, words).click()

    def choose(self, selector, option):
        from selenium.webdriver.support.select import Select
        Select(self.element(selector)).select_by_visible_text(option)

    def until_text(self, selector, *words, seconds=PATIENCE):
        """The text as soon as it has all the words."""
        def there():
            text = self.text(selector)
            return text if text and all(word in text for word in words) else None
        try:
            return until(there, f"{words} in {selector}", seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}; it says {self.text(selector)!r}") from None

    def until_gone(self, selector):
        until(lambda: not self.all(selector), f"{selector} to go")

    def complaints(self):
        """What the browser found wrong in page and scripts since it was opened; not that nobody answered."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE" and entry["source"] != "network"]
