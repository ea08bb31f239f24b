import { isUtf8 } from 'node:buffer';
import { clusterOf, type Parcel } from '../model/federation.ts';

/**
 * The body by which another cluster gets a job: what it was called with as a text, and which store that is about.
 * What is in such a wrapper already stays in that one.
 */
export function wrapped({ body, service: { definition } }: Pick<Parcel, 'body' | 'service'>): string {
  // No text: as base64 it comes out of the other end as it was.
  const event = isUtf8(body) ? body.toString() : body.toString('base64');
  return wrapperIn(event) ?? JSON.stringify({ storage_provider: `minio.${clusterOf(definition)}`, event });
}

function wrapperIn(text: string): string | undefined {
  if (!text.includes('"storage_provider"')) return undefined;
  try {
    const { storage_provider, event, ...more } = JSON.parse(text) as Record<string, unknown>;
    if (typeof storage_provider !== 'string' || Object.keys(more).length > 0) return undefined;
    if (typeof event === 'string') return JSON.stringify({ storage_provider, event });
    return typeof event === 'object' && event !== null
      ? JSON.stringify({ storage_provider, event: JSON.stringify(event) })
      : undefined;
  } catch {
    // No JSON, so no wrapper.
    return undefined;
  }
}
