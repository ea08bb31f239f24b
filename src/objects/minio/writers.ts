import { createHash } from 'node:crypto';

/** The name of the user metadata that tells which service wrote an object. */
const name = 'oscar-sandbox-writer';

// A copy takes the metadata along: the mark holds for this very object alone.
const seal = (bucket: string, key: string): string =>
  createHash('sha256').update(`${bucket}/${key}`).digest('hex').slice(0, 16);

/** The metadata that marks an object as an output of this service. */
export const writerMark = (bucket: string, key: string, writer: string): Record<string, string> => ({
  [name]: `${writer} ${seal(bucket, key)}`,
});

/** The service that wrote the object, from its metadata in whatever spelling; undefined when it was somebody else. */
export function markedWriter(bucket: string, key: string, metadata: Record<string, unknown>): string | undefined {
  const spelled = Object.keys(metadata).find((one) => one.toLowerCase().replace(/^x-amz-meta-/, '') === name);
  const [writer, sealed] = String(spelled === undefined ? '' : metadata[spelled]).split(' ');
  return sealed === seal(bucket, key) ? writer : undefined;
}

/** Who deletes what, remembered until the store tells of it: a deletion carries no metadata. */
export interface Deleters {
  note(bucket: string, key: string, writer: string | undefined): void;
  /** Who it was; asked once, it is forgotten. */
  of(bucket: string, key: string): string | undefined;
}

const briefMs = 60_000;

export function createDeleters(now: () => number): Deleters {
  const noted = new Map<string, { writer: string; until: number }>();
  return {
    note: (bucket, key, writer) => {
      for (const [place, { until }] of noted) if (until < now()) noted.delete(place);
      if (writer !== undefined) noted.set(`${bucket}/${key}`, { writer, until: now() + briefMs });
    },
    of: (bucket, key) => {
      const found = noted.get(`${bucket}/${key}`);
      noted.delete(`${bucket}/${key}`);
      return found && found.until >= now() ? found.writer : undefined;
    },
  };
}
