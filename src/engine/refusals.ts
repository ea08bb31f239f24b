import { type ErrorCode, SandboxError } from '../model/errors.ts';
import { full, isFull } from './failures.ts';
import { parseReference } from './reference.ts';

/** An image that could not be had, and what the engine said. */
export interface Refused {
  reference: string;
  said: string;
  cause: unknown;
  /** Why the user's own credentials could not be had. */
  trouble: string | undefined;
}

interface Sentence {
  code?: ErrorCode;
  text: string;
  hint: string;
}

interface Names {
  reference: string;
  registry: string;
  said: string;
}

/** In the words of Docker 20.10 to 28, of containerd behind it, and of Podman; the first that fits counts. */
const table: [words: RegExp, sentence: (names: Names) => Sentence][] = [
  [
    /invalid reference format|invalid repository name|must be lowercase|invalid tag format|repository name can't be empty/i,
    ({ reference }) => ({
      code: 'invalid',
      text: `${JSON.stringify(reference)} is no name of an image.`,
      hint: 'Write [REGISTRY/]NAME[:TAG] in lower-case letters, as in docker.io/library/ubuntu:24.04.',
    }),
  ],
  [
    /no matching manifest for|no match for platform|no image found in (?:manifest list|image index)|does not match the (?:specified|detected host) platform/i,
    ({ reference, said }) => ({
      code: 'rejected',
      text: `The image ${reference} is not made for the processor of this engine${platformIn(said)}.`,
      hint: 'Choose an image or tag that is, or build it for this processor.',
    }),
  ],
  [
    /toomanyrequests|too many requests|rate ?limit/i,
    ({ reference, registry }) => ({
      text: `The registry ${registry} allows no more pulls for now: ${reference} was not pulled.`,
      hint: `Wait, or log in for a higher limit: ${loginTo(registry)}`,
    }),
  ],
  [
    /certificate|x509|\btls: |server gave HTTP response to HTTPS client/i,
    ({ reference, registry, said }) => ({
      text: `${reference} was not pulled: there is no trusted connection to the registry ${registry}: ${tail(said)}.`,
      hint: 'Give its certificate to the engine (/etc/docker/certs.d), or list it there in `insecure-registries`.',
    }),
  ],
  [
    /no such host|server misbehaving|name resolution|name or service not known/i,
    ({ reference, registry }) => ({
      text: `${reference} was not pulled: the registry ${registry} is not found on the network.`,
      hint: "Check the engine's network and its DNS, or the name; an image that is built here needs no registry.",
    }),
  ],
  [
    /dial tcp|connection refused|connection reset|network is unreachable|no route to host|i\/o timeout|timeout|deadline exceeded|proxyconnect|request canceled|\bEOF\b|broken pipe/i,
    ({ reference, registry, said }) => ({
      text: `${reference} was not pulled: the registry ${registry} does not answer: ${tail(said)}.`,
      hint: "Check the engine's network and its proxy; an image that is built here needs no registry.",
    }),
  ],
  [
    /no basic auth credentials|authentication required|unauthorized|access(?: to the resource is)? denied|denied:|insufficient_scope|authorization failed|incorrect username or password|forbidden|\b40[13]\b/i,
    ({ reference, registry }) => ({
      code: 'forbidden',
      text: `The registry ${registry} does not give the image ${reference}: it is private, or is not there.`,
      hint: `Check its name, or log in: ${loginTo(registry)}`,
    }),
  ],
  [
    /manifest unknown|name unknown|not found|repository .* does not exist|no such image|did not resolve to an alias|\b404\b/i,
    ({ reference, registry }) => ({
      code: 'not-found',
      text: `The registry ${registry} has no image ${reference}.`,
      hint: 'Check its name and tag; an image that is built here must have this very name.',
    }),
  ],
];

const loginTo = (registry: string): string => `docker login${registry === 'docker.io' ? '' : ` ${registry}`}`;

const platformIn = (said: string): string => {
  const [, name, architecture] = /for (linux\/[\w/]+)|architecture "?(\w+)/.exec(said) ?? [];
  const platform = name ?? architecture;
  return platform ? ` (${platform})` : '';
};

/** The end of what Go programs say tells the cause: `Get "https://…": dial tcp: …: connection refused`. */
const tail = (said: string): string => (said.split(/": /).pop() ?? said).trim().replace(/\.$/, '');

/** One sentence why an image could not be pulled, and what to do. */
export function refusal({ reference, said, cause, trouble }: Refused): SandboxError {
  if (isFull(said)) return full(cause);
  const { registry } = parseReference(reference);
  const found = table.find(([words]) => words.test(withoutName(said, reference)))?.[1]({ reference, registry, said });
  const {
    code = 'unavailable',
    text,
    hint,
  } = found ?? {
    text: `${reference} was not pulled: ${said}`,
    hint: `Try it by hand: docker pull ${reference}`,
  };
  return new SandboxError(code, text, { hint: trouble ? `${hint} (${trouble})` : hint, cause });
}

/** An image that is called `unauthorized` is not thereby refused. */
const withoutName = (said: string, reference: string): string => {
  const name = reference.replace(/[:@][^/]*$/, '').replace(/^.*?\//, '');
  return name ? said.replaceAll(reference, '').replaceAll(name, '') : said;
};
