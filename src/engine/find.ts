import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as encryptedRequest } from 'node:https';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { asSandboxError } from '../model/errors.ts';
import type { Around } from './dockerconfig.ts';
import { type EngineAddress, placesToAsk } from './places.ts';

const limitMs = 2_000;

/** A place that was asked, and what it said. */
export interface Tried {
  address: string;
  foundBy: string;
  /** `answers`, or why it does not. */
  said: string;
}

/** The engines that answered, in order; or one sentence why there is none. */
export type Search = { tried: Tried[] } & (
  | { found: [EngineAddress, ...EngineAddress[]] }
  | { why: string; hint: string }
);

/** Asks where engines may be until one answers; with `all`, every place. */
export async function findEngine(around: Around, { all = false } = {}): Promise<Search> {
  const tried: Tried[] = [];
  const found: EngineAddress[] = [];
  const failures: Failure[] = [];
  try {
    for (const place of await placesToAsk(around)) {
      const failure = await ask(place);
      tried.push({ address: place.address, foundBy: place.foundBy, said: failure ? wordFor(failure) : 'answers' });
      if (failure) failures.push({ ...failure, place });
      else found.push(place);
      if (found.length > 0 && !all) break;
    }
  } catch (error) {
    const { message, hint } = asSandboxError(error);
    return { tried, why: message, hint: hint ?? 'Choose an engine with DOCKER_HOST.' };
  }
  const [first, ...others] = found;
  return first ? { tried, found: [first, ...others] } : { tried, ...(await reason(around, failures)) };
}

interface Failure {
  place: EngineAddress;
  code: string;
  message: string;
}

/** Undefined when an engine answers there. */
async function ask(place: EngineAddress): Promise<Failure | undefined> {
  try {
    await get(place, '/_ping');
    const version = JSON.parse(await get(place, '/version')) as { ApiVersion?: string };
    if (!version.ApiVersion) throw new Error('what answers there is no container engine');
    return undefined;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { place, code, message };
  }
}

function get({ options }: EngineAddress, path: string): Promise<string> {
  const ask = 'protocol' in options && options.protocol === 'https' ? encryptedRequest : plainRequest;
  const { protocol: _, ...target } = { protocol: '', ...options };
  const signal = AbortSignal.timeout(limitMs);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(signal.aborted ? new Error(`no answer within ${limitMs / 1000} s`) : error);
    // A connection of its own: what is kept open would be in the way of a test that an engine has gone.
    const request = ask({ ...target, path, signal, agent: false }, (response) => {
      text(response).then((body) => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(body.trim().slice(0, 300) || `status ${response.statusCode}`));
      }, fail);
    });
    request.on('error', fail);
    request.end();
  });
}

const words: Record<string, string> = {
  ENOENT: 'not there',
  ENOTDIR: 'not there',
  ECONNREFUSED: 'nobody listens',
  EACCES: 'you may not use it',
  EPERM: 'you may not use it',
};

const wordFor = ({ code, message }: Failure): string => words[code] ?? message;

const isAbsent = ({ code }: Failure): boolean => words[code] === words.ENOENT;
const isForbidden = ({ code }: Failure): boolean => words[code] === words.EACCES;

/** What is most likely wrong: one sentence, and how to mend it. */
async function reason(around: Around, failures: Failure[]): Promise<{ why: string; hint: string }> {
  const forbidden = failures.find(isForbidden);
  if (forbidden) {
    return {
      why: `You may not use the container engine at ${forbidden.place.address}.`,
      hint: 'Add yourself to its group (`sudo usermod -aG docker $USER`) and log in anew.',
    };
  }
  const silent = failures.find((failure) => !isAbsent(failure));
  const named = failures.find(({ place }) => /^(DOCKER_HOST|the context )/.test(place.foundBy));
  if (named) {
    return {
      why: `The container engine at ${named.place.address} (${named.place.foundBy}) does not answer: ${wordFor(named)}.`,
      hint: `Start it, or name another one${named.place.foundBy === 'DOCKER_HOST' ? ' in DOCKER_HOST' : ' with `docker context use`'}.`,
    };
  }
  const installed = await firstOnPath(['docker', 'podman', 'dockerd', 'colima', 'nerdctl'], around.environment.PATH);
  const start = startHint(installed);
  if (silent) {
    const { place } = silent;
    return { why: `The container engine at ${place.address} does not answer: ${wordFor(silent)}.`, hint: start };
  }
  if (installed) return { why: `No container engine answers, though ${installed} is installed.`, hint: start };
  return {
    why: 'No container engine is installed.',
    hint: 'Install Docker (https://docs.docker.com/get-docker/) or Podman, or name an engine in DOCKER_HOST.',
  };
}

const startHint = (program = 'docker'): string => {
  if (program === 'colima') return 'Start it: colima start';
  if (program === 'podman')
    return 'Start it: `systemctl --user enable --now podman.socket`, on macOS `podman machine start`.';
  return 'Start it: `sudo systemctl start docker`, or Docker Desktop.';
};

async function firstOnPath(programs: string[], path = ''): Promise<string | undefined> {
  for (const program of programs) {
    for (const folder of path.split(delimiter).filter(Boolean)) {
      if (await mayRun(join(folder, program))) return program;
    }
  }
  return undefined;
}

const mayRun = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
