/** The name of an image, taken apart. */
export interface Reference {
  /** `docker.io`, `quay.io`, `127.0.0.1:5000` */
  registry: string;
  /** In full: `docker.io/library/ubuntu:24.04`. */
  full: string;
}

/** Understands a name as Docker does: the first part is a registry when it looks like a machine. */
export function parseReference(written: string): Reference {
  const [first = '', ...others] = written.split('/');
  const named = others.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  const registry = named ? first.replace(/^index\.docker\.io$/, 'docker.io') : 'docker.io';
  const path = named ? others.join('/') : written;
  const name = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  const tag = /[:@]/.test(name) ? '' : ':latest';
  return { registry, full: `${registry}/${name}${tag}` };
}
