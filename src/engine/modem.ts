import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

type Callback = (error: unknown, answer?: unknown) => void;

interface Question {
  path: string;
  method: string;
  isStream?: boolean;
  hijack?: boolean;
  openStdin?: boolean;
  /** The body, as it is. */
  file?: string | Buffer | NodeJS.ReadableStream | undefined;
  abortSignal?: AbortSignal | undefined;
}

/** The part of an engine's client that sends one request. */
export interface Modem {
  dial(question: Question, callback: Callback): void;
}

/** How long an answer may take that should come at once, and what is said when it did not. */
export interface Patience {
  ms: number;
  late(): Error;
}

/**
 * Mends three things. A question that is soon answered had no time limit. A question was never answered when the connection broke within its answer: as the answer to `wait`,
 * whose head comes at once and whose body comes when the container ends. And `attach` sent a body.
 */
export function mend(modem: Modem, { ms, late }: Patience): void {
  const dial = modem.dial.bind(modem);
  modem.dial = (question, callback) => {
    // Its client would send the options once more as a body, which Podman takes for the container's input.
    if (question.hijack) return dial({ ...question, file: Buffer.alloc(0) }, callback);
    if (question.isStream || question.openStdin) return dial(question, callback);
    const deadline = isSoonAnswered(question) ? AbortSignal.timeout(ms) : undefined;
    const fail = (error: unknown) => callback(deadline?.aborted ? late() : error);
    dial({ ...question, isStream: true, abortSignal: question.abortSignal ?? deadline }, (error, answer) => {
      if (error) return fail(error);
      buffer(answer as Readable).then((bytes) => callback(null, parsed(bytes)), fail);
    });
  };
}

/** Not so the end of a container, and files that are sent. */
const isSoonAnswered = ({ path, file, abortSignal }: Question): boolean =>
  !abortSignal && !file && !path.includes('/wait?');

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // Some answers are a word, or nothing.
    return bytes;
  }
}
