import { expect, it } from 'vitest';
import { parseReference } from '../../src/engine/reference.ts';
import { refusal } from '../../src/engine/refusals.ts';

const hub = 'library/tool:9';
const missing = 'The registry docker.io has no image library/tool:9.';
const denied = 'The registry docker.io does not give the image library/tool:9: it is private, or is not there.';
const elsewhere = 'The image library/tool:9 is not made for the processor of this engine';
const limited = 'The registry docker.io allows no more pulls for now: library/tool:9 was not pulled.';
const unfound = 'library/tool:9 was not pulled: the registry docker.io is not found on the network.';
const mute = 'library/tool:9 was not pulled: the registry docker.io does not answer: ';
const untrusted = 'library/tool:9 was not pulled: there is no trusted connection to the registry docker.io: ';
const full = 'No space is left on the disk of the container engine.';

const rows: [engine: string, said: string, sentence: string][] = [
  ['Docker 20.10', 'manifest for tool:9 not found: manifest unknown: manifest unknown', missing],
  ['Docker 20.10', 'name unknown: repository name not known to registry', missing],
  ['Docker 28', 'failed to resolve reference "docker.io/library/tool:9": docker.io/library/tool:9: not found', missing],
  [
    'Podman',
    'initializing source docker://tool:9: reading manifest 9 in docker.io/library/tool: manifest unknown',
    missing,
  ],
  [
    'Podman',
    'short-name "tool:9" did not resolve to an alias and no unqualified-search registries are defined in "/etc/containers/registries.conf"',
    missing,
  ],
  [
    'Docker 20.10',
    "pull access denied for tool, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    denied,
  ],
  ['Docker 20.10', 'Get "https://docker.io/v2/library/tool/manifests/9": no basic auth credentials', denied],
  ['Docker 20.10', 'Get "https://docker.io/v2/": unauthorized: incorrect username or password', denied],
  [
    'Docker 28',
    'failed to resolve reference "docker.io/library/tool:9": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    denied,
  ],
  [
    'Docker 28',
    'unexpected status from HEAD request to https://docker.io/v2/library/tool/manifests/9: 403 Forbidden',
    denied,
  ],
  [
    'Podman',
    'initializing source docker://tool:9: reading manifest 9 in docker.io/library/tool: unauthorized: access to the requested resource is not authorized',
    denied,
  ],
  [
    'Docker 20.10',
    'no matching manifest for linux/arm64/v8 in the manifest list entries',
    `${elsewhere} (linux/arm64/v8).`,
  ],
  ['Docker 28', 'no match for platform in manifest sha256:12ab: not found', `${elsewhere}.`],
  [
    'Podman',
    'choosing an image from manifest list docker://tool:9: no image found in image index for architecture arm64, variant "v8", OS linux',
    `${elsewhere} (arm64).`,
  ],
  [
    'Docker 20.10',
    'toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit',
    limited,
  ],
  [
    'Docker 28',
    'unexpected status from GET request to https://docker.io/v2/library/tool: 429 Too Many Requests',
    limited,
  ],
  [
    'Docker 20.10',
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.1:53: no such host',
    unfound,
  ],
  [
    'Docker 28',
    'failed to do request: Head "https://registry-1.docker.io/v2/library/tool/manifests/9": dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution',
    unfound,
  ],
  [
    'Docker 20.10',
    'Get "https://docker.io/v2/": dial tcp 10.0.0.9:443: connect: connection refused',
    `${mute}dial tcp 10.0.0.9:443: connect: connection refused.`,
  ],
  [
    'Docker 20.10',
    'Get "https://docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    `${mute}net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers).`,
  ],
  [
    'Docker 20.10',
    'Get "https://docker.io/v2/": net/http: TLS handshake timeout',
    `${mute}net/http: TLS handshake timeout.`,
  ],
  [
    'Podman',
    'pinging container registry docker.io: Get "https://docker.io/v2/": dial tcp 10.0.0.9:443: connect: network is unreachable',
    `${mute}dial tcp 10.0.0.9:443: connect: network is unreachable.`,
  ],
  ['Docker 20.10', 'unexpected EOF', `${mute}unexpected EOF.`],
  [
    'Docker 20.10',
    'Get "https://docker.io/v2/": x509: certificate signed by unknown authority',
    `${untrusted}x509: certificate signed by unknown authority.`,
  ],
  [
    'Docker 28',
    'failed to do request: Head "https://docker.io/v2/": tls: failed to verify certificate: x509: certificate has expired',
    `${untrusted}tls: failed to verify certificate: x509: certificate has expired.`,
  ],
  [
    'Docker 20.10',
    'Get "https://docker.io/v2/": http: server gave HTTP response to HTTPS client',
    `${untrusted}http: server gave HTTP response to HTTPS client.`,
  ],
  ['Docker 20.10', 'write /var/lib/docker/tmp/GetImageBlob123: no space left on device', full],
  ['Docker 28', 'failed to register layer: write /usr/bin/x: no space left on device', full],
  ['Docker 20.10', 'invalid reference format', '"library/tool:9" is no name of an image.'],
  [
    'Docker 20.10',
    'invalid reference format: repository name must be lowercase',
    '"library/tool:9" is no name of an image.',
  ],
  ['any', 'something nobody has thought of', 'library/tool:9 was not pulled: something nobody has thought of'],
];

it.each(rows)('%s: %s', (_engine, said, sentence) => {
  const error = refusal({ reference: hub, said, cause: undefined, trouble: undefined });
  expect(error.message).toBe(sentence);
  expect(error.hint).toMatch(/^[A-Z].{10}/);
});

it('the name of an image is not taken for a reason', () => {
  const said = 'manifest for here.test/unauthorized/timeout:1 not found: manifest unknown';
  const error = refusal({ reference: 'here.test/unauthorized/timeout:1', said, cause: undefined, trouble: undefined });
  expect(error.message).toBe('The registry here.test has no image here.test/unauthorized/timeout:1.');
});

it('why there are no credentials stands beside how to log in', () => {
  const said = 'no basic auth credentials';
  const { hint } = refusal({ reference: 'here.test/x', said, cause: undefined, trouble: 'The helper is missing.' });
  expect(hint).toBe('Check its name, or log in: docker login here.test (The helper is missing.)');
});

const names: [written: string, registry: string, full: string][] = [
  ['ubuntu', 'docker.io', 'docker.io/library/ubuntu:latest'],
  ['ubuntu:24.04', 'docker.io', 'docker.io/library/ubuntu:24.04'],
  ['grycap/cowsay', 'docker.io', 'docker.io/grycap/cowsay:latest'],
  ['docker.io/ubuntu', 'docker.io', 'docker.io/library/ubuntu:latest'],
  ['index.docker.io/a/b:1', 'docker.io', 'docker.io/a/b:1'],
  ['ghcr.io/grycap/cowsay:1', 'ghcr.io', 'ghcr.io/grycap/cowsay:1'],
  ['localhost/x', 'localhost', 'localhost/x:latest'],
  ['localhost:5000/x', 'localhost:5000', 'localhost:5000/x:latest'],
  ['127.0.0.1:5000/a/b@sha256:12', '127.0.0.1:5000', '127.0.0.1:5000/a/b@sha256:12'],
];
it.each(names)('%s is of the registry %s', (written, registry, full) =>
  expect(parseReference(written)).toEqual({ registry, full }),
);
