"""Every snippet of the page for developers runs as it stands and shows what the page says it shows."""
import html.parser
import json
import shutil
import subprocess
import sys
import urllib.request

here = sys.argv[1]


class Snippets(html.parser.HTMLParser):
    """The code elements that name a language."""

    def __init__(self):
        super().__init__()
        self.found, self.within = [], None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "code" and "data-language" in attributes:
            self.within = [attributes["data-language"], attributes["data-shows"], ""]

    def handle_data(self, data):
        if self.within:
            self.within[2] += data

    def handle_endtag(self, tag):
        if tag == "code" and self.within:
            self.found.append(tuple(self.within))
            self.within = None


def run(command, code=None):
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (code or command, done.stdout, done.stderr)
    return done.stdout


def shell(code):
    return run(["bash", "-euo", "pipefail", "-c", code.replace("curl ", "curl --fail-with-body ", 1)])


def sql(statement):
    body = json.dumps({"sql": statement}).encode()
    request = urllib.request.Request(here + "/v1/sql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


RUN = {
    "shell": shell,
    "python": lambda code: run([sys.executable, "-"], code),
    "r": lambda code: run(["Rscript", "--vanilla", "-"], code),
    "sql": sql,
}

seen = {}
for page in ("/developers", "/en/developers"):
    with urllib.request.urlopen(here + page) as answer:
        text = answer.read().decode()
    assert 'id="deprecation"' in text, page
    snippets = Snippets()
    snippets.feed(text)
    assert len(snippets.found) >= 10, (page, snippets.found)
    seen[page] = snippets.found
# The words around them differ by language, the snippets do not.
assert seen["/developers"] == seen["/en/developers"], seen

languages = set()
for language, shows, code in seen["/en/developers"]:
    assert here in code or language == "sql", code
    languages.add(language)
    if language == "r" and not shutil.which("Rscript"):
        print("R is not installed: its snippet was not run")
        continue
    printed = RUN[language](code)
    assert shows and shows in printed, (code, shows, printed[:2000])
assert languages == set(RUN), languages
print("ok")
