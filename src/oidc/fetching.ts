/** How an issuer is asked: nobody waits long for one, or reads without end. */
export interface Asking {
  timeoutMs: number;
  bearer?: string;
}

/** What an issuer says: JSON with its status. */
export interface Said {
  status: number;
  value: Record<string, unknown>;
}

const longest = 2 ** 20;

/** May this address be asked? Over plain HTTP, anyone on the way could say who is who: that is for this machine alone. */
export function mayAsk(address: string): boolean {
  const url = URL.parse(address);
  if (url?.protocol === 'https:') return true;
  return url?.protocol === 'http:' && isLoopback(url.hostname);
}

/** Does a URL's host name this very machine? */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127(\.\d+){3}$/.test(hostname);

/** Asks an issuer for a JSON object; whatever keeps it from saying one is thrown. */
export async function ask(address: string, { timeoutMs, bearer }: Asking): Promise<Said> {
  if (!mayAsk(address)) throw new Error(`${address} is not an https address`);
  const answer = await fetch(address, {
    headers: { Accept: 'application/json', ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }) },
    // The token of a user goes nowhere else.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await textOf(answer, address);
  return { status: answer.status, value: answer.ok ? objectIn(text, address) : {} };
}

async function textOf(answer: Response, address: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of answer.body ?? []) {
    pieces.push(piece);
    size += piece.length;
    if (size > longest) throw new Error(`${address} says more than ${longest} bytes`);
  }
  return Buffer.concat(pieces).toString();
}

function objectIn(text: string, address: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`${address} does not say a JSON object`);
}

/** Why something could not be asked, with what lies behind it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const behind = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : undefined;
  return behind ? `${error.message}: ${behind}` : error.message;
}
