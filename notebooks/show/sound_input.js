// Chooses a file or records from the microphone, and sends the bytes to the kernel. Asked
// back for a file that the kernel cannot read, sends what this browser decodes of it.
// Nothing is stored, and nothing goes anywhere else.

const LONGEST = 600; // seconds that a browser decodes, all at once: 30 MB or more a minute

// Returns the seconds that a file should last; Infinity if it does not say, or not in time.
function promised(file) {
  return new Promise((resolve) => {
    const player = document.createElement("audio");
    player.preload = "metadata";
    player.src = URL.createObjectURL(file);
    const answer = (seconds) => {
      URL.revokeObjectURL(player.src);
      resolve(seconds);
    };
    player.onloadedmetadata = () => answer(player.duration);
    player.onerror = () => answer(Infinity);
    setTimeout(answer, 10_000, Infinity);
  });
}

function render({ model, el }) {
  const seconds = model.get("seconds");
  const sr = model.get("sr");
  const idle = `Record ${seconds} s`;
  const send = (content, buffers = []) => model.send(content, undefined, buffers);

  const decoded = async (blob) => {
    const context = new OfflineAudioContext(1, 1, sr); // brings it to our rate
    return context.decodeAudioData(await blob.arrayBuffer());
  };

  let chosen = null; // the last file, and a number by which the kernel can ask for it
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.onchange = async () => {
    const file = chooser.files[0];
    if (!file) return;
    const number = Math.random(); // nor does another page have it
    chosen = { file, number };
    const part = file.slice(0, model.get("max_bytes"));
    try {
      const bytes = await part.arrayBuffer();
      send({ name: file.name, size: file.size, recorded: false, number }, [bytes]);
    } catch (error) {
      send({ problem: `${file.name} cannot be read (${error.message})` });
    }
    chooser.value = ""; // the same file may be chosen again
  };
  const decode = async ({ asked, refusal }) => {
    if (asked !== chosen?.number) return; // of another page, or of an older file
    const { file } = chosen;
    const lasts = await promised(file);
    const bytes = lasts < Infinity ? (file.size * LONGEST) / lasts : model.get("max_bytes");
    const part = file.slice(0, bytes);
    let whole = part.size === file.size;
    try {
      const sound = await decoded(part);
      const n = sound.numberOfChannels;
      const room = Math.floor(model.get("max_bytes") / 4 / n); // four bytes a sample
      const length = Math.min(Math.ceil((model.get("longest") + 0.1) * sr), room);
      whole &&= sound.length <= length;
      const channels = [...Array(n).keys()].map(
        (i) => sound.getChannelData(i).slice(0, length).buffer,
      );
      send({ name: file.name, answers: asked, lasts, whole }, channels);
    } catch (error) {
      const what = whole ? "it" : "the beginning of so long a file";
      const problem = `${refusal}; the browser cannot decode ${what} either (${error.message})`;
      send({ problem, answers: asked });
    }
  };
  model.on("msg:custom", decode);
  const label = document.createElement("label");
  label.append("or a file: ", chooser);

  let recorder = null;
  let closed = false; // the cell was run again, or the page left
  const button = document.createElement("button");
  button.className = "jupyter-widgets jupyter-button widget-button";
  button.textContent = idle;
  button.onclick = async () => {
    if (recorder) {
      recorder.stop();
      return;
    }
    let stream = null;
    const release = () => stream?.getTracks().forEach((track) => track.stop());
    try {
      button.disabled = true; // until the question for permission is answered
      if (!navigator.mediaDevices) throw new Error("a browser records on https or localhost only");
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      if (closed) return release();
      const parts = [];
      recorder = new MediaRecorder(stream);
      recorder.ondataavailable = (event) => parts.push(event.data);
      const limit = setTimeout(() => recorder.stop(), 1000 * seconds + 100);
      recorder.onstop = async () => {
        clearTimeout(limit);
        release();
        recorder = null;
        button.textContent = idle;
        try {
          const sound = (await decoded(new Blob(parts))).getChannelData(0);
          const start = sound.slice(0, seconds * sr);
          send({ name: "recording", recorded: true }, [start.buffer]);
        } catch (error) {
          send({ problem: `the recording cannot be decoded (${error.message})` });
        }
      };
      recorder.start();
      button.textContent = "Recording … press to stop";
    } catch (error) {
      release();
      recorder = null;
      send({ problem: `no microphone (${error.message})` });
    } finally {
      button.disabled = false;
    }
  };

  el.style.display = "flex";
  el.style.flexWrap = "wrap";
  el.style.alignItems = "center";
  el.style.gap = "12px";
  el.append(label, "or", button);
  return () => {
    closed = true;
    model.off("msg:custom", decode);
    recorder?.stop();
  };
}

export default { render };
