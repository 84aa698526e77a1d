#!/usr/bin/env python3
"""Opens a report.html in a real, headless Chromium and looks at it as a reader would.

    python3 html_check.py FILE.html OUT.png

Fails on anything said on the console, any request but that for the page, a first screen
(1280 x 800) without title, question or verdicts, text of too little contrast (WCAG AA) in light or
dark, a page that scrolls sideways on a wide or a narrow screen, and a focus that cannot be seen.
Writes OUT.png (light), OUT.dark.png, OUT.narrow.png and OUT.pdf (printed).

Needs Python's standard library and chromium, chromium-browser or google-chrome on the PATH.
"""

import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
FIRST_SCREEN = (1280, 800)
NARROW = (400, 800)
PATIENCE_SECS = 60
# So many verdicts have to stand on the first screen; a report with more goes on below.
VERDICTS = 6
LEAST_CONTRAST = 4.5

FIRST = """(() => {
  const shown = (node) => {
    const box = node.getBoundingClientRect();
    return box.width > 0 && box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
  };
  const said = (selector) => [...document.querySelectorAll(selector)]
    .map((node) => ({ text: node.textContent.trim(), shown: shown(node) }));
  return { title: said('h1'), question: said('.question'), verdicts: said('.verdicts .badge'),
           sentences: said('.verdicts .sentence'), plain: said('#answer > p') };
})()"""

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

CONTRAST = """(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => rgb.slice(0, 3)
    .map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = numbers(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || node.closest('style, svg, caption')) continue;
    const pair = [luminance(numbers(getComputedStyle(node).color)), luminance(ground(node))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < LEAST) low.push(`${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
  }
  return low;
})()""".replace("LEAST", str(LEAST_CONTRAST))

FOCUS = """(() => {
  const node = document.activeElement, style = getComputedStyle(node);
  return { name: node.tagName + ' ' + node.textContent.trim().slice(0, 30),
           seen: node !== document.body && style.outlineStyle !== 'none'
                 && parseFloat(style.outlineWidth) >= 2 };
})()"""


class Browser:
    """A Chromium that is spoken to over a pair of pipes, in messages that end with a zero byte."""

    def __init__(self, profile):
        command = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        if command is None:
            sys.exit(f"html_check.py: none of {', '.join(BROWSERS)} is on the PATH")
        # The browser reads descriptor 3 and writes descriptor 4; ours are moved out of the way.
        pipes = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (*os.pipe(), *os.pipe())]
        theirs_in, self.out, self.into, theirs_out = pipes

        def connect():
            os.dup2(theirs_in, 3)
            os.dup2(theirs_out, 4)

        self.process = subprocess.Popen(
            [command, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage",
             f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(3, 4), preexec_fn=connect)
        os.close(theirs_in)
        os.close(theirs_out)
        self.last, self.pending, self.events, self.session = 0, b"", [], None

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def call(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        answer = self.until(lambda found: found.get("id") == self.last)
        if "error" in answer:
            sys.exit(f"html_check.py: {method}: {answer['error']['message']}")
        return answer["result"]

    def until(self, wanted):
        """Reads on until a message is the wanted one; keeps the events."""
        deadline = time.monotonic() + PATIENCE_SECS
        while True:
            while b"\0" in self.pending:
                raw, self.pending = self.pending.split(b"\0", 1)
                message = json.loads(raw)
                if "method" in message:
                    self.events.append(message)
                if wanted(message):
                    return message
            ready, _, _ = select.select([self.into], [], [], max(0, deadline - time.monotonic()))
            read = os.read(self.into, 1 << 20) if ready else b""
            if not read:
                sys.exit("html_check.py: the browser does not answer")
            self.pending += read

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            sys.exit(f"html_check.py: {result['exceptionDetails']}")
        return result["result"].get("value")

    def show(self, url, size, scheme):
        """Loads the page anew on a screen of this size."""
        self.call("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1],
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=url)
        self.until(lambda message: message.get("method") == "Page.loadEventFired")

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


def said(event):
    """What an event complains about; nothing if it does not."""
    params = event.get("params", {})
    match event["method"]:
        case "Runtime.consoleAPICalled":
            words = [str(arg.get("value", arg.get("description"))) for arg in params["args"]]
            return f"console.{params['type']}: {' '.join(words)}"
        case "Runtime.exceptionThrown":
            return f"exception: {params['exceptionDetails']['text']}"
        case "Log.entryAdded":
            return f"{params['entry']['level']}: {params['entry']['text']}"
    return None


def first_screen(found):
    """What is missing on the first screen."""
    missing = [name for name in ("title", "question")
               if not found[name] or not found[name][0]["shown"]]
    if not found["verdicts"]:
        missing += [] if found["plain"] and found["plain"][0]["shown"] else ["an answer"]
    for badge, sentence in list(zip(found["verdicts"], found["sentences"]))[:VERDICTS]:
        if not badge["text"] or not badge["shown"]:
            missing.append(f"the verdict of: {sentence['text']}")
        elif not sentence["shown"]:
            missing.append(f"the sentence: {sentence['text']}")
    return [f"the first screen lacks {what}" for what in missing]


def check(browser, url, out):
    """Every complaint about the page."""
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    attached = browser.call("Target.attachToTarget", targetId=target, flatten=True)
    browser.session = attached["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        browser.call(f"{domain}.enable")
    complaints = []
    for scheme, path in (("light", out), ("dark", out.with_suffix(".dark.png"))):
        browser.show(url, FIRST_SCREEN, scheme)
        browser.screenshot(path)
        complaints += first_screen(browser.evaluate(FIRST))
        complaints += [f"{scheme}: contrast of {low}" for low in browser.evaluate(CONTRAST)]
    if browser.evaluate(SIDEWAYS) > 0:
        complaints.append("the page scrolls sideways")
    for _ in range(3):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab",
                         windowsVirtualKeyCode=9)
        focus = browser.evaluate(FOCUS)
        if not focus["seen"]:
            complaints.append(f"the focus on {focus['name']} cannot be seen")
    browser.show(url, NARROW, "light")
    if browser.evaluate(SIDEWAYS) > 0:
        complaints.append(f"the page scrolls sideways at {NARROW[0]} pixels")
    browser.screenshot(out.with_suffix(".narrow.png"))
    printed = browser.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
    out.with_suffix(".pdf").write_bytes(base64.b64decode(printed["data"]))
    for event in browser.events:
        complaint = said(event)
        if complaint:
            complaints.append(complaint)
        if event["method"] == "Network.requestWillBeSent":
            asked = event["params"]["request"]["url"]
            if asked != url and not asked.startswith("data:"):
                complaints.append(f"the page asks for {asked}")
    return complaints


def main():
    if len(sys.argv) != 3 or not pathlib.Path(sys.argv[1]).is_file():
        sys.exit("usage: html_check.py FILE.html OUT.png")
    page, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            complaints = check(browser, page.as_uri(), out)
        finally:
            browser.close()
    for complaint in dict.fromkeys(complaints):
        print(f"html_check.py: {sys.argv[1]}: {complaint}", file=sys.stderr)
    if complaints:
        sys.exit(1)
    print(f"html_check.py: {sys.argv[1]} is sound; see {out}")


if __name__ == "__main__":
    main()
