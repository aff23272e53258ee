// LiveKit's own detector for Node speaks to the service at argv[3]; each verdict is a line of JSON.
// argv: its node_modules, the service's URL, key, secret.
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, baseUrl, apiKey, apiSecret] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(path.join(modules, file)));
const inside = '@livekit/agents/dist/inference/interruption';
const { initializeLogger } = await load('@livekit/agents/dist/log.js');
initializeLogger({ pretty: false, level: 'error' });
const { AdaptiveInterruptionDetector } = await load(`${inside}/interruption_detector.js`);
const { InterruptionStreamSentinel: Says } = await load(`${inside}/interruption_stream.js`);
const { AudioFrame } = createRequire(path.join(modules, 'x.js'))('@livekit/rtc-node');

const RATE = 16000;
const frame = (amplitude) => {
  const samples = Int16Array.from({ length: RATE / 20 }, () => (Math.random() * 2 - 1) * amplitude);
  return new AudioFrame(samples, RATE, 1, samples.length);
};

// Its time-out is not what is tested, and a busy machine would run into it.
const detector = new AdaptiveInterruptionDetector({
  baseUrl, apiKey, apiSecret, inferenceTimeout: 60000,
});
detector.on('error', () => {});
const stream = detector.createStream();
const verdicts = stream.stream().getReader();
const next = async () => {
  const { value } = await verdicts.read();
  console.log(JSON.stringify({
    isInterruption: value.isInterruption,
    numRequests: value.numRequests,
    probabilities: value.probabilities?.length ?? 0,
  }));
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const hear = async (seconds, amplitude) => {
  for (let left = seconds; left > 1e-9; left -= 0.05) {
    await stream.pushFrame(frame(amplitude));
    await pause(50); // as a caller speaks
  }
};

try {
  await stream.pushFrame(Says.agentSpeechStarted());
  await hear(1.0, 0);
  await stream.pushFrame(Says.overlapSpeechStarted(100, Date.now()));
  await hear(0.4, 600); // soft
  await pause(2000); // for the last answer, on a busy machine
  await stream.pushFrame(Says.overlapSpeechEnded(Date.now()));
  await next();
  await hear(0.6, 0);
  await stream.pushFrame(Says.overlapSpeechStarted(100, Date.now()));
  const yes = next();
  await hear(0.4, 16000); // loud
  await yes;
  await stream.close();
} catch (error) {
  console.log(JSON.stringify({ error: String(error.message ?? error) }));
}
process.exit(0);
