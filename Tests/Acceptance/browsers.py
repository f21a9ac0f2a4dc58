"""Real browsers, headless: Chromium, Firefox, and WebKit for Safari; each by its own driver.

All of them take `get(url)` and `execute_script(text, *arguments)`.
"""

import contextlib
import gc
import glob
import os
import shutil
import signal

import pytest
import tapedeck
from marionette_driver.marionette import Marionette
from selenium import webdriver

# An EventSource as any page has it, and all that it is told: [type, lastEventId, data].
FOLLOW = """
window.seen = [];
const source = new EventSource(arguments[0]);
const types = ["agent_chat_message_sent", "connected", "stream_live", "stream_gap", "stream_reset", "stream_bye"];
for (const type of types)
    source.addEventListener(type, e => seen.push([type, e.lastEventId, e.data]));
window.source = source;
"""


def installed(program):
    """The path of a program; where it is missing the test is skipped."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed; tools/setup --tests installs it")
    return path


@contextlib.contextmanager
def chromium(*arguments):
    """Chromium by its chromedriver."""
    options = webdriver.ChromeOptions()
    options.binary_location = installed("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
        "--window-size=1280,900",
        *arguments,
    ):
        options.add_argument(argument)
    driver = webdriver.Chrome(options, webdriver.ChromeService(installed("chromedriver")))
    driver.set_page_load_timeout(30)
    driver.set_script_timeout(30)
    try:
        yield driver
    finally:
        driver.quit()


class Firefox:
    """Firefox by the Marionette that is built into it: Debian has no geckodriver."""

    def __init__(self, directory):
        self.marionette = Marionette(
            bin=installed("firefox-esr"),
            headless=True,
            host="127.0.0.1",
            port=tapedeck.free_port(),
            workspace=str(directory),
            gecko_log=str(directory / "firefox.log"),
            prefs={"network.proxy.type": 0},
        )
        self.marionette.start_session()
        self.marionette.timeout.page_load = 30
        self.marionette.timeout.script = 30

    def get(self, url):
        self.marionette.navigate(url)

    def execute_script(self, text, *arguments):
        # Without a sandbox: in the page itself, so that what a script leaves there stays.
        return self.marionette.execute_script(text, script_args=arguments, sandbox=None)

    def quit(self):
        self.marionette.cleanup()
        # Its profiles remove themselves when they are collected, which the interpreter's end is too
        # late for.
        self.marionette = None
        gc.collect()


@contextlib.contextmanager
def firefox(directory):
    browser = Firefox(directory)
    try:
        yield browser
    finally:
        browser.quit()


@contextlib.contextmanager
def webkit(directory):
    """WebKitGTK's own small browser, on a screen that nobody sees."""
    xvfb, driver = installed("Xvfb"), installed("WebKitWebDriver")
    screen = tapedeck.Process(
        [xvfb, "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        directory / "xvfb.log",
    )
    display = screen.launch()
    try:
        options = webdriver.WebKitGTKOptions()
        options.binary_location = glob.glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")[0]
        options.add_argument("--automation")
        service = webdriver.WebKitGTKService(
            driver,
            log_output=str(directory / "webkit.log"),
            env=os.environ | {"DISPLAY": f":{display}"},
        )
        browser = webdriver.WebKitGTK(options=options, service=service)
        browser.set_page_load_timeout(30)
        browser.set_script_timeout(30)
        try:
            yield browser
        finally:
            browser.quit()
    finally:
        screen.end(signal.SIGTERM)
