import { type IncomingHttpHeaders, request } from 'node:http';

export interface PageInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array | undefined;
}

/** What the script of a page gets to see of an answer. */
export interface Shown {
  status: number;
  ok: boolean;
  headers: Record<string, string>;
  text: string;
  body: Buffer;
}

/** `fetch` as a page has it whose origin is another one than that of the server. */
export type Page = (url: string, init?: PageInit) => Promise<Shown>;

/** A page of an origin: asks first where a browser asks first, and fails wherever a browser would keep the answer. */
export function pageOf(origin: string): Page {
  const own = { Origin: origin, 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'empty' };
  const blocked = (what: string) => new TypeError(`Failed to fetch: blocked by CORS: ${what}`);

  const demandOrigin = (headers: IncomingHttpHeaders) => {
    const allowed = headers['access-control-allow-origin'];
    if (allowed !== '*' && allowed !== origin) throw blocked(`the origin ${origin} is not allowed by "${allowed}"`);
  };

  async function preflight(url: string, method: string, names: string[]): Promise<void> {
    const asked: Record<string, string> = names.length > 0 ? { 'Access-Control-Request-Headers': names.join(',') } : {};
    const { status, headers } = await sent(url, {
      method: 'OPTIONS',
      headers: { ...own, 'Access-Control-Request-Method': method, ...asked },
    });
    // A redirection is none of these, either.
    if (status < 200 || status > 299) throw blocked(`the preflight is answered ${status}`);
    demandOrigin(headers);
    const methods = listed(headers['access-control-allow-methods']);
    const isAllowed = [method.toLowerCase(), '*'].some((one) => methods.includes(one)) || isSimple(method);
    if (!isAllowed) throw blocked(`${method} is not among ${methods}`);
    const allowed = listed(headers['access-control-allow-headers']);
    const missing = names.filter(
      (name) => !allowed.includes(name) && !(allowed.includes('*') && name !== authorization),
    );
    if (missing.length > 0) throw blocked(`${missing} is not among ${allowed}`);
  }

  return async (url, { method = 'GET', headers = {}, body } = {}) => {
    // A text has a type of its own unless the page names one.
    const typed: Record<string, string> =
      typeof body === 'string' ? { 'content-type': 'text/plain;charset=UTF-8' } : {};
    const given = { ...typed, ...lowered(headers) };
    const names = Object.keys(given).filter((name) => !isSafe(name, given[name] ?? ''));
    if (!isSimple(method) || names.length > 0) await preflight(url, method, names.sort());
    const answer = await sent(url, { method, headers: { ...own, ...given }, body });
    demandOrigin(answer.headers);
    if (answer.status >= 300 && answer.status <= 399) throw blocked(`it is sent on by ${answer.status}`);
    return shown(answer);
  };
}

interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function sent(url: string, { method, headers, body }: PageInit): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const out = request(url, { method, headers: { ...length, ...headers }, agent: false });
    out.on('error', reject);
    out.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    out.end(body);
  });
}

const alwaysShown = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
];

function shown({ status, headers, body }: Answered): Shown {
  const exposed = listed(headers['access-control-expose-headers']);
  const isShown = (name: string) => alwaysShown.includes(name) || exposed.includes(name) || exposed.includes('*');
  const seen = Object.entries(headers).filter(([name]) => isShown(name) && name !== 'set-cookie');
  return {
    status,
    ok: status >= 200 && status <= 299,
    headers: Object.fromEntries(seen.map(([name, value]) => [name, String(value)])),
    text: body.toString(),
    body,
  };
}

const authorization = 'authorization';
/** What no page may set: the browser does, or nobody. */
const forbidden = ['host', 'connection', 'content-length', 'expect', 'user-agent', 'transfer-encoding'];

const lowered = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !forbidden.includes(name)),
  );

const listed = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== '');

const isSimple = (method: string): boolean => ['GET', 'HEAD', 'POST'].includes(method);
const simpleTypes = /^(text\/plain|multipart\/form-data|application\/x-www-form-urlencoded)\s*(;|$)/;
const isSafe = (name: string, value: string): boolean =>
  ['accept', 'accept-language', 'content-language'].includes(name) ||
  (name === 'content-type' && simpleTypes.test(value));
