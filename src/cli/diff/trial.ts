import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Client, type RunAnswer, RunFailure, textOf } from '../../api/client.ts';
import type { InvocationView } from '../../api/protocol.ts';
import { SandboxError } from '../../model/errors.ts';
import { base64 } from '../payload.ts';
import { upload } from '../transfer.ts';
import { answerItems } from './answer.ts';
import type { Item } from './content.ts';
import type { Given } from './input.ts';
import { takesFiles } from './input.ts';
import { createMask, withoutPlatform } from './masks.ts';
import { collect, type Target, targetIn } from './objects.ts';
import type { Place } from './place.ts';
import type { Subject } from './subject.ts';
import { ended, orAborted } from './waiting.ts';

/** What an executor made of the service and its input. */
export interface Seen {
  executor: string;
  /** Absent when the service was not served there: then nothing ran. */
  invocation?: string;
  state: string;
  exitCode?: number;
  /** Why it failed, a sentence. */
  reason?: string;
  seconds?: number;
  outputs: Item[];
  /** Of a call. */
  answer?: Item[];
  /** The lines that the service wrote. */
  log: string[];
  /** What the executor does not honour about the service. */
  remarks: string;
  mask(text: string): string;
}

export interface TrialOptions {
  place: Place;
  subject: Subject;
  given: Given;
  /** A folder that is not there yet, for what comes of it. */
  folder: string;
  signal: AbortSignal;
}

/** Gives the service its input on one executor, and tells what came of it. */
export async function tryOut(options: TrialOptions): Promise<Seen> {
  const { place, subject, given, folder, signal } = options;
  const { client, executor, status } = place;
  await mkdir(folder);
  await client.create(subject.definition);
  const served = await orAborted(place.served, signal);
  const none = { executor, outputs: [], log: [], remarks: '', mask: (text: string) => text };
  if (!served.ok) return { ...none, state: 'Failed', reason: served.reason };
  const definition = await client.service(subject.name);
  const target = given.how === 'job' && definition && takesFiles(definition) ? targetIn(definition, given) : undefined;
  const answer = given.how === 'run' ? await call(options) : await start(options, target);
  const view = await ended(client, subject.name, signal);
  const log = await textOf(await client.log(subject.name, view.id, { follow: false, timestamps: false }));
  return {
    ...none,
    ...endOf(view),
    invocation: view.id,
    outputs: await collect({ client, folder, target, given: given.file }),
    ...(answer ? { answer } : {}),
    log: withoutPlatform(log),
    remarks: served.remarks,
    mask: createMask({ status, invocation: view.id, token: definition?.token ?? '' }),
  };
}

function endOf({ state, exitCode, reason, createdAt, finishedAt }: InvocationView) {
  const seconds = (Date.parse(finishedAt ?? createdAt) - Date.parse(createdAt)) / 1000;
  return { state, seconds, ...(exitCode === undefined ? {} : { exitCode }), ...(reason ? { reason } : {}) };
}

async function start({ place, subject, given }: TrialOptions, target?: Target): Promise<undefined> {
  if (target) await upload(place.client, given.file, target);
  else await place.client.job(subject.name, body(given));
}

const body = ({ file }: Given): Readable => Readable.from(base64(createReadStream(file)));

/** What a failing service printed is its answer still. */
async function call({ place, subject, given, folder, signal }: TrialOptions): Promise<Item[] | undefined> {
  const answer = await answered(place.client, subject.name, body(given), signal);
  return answer && answerItems(answer, join(folder, 'answer'));
}

async function answered(client: Client, name: string, input: Readable, signal: AbortSignal) {
  try {
    return await client.run(name, input, signal);
  } catch (error) {
    if (error instanceof RunFailure) {
      return { kind: 'output', body: Readable.from([Buffer.from(error.output)]) } satisfies Answer;
    }
    // The time was up, or the executor has not what it asks for: its invocation tells.
    if (error instanceof SandboxError && ['timeout', 'unavailable'].includes(error.code)) return undefined;
    throw error;
  }
}

type Answer = Pick<RunAnswer, 'kind'> & { body: Readable };
