// <cl-upload>: sends a large file in pieces (tus 1.0.0) and goes on after a lost connection. It wraps
// the server's form, which sends the file whole where there are no scripts or the file is small.

const PIECE = 4 << 20;
const SMALL = 2 << 20;
const LONGEST_WAIT = 30_000;
const PROTOCOL = { "Tus-Resumable": "1.0.0" };

/** What the server will not take, however often it is sent. */
class Refused extends Error {}

const encoded = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));

const pause = (milliseconds: number): Promise<void> => new Promise((go) => setTimeout(go, milliseconds));

const size = (bytes: number): string =>
  bytes < 1 << 20 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;

export class ClUpload extends HTMLElement {
  private sending = false;

  connectedCallback(): void {
    const form = this.querySelector("form");
    const input = form?.querySelector<HTMLInputElement>("input[type=file]");
    if (!form || !input) return;
    form.addEventListener("submit", (event) => {
      const file = input.files?.[0];
      if (!file || file.size <= SMALL) return;
      event.preventDefault();
      if (!this.sending) void this.send(form, input, file);
    });
  }

  private async send(form: HTMLFormElement, input: HTMLInputElement, file: File): Promise<void> {
    this.sending = true;
    const bar = document.createElement("progress");
    const words = document.createElement("p");
    words.setAttribute("role", "status");
    bar.max = file.size;
    bar.setAttribute("aria-label", file.name);
    form.append(bar, words);
    const say = (key: string, done: number): void => {
      bar.value = done;
      words.textContent = (this.dataset[key] ?? "")
        .replace("{done}", size(done))
        .replace("{total}", size(file.size));
    };
    try {
      const place = await this.pieces(file, say);
      say("reading", file.size);
      const upload = document.createElement("input");
      upload.type = "hidden";
      upload.name = "upload";
      upload.value = place.slice(place.lastIndexOf("/") + 1);
      form.append(upload);
      input.disabled = true;
      form.submit();
    } catch (error) {
      bar.remove();
      words.textContent = `${this.dataset["failed"] ?? ""} ${error instanceof Error ? error.message : ""}`;
      this.sending = false;
    }
  }

  /** Sends what the server does not have yet; returns the upload's address. */
  private async pieces(file: File, say: (key: string, done: number) => void): Promise<string> {
    const key = `cl-upload:${file.name}:${file.size}:${file.lastModified}`;
    let place = localStorage.getItem(key);
    let offset = 0;
    let asks = place !== null;
    let wait = 1000;
    for (;;) {
      try {
        if (place === null) {
          place = await this.announce(file);
          offset = 0;
          localStorage.setItem(key, place);
        } else if (asks) {
          const there = await this.there(place);
          if (there === undefined) {
            place = null;
            continue;
          }
          offset = there;
        }
        asks = false;
        while (offset < file.size) {
          say("sending", offset);
          offset = await this.piece(place, file, offset);
          wait = 1000;
        }
        localStorage.removeItem(key);
        return place;
      } catch (error) {
        if (error instanceof Refused) {
          localStorage.removeItem(key);
          throw error;
        }
        say("again", offset);
        await pause(wait);
        wait = Math.min(wait * 2, LONGEST_WAIT);
        asks = true;
      }
    }
  }

  private async announce(file: File): Promise<string> {
    const answer = await fetch("/v1/uploads", {
      method: "POST",
      headers: {
        ...PROTOCOL,
        "Upload-Length": String(file.size),
        "Upload-Metadata": `filename ${encoded(file.name)}`,
      },
    });
    const place = answer.headers.get("Location");
    if (answer.ok && place !== null) return place;
    throw await this.problem(answer);
  }

  /** How many bytes are there; nothing when the upload is gone. */
  private async there(place: string): Promise<number | undefined> {
    const answer = await fetch(place, { method: "HEAD", headers: PROTOCOL });
    if (answer.status === 404 || answer.status === 410) return undefined;
    const offset = Number(answer.headers.get("Upload-Offset") ?? "");
    if (answer.ok && Number.isInteger(offset)) return offset;
    throw await this.problem(answer);
  }

  private async piece(place: string, file: File, offset: number): Promise<number> {
    const answer = await fetch(place, {
      method: "PATCH",
      headers: {
        ...PROTOCOL,
        "Upload-Offset": String(offset),
        "Content-Type": "application/offset+octet-stream",
      },
      body: file.slice(offset, offset + PIECE),
    });
    if (answer.ok) return Number(answer.headers.get("Upload-Offset"));
    throw await this.problem(answer);
  }

  /** A fault of the moment is tried again; so is an upload that is elsewhere than was thought. */
  private async problem(answer: Response): Promise<Error> {
    const document = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
    const words = [document.title, document.detail].filter(Boolean).join(": ") || `HTTP ${answer.status}`;
    const passes = answer.status >= 500 || answer.status === 409 || answer.status === 400;
    return passes ? new Error(words) : new Refused(words);
  }
}

customElements.define("cl-upload", ClUpload);
