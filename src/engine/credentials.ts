import { asSandboxError, SandboxError } from '../model/errors.ts';
import { type Around, type DockerConfig, readConfig } from './dockerconfig.ts';
import { exec } from './exec.ts';
import { parseReference } from './reference.ts';

/** How to reach a registry, as the Engine API wants it said. */
export type Credentials =
  | { username: string; password: string; serveraddress: string }
  | { identitytoken: string; serveraddress: string };

/** The user's credentials for a registry; or why they cannot be had, which matters for private images alone. */
export interface Login {
  credentials?: Credentials;
  trouble?: string;
}

const helperMs = 10_000;
/** What Docker calls its own registry in the config. */
const dockerHub = 'https://index.docker.io/v1/';

/** Looks up credentials in the user's Docker config, anew for each image: a login counts at once. */
export const credentialsOf =
  (around: Around) =>
  async (reference: string): Promise<Login> => {
    const { registry } = parseReference(reference);
    const server = registry === 'docker.io' ? dockerHub : registry;
    try {
      const config = await readConfig(around);
      const helper = config.credHelpers?.[server] ?? config.credHelpers?.[registry] ?? config.credsStore;
      const credentials = helper ? await askHelper(helper, server, around) : undefined;
      const known = credentials ?? written(config, server);
      return known ? { credentials: known } : {};
    } catch (error) {
      return { trouble: asSandboxError(error).message };
    }
  };

/** `https://registry.example/v1/` and `registry.example` are one. */
const hostOf = (server: string): string => server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');

/** What stands in the config itself. */
function written({ auths = {} }: DockerConfig, server: string): Credentials | undefined {
  const names = Object.keys(auths);
  const name = names.find((one) => one === server) ?? names.find((one) => hostOf(one) === hostOf(server));
  const entry = name === undefined ? undefined : auths[name];
  if (!entry) return undefined;
  if (entry.identitytoken) return { identitytoken: entry.identitytoken, serveraddress: server };
  const [, user, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(entry.auth ?? '', 'base64').toString()) ?? [];
  const [username, password] = [entry.username ?? user, entry.password ?? secret?.replace(/\0+$/, '')];
  return username && password !== undefined ? { username, password, serveraddress: server } : undefined;
}

/** Asks the program that keeps the user's passwords. */
async function askHelper(name: string, server: string, { environment }: Around): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  const ran = await exec([program, 'get'], { environment, timeoutMs: helperMs, input: server });
  if (!ran.ok) {
    if (/credentials not found/i.test(ran.message)) return undefined;
    const why = /ENOENT/.test(ran.message) ? 'it is not on the PATH' : ran.message;
    throw new SandboxError('unavailable', `The credential helper ${program} of your Docker config fails: ${why}.`);
  }
  const { Username, Secret } = answerOf(ran.stdout, program);
  if (!Secret) return undefined;
  if (Username === '<token>') return { identitytoken: Secret, serveraddress: server };
  return { username: Username ?? '', password: Secret, serveraddress: server };
}

function answerOf(text: string, program: string): { Username?: string; Secret?: string } {
  try {
    return JSON.parse(text) as { Username?: string; Secret?: string };
  } catch (cause) {
    // What it said may hold a password.
    throw new SandboxError('unavailable', `The credential helper ${program} does not answer in JSON.`, { cause });
  }
}
