import { type IncomingMessage, request as send } from 'node:http';
import type { Readable } from 'node:stream';
import { type ErrorCode, SandboxError } from '../model/errors.ts';
import type { Definition } from '../model/service.ts';
import type { Happening, InvocationView, Status } from './protocol.ts';

/** Where the API is, and who asks. */
export interface Access {
  api: string;
  user: string;
  password: string;
}

export interface Bucket {
  bucket_name: string;
  owner: string;
  visibility: string;
}

export interface Deployed extends Definition {
  deployment?: { state: string; reason?: string };
}

export interface StoredObject {
  object_name: string;
  size_bytes: number;
  last_modified?: string;
}

/** What a synchronous call gave. */
export interface RunAnswer {
  invocation: string;
  /** `output`: what the script printed; otherwise base64 of its file, or of a zip of its files. */
  kind: 'output' | 'file' | 'archive';
  body: IncomingMessage;
}

/** A service that failed, with what it had printed. */
export class RunFailure extends SandboxError {
  readonly output: string;
  readonly invocation: string;

  constructor(
    service: string,
    { output, invocation, reason }: { output: string; invocation: string; reason?: string },
  ) {
    super('failed', reason ? `${service} failed: ${reason}` : `${service} failed.`, {
      hint: `Its log: oscar-sandbox logs ${service} ${invocation}`,
    });
    this.output = output;
    this.invocation = invocation;
  }
}

/** A running sandbox, asked over HTTP. Whatever it refuses throws a SandboxError with its own sentence. */
export interface Client {
  status(): Promise<Status>;
  services(): Promise<Definition[]>;
  /** The same, each with how it is doing; an older sandbox does not tell that. */
  deployments(): Promise<Deployed[]>;
  /** `undefined` when nothing is called that. */
  service(name: string): Promise<Definition | undefined>;
  create(definition: object): Promise<void>;
  update(definition: object): Promise<void>;
  remove(name: string): Promise<void>;
  run(name: string, body: Readable, signal?: AbortSignal): Promise<RunAnswer>;
  /** Answers the name of the job. */
  job(name: string, body: Readable): Promise<string>;
  log(service: string, invocation: string, options: { follow: boolean; timestamps: boolean }): Promise<Readable>;
  invocations(service: string, limit: number): Promise<InvocationView[]>;
  invocation(id: string): Promise<InvocationView>;
  replay(id: string, version: 'then' | 'today'): Promise<InvocationView>;
  happenings(options: { recent: boolean; follow?: boolean; signal?: AbortSignal }): AsyncGenerator<Happening>;
  buckets(): Promise<Bucket[]>;
  /** Every object below the prefix, however many pages that takes. */
  objects(bucket: string, prefix: string): AsyncGenerator<StoredObject>;
  /** A URL at which the object can be read or written for some minutes. */
  presign(bucket: string, key: string, operation: 'upload' | 'download'): Promise<string>;
}

export function createClient(access: Access): Client {
  const ask = (method: string, path: string, options: RequestOptions = {}) => demand(access, method, path, options);
  const read = async <T>(path: string): Promise<T> => JSON.parse(await textOf(await ask('GET', path))) as T;
  const write = async (method: string, path: string, value?: unknown): Promise<string> =>
    textOf(await ask(method, path, { body: value === undefined ? undefined : JSON.stringify(value) }));

  return {
    status: () => read('/sandbox/status'),
    services: () => read('/system/services'),
    deployments: () => read('/system/services?include=deployment'),
    service: (name) => orNothing(read(url`/system/services/${name}`)),
    create: async (definition) => void (await write('POST', '/system/services', definition)),
    update: async (definition) => void (await write('PUT', '/system/services', definition)),
    remove: async (name) => void (await write('DELETE', url`/system/services/${name}`)),
    run: async (name, body, signal) =>
      runAnswer(name, await exchange(access, 'POST', url`/run/${name}`, { body, signal })),
    job: async (name, body) => {
      const answer = await exchange(access, 'POST', url`/job/${name}`, { body });
      if (!accepted(answer)) throw refusalOf(name, answer, await textOf(answer));
      answer.resume();
      return header(answer, 'x-oscar-sandbox-job') ?? '';
    },
    log: (service, invocation, options) => {
      const query = `follow=${options.follow}&timestamps=${options.timestamps}`;
      return ask('GET', `${url`/system/logs/${service}/${invocation}`}?${query}`);
    },
    invocations: (service, limit) =>
      read(`/sandbox/invocations?${new URLSearchParams({ service, limit: String(limit) })}`),
    invocation: (id) => read(url`/sandbox/invocations/${id}`),
    replay: async (id, version) => JSON.parse(await write('POST', url`/sandbox/invocations/${id}/replay`, { version })),
    happenings: ({ recent, follow = true, signal }) =>
      stream(ask('GET', `/sandbox/events?recent=${recent}&follow=${follow}`, { signal })),
    buckets: async () => (await read<Bucket[] | null>('/system/buckets')) ?? [],
    objects: (bucket, prefix) =>
      pages((page) => {
        const path = `${url`/system/buckets/${bucket}`}?${listing(prefix, page)}`;
        return read<Page>(path).catch((error) => Promise.reject(bucketError(bucket, error)));
      }),
    presign: async (bucket, key, operation) => {
      const path = url`/system/buckets/${bucket}/presign`;
      return (JSON.parse(await write('POST', path, { object_key: key, operation })) as { url: string }).url;
    },
  };
}

interface RequestOptions {
  body?: string | Readable;
  signal?: AbortSignal;
}

/** A path with its values escaped. */
const url = (parts: TemplateStringsArray, ...values: string[]): string =>
  String.raw({ raw: parts }, ...values.map(encodeURIComponent));

const header = (answer: IncomingMessage, name: string): string | undefined => answer.headers[name]?.toString();

/** One request and its answer, whatever that is. Without any time limit: a call may take hours. */
export function exchange(access: Access, method: string, path: string, { body, signal }: RequestOptions) {
  const authorization = `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}`;
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = send(access.api + path, { method, signal, headers: { authorization } }, resolve);
    request.on('error', (error) => reject(unreachable(access.api, error)));
    if (typeof body !== 'object') request.end(body);
    else body.on('error', (error) => request.destroy(error)).pipe(request);
  });
}

async function demand(access: Access, method: string, path: string, options: RequestOptions): Promise<IncomingMessage> {
  const answer = await exchange(access, method, path, options);
  if (accepted(answer)) return answer;
  throw refusal(answer, await textOf(answer));
}

const accepted = ({ statusCode = 0 }: IncomingMessage): boolean => statusCode < 300;

/** The whole of an answer. */
export async function bytesOf(answer: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part);
  return Buffer.concat(parts);
}

/** The whole of an answer as text. */
export const textOf = async (answer: AsyncIterable<Buffer>): Promise<string> => (await bytesOf(answer)).toString();

function unreachable(api: string, error: NodeJS.ErrnoException): Error {
  if (error.name === 'AbortError' || error instanceof SandboxError) return error;
  if (error.code === 'ENOENT') return error;
  return new SandboxError('not-running', `No sandbox answers at ${api}: ${error.message || error.code}.`, {
    hint: 'Start one with `oscar-sandbox up`; `oscar-sandbox doctor` looks for reasons.',
    cause: error,
  });
}

/** What a status means. */
export const codes: Record<number, ErrorCode> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
};

function refusal(answer: IncomingMessage, text: string): SandboxError {
  const status = answer.statusCode ?? 0;
  const sentence = sentenceIn(text) || `The sandbox answered ${status} ${answer.statusMessage ?? ''}`.trim();
  return new SandboxError(codes[status] ?? 'rejected', sentence, { hint: header(answer, 'x-oscar-sandbox-hint') });
}

function sentenceIn(text: string): string {
  try {
    const value = JSON.parse(text) as { error?: unknown };
    if (typeof value.error === 'string') return value.error;
  } catch {
    // Not JSON: OSCAR's errors are plain text.
  }
  return text.trim();
}

async function runAnswer(service: string, answer: IncomingMessage): Promise<RunAnswer> {
  const invocation = header(answer, 'x-oscar-sandbox-invocation') ?? '';
  if (accepted(answer)) {
    const kind = (header(answer, 'x-oscar-sandbox-answer') ?? 'output') as RunAnswer['kind'];
    return { invocation, kind, body: answer };
  }
  const text = await textOf(answer);
  if (answer.statusCode === 500 && invocation) {
    throw new RunFailure(service, { output: text, invocation, reason: header(answer, 'x-oscar-sandbox-hint') });
  }
  throw refusalOf(service, answer, text);
}

/** OSCAR: a call of a service that is not there is an empty 404. */
const refusalOf = (service: string, answer: IncomingMessage, text: string): SandboxError =>
  answer.statusCode === 404 && !text.trim() ? missing(service) : refusal(answer, text);

const missing = (service: string) =>
  new SandboxError('not-found', `No service is called ${service}.`, {
    hint: 'List them with `oscar-sandbox services`.',
  });

async function orNothing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'not-found') return undefined;
    throw error;
  }
}

async function* stream(opening: Promise<IncomingMessage>): AsyncGenerator<Happening> {
  const answer = await opening;
  answer.setEncoding('utf8');
  let rest = '';
  try {
    for await (const part of answer as AsyncIterable<string>) {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data:')) yield JSON.parse(line.slice(5)) as Happening;
    }
  } catch (error) {
    // A sandbox that ends ends the stream.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
}

/** OSCAR: a bucket that is not there is a 500 that quotes the store. */
function bucketError(bucket: string, error: unknown): unknown {
  if (!(error instanceof SandboxError) || !error.message.includes('NoSuchBucket')) return error;
  return new SandboxError('not-found', `There is no bucket ${bucket}.`, { hint: 'List them with `oscar-sandbox ls`.' });
}

const listing = (prefix: string, page: string): URLSearchParams =>
  new URLSearchParams({ limit: '1000', ...(prefix ? { prefix } : {}), ...(page ? { page } : {}) });

interface Page {
  objects?: StoredObject[];
  next_page?: string;
}

async function* pages(read: (page: string) => Promise<Page>): AsyncGenerator<StoredObject> {
  let next = '';
  do {
    const page = await read(next);
    yield* page.objects ?? [];
    next = page.next_page ?? '';
  } while (next);
}
