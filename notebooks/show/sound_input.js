// Chooses a file or records from the microphone, and sends the bytes to the kernel.
// Nothing is stored, and nothing goes anywhere else.

function render({ model, el }) {
  const seconds = model.get("seconds");
  const idle = `Record ${seconds} s`;
  const send = (content, buffers = []) => model.send(content, undefined, buffers);

  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.onchange = async () => {
    const file = chooser.files[0];
    if (!file) return;
    const part = file.slice(0, model.get("max_bytes"));
    try {
      const bytes = await part.arrayBuffer();
      send({ name: file.name, size: file.size, recorded: false }, [bytes]);
    } catch (error) {
      send({ problem: `${file.name} cannot be read (${error.message})` });
    }
    chooser.value = ""; // the same file may be chosen again
  };
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
          const bytes = await new Blob(parts).arrayBuffer();
          const decoder = new OfflineAudioContext(1, 1, model.get("sr")); // brings it to our rate
          const sound = (await decoder.decodeAudioData(bytes)).getChannelData(0);
          const start = sound.slice(0, seconds * model.get("sr"));
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
    recorder?.stop();
  };
}

export default { render };
