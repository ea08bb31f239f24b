import type { Engine, Image } from '../../engine/engine.ts';
import { SandboxError } from '../../model/errors.ts';
import { type Identity, identityOf } from './identity.ts';
import type { Marks } from './labels.ts';
import { probeSpec } from './spec.ts';
import { readFirst } from './tarball.ts';

/** An image that scripts can run in. */
export interface Facts {
  image: Image;
  /** Whom its programs run as; undefined when that cannot be told. */
  user: Identity | undefined;
}

export interface ImagesParts {
  engine: Engine;
  marks: Marks;
  pull: 'always' | 'missing' | 'never';
}

type OnProgress = (line: string) => void;

/** The images of services, as they are now. */
export interface Images {
  /** For a deployment: fetched if the policy wants it. */
  fetch(reference: string, onProgress: OnProgress): Promise<Facts>;
  /** For a task: the one that is here, asked of the engine only when that may have changed. */
  get(reference: string): Promise<Facts>;
  /** What was last seen under this name. */
  known(reference: string): Facts | undefined;
  /** Names may mean other images now. */
  doubt(): void;
}

const quiet: OnProgress = () => undefined;

/** The images of one engine. */
export function createImages({ engine, marks, pull }: ImagesParts): Images {
  const known = new Map<string, { facts: Facts; fresh: boolean }>();
  /** By id: what is in an image never changes. */
  const looked = new Map<string, Promise<Facts>>();
  const asked = new Map<string, Promise<Facts>>();
  let doubts = 0;
  let probes = 0;

  const look = async (reference: string, image: Image): Promise<Facts> => {
    probes += 1;
    const id = await engine.create(marks.name('probe', marks.run, probes), probeSpec(image.id, marks.passing('probe')));
    try {
      if (!(await engine.has(id, '/bin/sh'))) throw noShell(reference);
      const passwd = (await engine.has(id, '/etc/passwd'))
        ? await readFirst(await engine.copyOut(id, '/etc/passwd'))
        : '';
      return { image, user: identityOf(image.user, passwd) };
    } finally {
      await engine.remove(id);
    }
  };
  const factsOf = (reference: string, image: Image): Promise<Facts> => {
    const before = looked.get(image.id);
    if (before) return before;
    const looking = look(reference, image);
    looked.set(image.id, looking);
    looking.catch(() => looked.delete(image.id));
    return looking;
  };

  const present = async (reference: string, onProgress: OnProgress): Promise<Image> => {
    const here = await engine.image(reference);
    if (here) return here;
    if (pull === 'never') throw missing(reference);
    await engine.pull(reference, onProgress);
    const pulled = await engine.image(reference);
    if (!pulled) throw new SandboxError('unavailable', `The image ${reference} was pulled, but is not there.`);
    return pulled;
  };
  const ask = async (reference: string, onProgress: OnProgress): Promise<Facts> => {
    const before = doubts;
    const facts = await factsOf(reference, await present(reference, onProgress));
    known.set(reference, { facts, fresh: before === doubts });
    return facts;
  };

  return {
    fetch: async (reference, onProgress) => {
      if (pull === 'always') await engine.pull(reference, onProgress);
      return ask(reference, onProgress);
    },
    get: (reference) => {
      const seen = known.get(reference);
      if (seen?.fresh) return Promise.resolve(seen.facts);
      const going = asked.get(reference) ?? ask(reference, quiet).finally(() => asked.delete(reference));
      asked.set(reference, going);
      return going;
    },
    known: (reference) => known.get(reference)?.facts,
    doubt: () => {
      doubts += 1;
      for (const seen of known.values()) seen.fresh = false;
    },
  };
}

const noShell = (reference: string) =>
  new SandboxError('invalid', `The image ${reference} has no /bin/sh, which runs the script of a service.`, {
    hint: 'Use an image with a shell: add busybox to it, or build it from one that has a shell.',
  });

const missing = (reference: string) =>
  new SandboxError('unavailable', `The image ${reference} is not here, and nothing is pulled (--pull never).`, {
    hint: `Get it with \`docker pull ${reference}\` or build it, or start with --pull missing.`,
  });
